from __future__ import annotations

from datetime import timedelta

import click
import pytest

from clew.cli.quantities import Duration, Size


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("7d", timedelta(days=7)),
        ("12h", timedelta(hours=12)),
        ("30m", timedelta(minutes=30)),
        ("0s", timedelta(0)),
    ],
)
def test_a_time_is_read(text: str, time: timedelta) -> None:
    assert Duration().convert(text, None, None) == time
    assert Duration().convert(time, None, None) == time


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("20GB", 20 * 10**9),
        ("1.5gb", 1_500_000_000),
        ("512MiB", 512 * 2**20),
        ("10 TB", 10**13),
        ("100000B", 100_000),
        ("1759218MB", 1_759_218_000_000),
    ],
)
def test_a_size_is_read(text: str, size: int) -> None:
    assert Size().convert(text, None, None) == size


@pytest.mark.parametrize("text", ["", "7", "d", "-1d", "7 days", "1.5d", "9999999d"])
def test_what_is_no_time_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(click.BadParameter, match="such as 7d"):
        Duration().convert(text, None, None)


@pytest.mark.parametrize("text", ["", "GB", "20", "20 apples", "-1GB", "1e3GB"])
def test_what_is_no_size_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(click.BadParameter, match="such as 20GB"):
        Size().convert(text, None, None)
