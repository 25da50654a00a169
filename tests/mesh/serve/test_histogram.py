from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.mesh.serve.histogram import Bucket, Histogram, LastMinute, merged


def histogram(*counts: tuple[float, float, int]) -> Histogram:
    return Histogram({Bucket(lower, width): count for lower, width, count in counts})


@pytest.mark.parametrize(
    ("share", "value"),
    [
        pytest.param(0, 1, id="the lowest"),
        pytest.param(0.25, 1, id="an exact value"),
        pytest.param(0.5, 1, id="the end of a bucket"),
        pytest.param(0.75, 15, id="half way into a bucket"),
        pytest.param(1, 20, id="the highest"),
    ],
)
def test_a_quantile_is_interpolated_in_its_bucket(share: float, value: float) -> None:
    assert histogram((1, 0, 2), (10, 10, 2)).quantile(share) == value


def test_the_sum_takes_the_middle_of_each_bucket() -> None:
    assert histogram((1, 0, 2), (10, 10, 2)).sum == 1 + 1 + 15 + 15


def test_since_leaves_what_came_later_and_all_after_a_restart() -> None:
    earlier = histogram((1, 0, 2), (10, 10, 2))
    assert histogram((1, 0, 2), (10, 10, 5)).since(earlier) == histogram((10, 10, 3))
    restarted = histogram((10, 10, 5))
    assert restarted.since(earlier) == restarted


buckets = st.builds(Bucket, st.sampled_from([0.0, 1.0, 16.0, 100.0]), st.sampled_from([0.0, 1.0]))
histograms = st.dictionaries(buckets, st.integers(1, 50)).map(Histogram)


@given(histograms, histograms)
def test_what_was_added_is_what_came_since(earlier: Histogram, later: Histogram) -> None:
    assert Counter(merged([earlier, later]).since(earlier).counts) == Counter(later.counts)


def test_nothing_merged_is_empty() -> None:
    assert merged([]) == Histogram()


@given(histograms.filter(lambda h: h.count > 0), st.floats(0, 1), st.floats(0, 1))
def test_quantiles_rise_with_the_share(histogram: Histogram, a: float, b: float) -> None:
    low, high = sorted((a, b))
    assert histogram.quantile(low) <= histogram.quantile(high)


def test_the_last_minute_is_what_came_since_a_reading_a_minute_old() -> None:
    minute = LastMinute()
    added = {
        now: minute.add(now, {"a": histogram((1, 0, total))})["a"].count
        for now, total in [(0, 10), (30, 11), (59, 13), (60, 20), (89, 20), (90, 25), (500, 26)]
    }
    assert added == {
        0: 10,  # nothing older: all that was seen
        30: 11,
        59: 13,
        60: 10,  # since 0
        89: 10,
        90: 14,  # since 30
        500: 1,  # since 90: longer ago, because nobody asked in between
    }


def test_a_name_that_is_new_has_no_before() -> None:
    minute = LastMinute()
    minute.add(0, {"a": histogram((1, 0, 1))})
    assert minute.add(60, {"b": histogram((1, 0, 2))}) == {"b": histogram((1, 0, 2))}
