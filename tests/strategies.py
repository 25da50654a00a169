"""Generated spans: normal ones, of any shape that the model allows."""

from __future__ import annotations

from hypothesis import strategies as st

from clew.span.model import Annotation, Endpoint, Kind, Span

LONG = 2**63 - 1


def ids(digits: int = 16) -> st.SearchStrategy[str]:
    """Lower-hex, not all zeros."""
    return st.integers(1, 16**digits - 1).map(lambda number: f"{number:0{digits}x}")


def texts(**options: int) -> st.SearchStrategy[str]:
    """Text that UTF-8 can carry."""
    return st.text(st.characters(codec="utf-8"), **options)


def names() -> st.SearchStrategy[str | None]:
    """A name in lower case, or none."""
    return st.none() | texts(min_size=1, max_size=8).map(str.lower)


def endpoints() -> st.SearchStrategy[Endpoint | None]:
    """Any endpoint; None when nothing is in it."""
    some = st.builds(
        Endpoint,
        service_name=names(),
        ipv4=st.none() | st.ip_addresses(v=4).map(str),
        ipv6=st.none() | st.ip_addresses(v=6).map(str),
        port=st.none() | st.integers(1, 65535),
    )
    return some.map(lambda endpoint: None if endpoint == Endpoint() else endpoint)


def spans() -> st.SearchStrategy[Span]:
    """Any normal span."""
    annotations = st.builds(Annotation, timestamp=st.integers(-LONG, LONG), value=texts(max_size=8))
    return st.builds(
        Span,
        trace_id=ids() | st.integers(16**16, 16**32 - 1).map(lambda number: f"{number:032x}"),
        parent_id=st.none() | ids(),
        id=ids(),
        kind=st.none() | st.sampled_from(Kind),
        name=names(),
        timestamp=st.none() | st.integers(1, LONG),
        duration=st.none() | st.integers(1, LONG),
        local_endpoint=endpoints(),
        remote_endpoint=endpoints(),
        annotations=st.lists(annotations, unique=True, max_size=3).map(lambda a: tuple(sorted(a))),
        tags=st.dictionaries(texts(max_size=4), texts(max_size=8), max_size=4).map(
            lambda tags: dict(sorted(tags.items()))
        ),
        debug=st.booleans(),
        shared=st.booleans(),
    )
