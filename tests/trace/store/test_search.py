"""The search in SQL finds what the obvious search finds, in the same order."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from tests.cast import DAY, NOON, TODAY, by_id, span
from tests.contract import reference
from tests.contract.base import NewStore
from tests.trace.search_language.writing import EXPRESSIONS

from clew.span.model import Annotation, Endpoint, Kind, Micros, Span
from clew.trace.collect import columns
from clew.trace.query import Sort, TraceQuery
from clew.trace.store import SpanStore
from clew.trace.store.search import Step, steps

SECOND = 1_000_000
HOUR = 3600 * SECOND
SERVICES, NAMES, VALUES = ["a", "b", "c"], ["get", "post"], ["1", "2"]
KEYS = ["k", "error", "k=1"]


@dataclass(frozen=True)
class Corpus:
    store: SpanStore = field(repr=False)
    spans: list[Span] = field(repr=False)
    strict: bool


def some_span(rnd: random.Random, trace_id: str, number: int, begin: int, *, dated: bool) -> Span:
    def endpoint() -> Endpoint | None:
        name = rnd.choice([*SERVICES, None])
        return Endpoint(service_name=name) if name else None

    offset = rnd.choice([0, 0, number * 1000, rnd.randrange(-60, 1800) * SECOND]) if number else 0
    return span(
        trace_id,
        f"{number + 1:x}",
        parent_id=None if number == 0 and rnd.random() < 0.8 else f"{rnd.randint(1, 9):x}",
        kind=rnd.choice([None, *Kind]),
        name=rnd.choice([*NAMES, None]),
        timestamp=Micros(begin + offset) if dated or rnd.random() < 0.9 else None,
        duration=rnd.choice([None, 10, 20, 30]),
        local_endpoint=endpoint(),
        remote_endpoint=endpoint(),
        annotations=tuple(
            Annotation(timestamp=Micros(begin), value=rnd.choice(KEYS))
            for _ in range(rnd.choice([0, 0, 0, 1]))
        ),
        tags={key: rnd.choice([*VALUES, ""]) for key in sorted(KEYS) if rnd.random() < 0.3},
    )


def corpus(store: SpanStore, *, strict: bool, seed: int) -> Corpus:
    """Traces of a day and a half, some in ids of both lengths, and some from years ago.

    All within the bounds that Step.spans states: nothing long before its root or an hour after it.
    """
    rnd = random.Random(seed)
    everything: list[Span] = []
    for batch in range(18):
        old = batch == 0
        base = NOON - (9 * 365 * 24 * HOUR if old else 2 * batch * HOUR)
        spans: list[Span] = []
        for number in range(20):
            trace_id = f"{batch * 20 + number + 1:x}"
            if rnd.random() < 0.2:
                trace_id = rnd.choice("12") + trace_id.rjust(31, "0")
            begin = base + rnd.randrange(25) * 60 * SECOND
            spans += [
                some_span(rnd, trace_id, i, begin, dated=old) for i in range(rnd.randint(1, 4))
            ]
            if rnd.random() < 0.2:
                spans.append(some_span(rnd, trace_id[-16:], 7, begin, dated=old))
        arrival = NOON if old else Micros(base + HOUR)
        store.insert(columns.table(spans, arrival), f"{seed}-{batch}")
        everything += spans
    return Corpus(store, everything, strict)


@pytest.fixture(scope="module", params=[True, False], ids=["strict", "lenient"])
def traces(request: pytest.FixtureRequest, new_shared_store: NewStore) -> Corpus:
    strict: bool = request.param
    return corpus(new_shared_store(strict_trace_id=strict), strict=strict, seed=int(strict))


ENDS = st.integers(-40, 14).map(lambda hours: TODAY + DAY // 2 + hours * 3_600_000) | st.just(
    TODAY + DAY // 2 - 9 * 365 * DAY + 3_600_000
)
WHOLE_DAYS = st.builds(
    TraceQuery,
    expression=EXPRESSIONS,
    end_ts_ms=st.just(TODAY + DAY),
    lookback_ms=st.just(2 * DAY),
    limit=st.just(1000),
)
DURATIONS = st.sampled_from([(None, None), (10, 20), (10, None), (11, 19), (30, 30), (31, None)])
QUERIES = st.builds(
    lambda durations, **conditions: TraceQuery(
        min_duration=durations[0], max_duration=durations[1], **conditions
    ),
    durations=DURATIONS,
    service=st.none() | st.sampled_from(SERVICES),
    remote_service=st.none() | st.none() | st.sampled_from(SERVICES),
    span_name=st.none() | st.none() | st.sampled_from(NAMES),
    terms=st.dictionaries(st.sampled_from(KEYS), st.sampled_from(["", *VALUES]), max_size=2),
    expression=st.none() | EXPRESSIONS,
    end_ts_ms=ENDS,
    lookback_ms=st.sampled_from([1, 60_000, 1_000_000, 7_200_000, DAY, 20 * 365 * DAY]),
    limit=st.sampled_from([1, 3, 10, 1000]),
    sort=st.sampled_from(Sort),
)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(query=QUERIES)
def test_sql_agrees_with_the_reference(traces: Corpus, query: TraceQuery) -> None:
    found = [by_id(trace) for trace in traces.store.search(query).traces]
    expected = reference.search(traces.spans, query, strict=traces.strict)
    assert found == [by_id(trace) for trace in expected]


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(query=WHOLE_DAYS)
def test_sql_narrows_to_nothing_less_than_what_matches(traces: Corpus, query: TraceQuery) -> None:
    found = [by_id(trace) for trace in traces.store.search(query).traces]
    expected = reference.search(traces.spans, query, strict=traces.strict)
    assert found == [by_id(trace) for trace in expected]


@settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(query=QUERIES, limit=st.integers(7, 50))
def test_pages_are_the_whole_answer_in_pieces(
    traces: Corpus, query: TraceQuery, limit: int
) -> None:
    whole = replace(query, limit=1000)
    paged: list[list[Span]] = []
    page = traces.store.search(replace(query, limit=limit))
    while page.last:
        assert len(page.traces) == limit
        paged += page.traces
        page = traces.store.search(replace(query, limit=limit, after=page.last))
    assert paged + page.traces == traces.store.search(whole).traces


@given(
    end=st.integers(1, 2**62 // 1000),
    lookback=st.integers(1, 2**63 - 1),
)
def test_steps_cover_the_window_without_gaps_newest_first(end: int, lookback: int) -> None:
    query = TraceQuery(end_ts_ms=end, lookback_ms=lookback, limit=1)
    taken = list(steps(query))
    whole = Step.within(*query.window)
    assert (taken[0].newest, taken[-1].oldest) == (whole.newest, whole.oldest)
    assert all(step.oldest <= step.newest for step in taken)
    assert all(later.oldest == earlier.newest + 1 for later, earlier in pairwise(taken))
