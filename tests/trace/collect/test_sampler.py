from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.span.model import Span
from clew.span.normal import new_span
from clew.trace.collect.sampler import BadSampleRate, Sampler


def span(trace_id: str, debug: bool = False) -> Span:
    return new_span(trace_id=trace_id, id="1", debug=debug)


@pytest.mark.parametrize(
    ("rate", "trace_id", "kept"),
    [
        (0.5, "7fffffffffffffff", False),
        (0.5, "8000000000000000", False),
        (0.5, "0000000000000001", True),
        (0.5, "ffffffffffffffff", True),
        (0.5, "3fffffffffffffff", True),
        (0.0, "0000000000000001", False),
        (1.0, "8000000000000000", True),
        (0.5, "7fffffffffffffff0000000000000001", True),
    ],
)
def test_the_distance_of_the_low_half_from_zero_decides(
    rate: float, trace_id: str, kept: bool
) -> None:
    assert Sampler(rate).keeps(span(trace_id)) is kept


def test_debug_overrides_the_rate() -> None:
    assert Sampler(0).keeps(span("7fffffffffffffff", debug=True))


@given(st.integers(1, 2**64 - 1), st.integers(0, 2**64 - 1), st.floats(0, 1))
def test_both_lengths_of_a_trace_id_are_decided_alike(low: int, high: int, rate: float) -> None:
    sampler = Sampler(rate)
    assert sampler.keeps(span(f"{low:016x}")) == sampler.keeps(span(f"{high:016x}{low:016x}"))


def test_about_the_rate_is_kept() -> None:
    ids = [f"{n * 0x9E3779B97F4A7C15 % 2**64:016x}" for n in range(1, 10_001)]
    kept = Sampler(0.1).kept([span(trace_id) for trace_id in ids])
    assert 900 < len(kept) < 1100


@pytest.mark.parametrize("rate", [-0.1, 1.1, float("nan")])
def test_a_rate_that_is_none_is_refused(rate: float) -> None:
    with pytest.raises(BadSampleRate):
        Sampler(rate)
