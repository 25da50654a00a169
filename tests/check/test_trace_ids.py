from __future__ import annotations

import pytest
from tests.check.spans import client, reported, server

from clew.check import trace_ids
from clew.span.model import Span

LONG, SHORT = "1" * 16 + "a" * 16, "b" * 16


def found(*traces: list[Span]) -> list[tuple[str, str, str]]:
    return [
        (each.level.value, each.seen, each.trace) for each in trace_ids.findings(reported(traces))
    ]


@pytest.mark.parametrize("ids", [[LONG], [SHORT], [LONG, "c" * 32], [SHORT, "d" * 16]])
def test_one_length_is_well(ids: list[str]) -> None:
    assert found(*([server("web", "1", trace=id)] for id in ids)) == []


def test_who_begins_short_ones_beside_long_ones_is_named() -> None:
    assert found([server("web", "1", trace=LONG)], [server("cron", "1", trace=SHORT)]) == [
        (
            "warning",
            "1 of 2 traces have ids of 64 bits, 1 of them begun by cron; the others have 128",
            SHORT,
        )
    ]


@pytest.mark.parametrize("apart", [True, False])
def test_a_trace_with_both_is_torn_and_who_cut_it_is_named(apart: bool) -> None:
    whole = [server("web", "1", trace=LONG), client("web", "2", "1", trace=LONG)]
    cut = [server("api", "3", "2", trace=LONG[16:])]
    (found_,) = found(whole, cut) if apart else found([*whole, *cut])
    assert found_[:2] == (
        "problem",
        "1 traces have ids of 128 bits in one part and their last 64 in another, most of these "
        "from api",
    )
