"""What a search means, on the standard trace: frontend calls backend, which calls db and fails."""

from __future__ import annotations

import pytest
from tests.cast import changed, trace

from clew.trace.search_language.matcher import matches
from clew.trace.search_language.parser import parse


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("service = frontend", True),
        ("service = db", False),
        ("remote = db", True),
        ("service != frontend", True),
        ("NOT service = frontend", False),
        ("service =~ end$", True),
        ("service !~ end$", False),
        ("operation = GET operation = query", True),
        ("{operation = get operation = query}", False),
        ("kind = consumer OR kind = client", True),
        ("kind exists", True),
        ("error", True),
        ("{error service = frontend}", False),
        ("{error service = backend}", True),
        ("error = false", True),
        ("NOT error", False),
        ("{root kind = server}", True),
        ("{root kind = client}", False),
        ("annotation = foo", True),
        ("annotation != foo", True),
        ("annotation !~ o", True),
        ("annotation =~ x", False),
        ("foo", False),
        ("http.path = /api", True),
        ("http.path != /api", False),
        ("http.path =~ ^/a.i$", True),
        ("clnt/finagle.version < 7", False),
        ("n > 1.5", True),
        ("n < 2.5e1", True),
        ("n < 2", False),
        ("n >= 2 n <= 2", True),
        ("duration > 349ms", True),
        ("duration > 350ms", False),
        ("{duration = 50ms error}", True),
        ("{duration < 100ms NOT error}", False),
        ("nothing != 1", False),
        ("NOT nothing = 1", True),
    ],
)
def test_matches(text: str, expected: bool) -> None:
    root, *others = trace()
    spans = [changed(root, tags={"n": "2"}), *others]
    assert matches(parse(text), spans) is expected


def test_a_dot_matches_a_line_break_as_in_the_store() -> None:
    spans = [changed(trace()[0], tags={"k": "a\nb"})]
    assert matches(parse("k =~ a.b"), spans)


@pytest.mark.parametrize("text", ["nan", "inf", "0x10", " 1", "1 ", "1_0", "1\n", "", "१"])
def test_what_is_no_number_compares_to_none(text: str) -> None:
    spans = [changed(trace()[0], tags={"k": text})]
    assert not matches(parse("k > -1e300 OR k < 0"), spans)


def test_a_shared_span_is_no_root() -> None:
    server = changed(trace()[0], shared=True)
    assert not matches(parse("root"), [server])
