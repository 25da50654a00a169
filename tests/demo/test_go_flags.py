from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.demo.go_flags import Flag, FlagError, read_bool, read_duration, read_flags

FLAGS = (Flag("addr", ":7777", ""), Flag("text", "Hello", ""), Flag("json", "false", "", True))


@pytest.mark.parametrize(
    ("line", "given"),
    [
        ("", {}),
        ("-addr=:1", {"addr": ":1"}),
        ("--addr=:1", {"addr": ":1"}),
        ("-addr :1", {"addr": ":1"}),
        ("--addr :1 -text Bye", {"addr": ":1", "text": "Bye"}),
        ("-text=a=b", {"text": "a=b"}),
        ("-text=", {"text": ""}),
        ("-text -addr", {"text": "-addr"}),
        ("-text=a -text=b", {"text": "b"}),
        ("-json", {"json": "true"}),
        ("-json -text a", {"json": "true", "text": "a"}),
        ("-json=false", {"json": "false"}),
        ("-json false -text a", {"json": "true"}),
        ("-text a rest -addr :1", {"text": "a"}),
        ("-text a -- -addr :1", {"text": "a"}),
    ],
)
def test_one_dash_or_two_with_the_value_after_a_space_or_an_equals_sign(
    line: str, given: dict[str, str]
) -> None:
    defaults = {"addr": ":7777", "text": "Hello", "json": "false"}
    assert read_flags(FLAGS, line.split()) == defaults | given


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("-foo", "flag provided but not defined: -foo"),
        ("--foo=1", "flag provided but not defined: -foo"),
        ("-text", "flag needs an argument: -text"),
        ("---text=1", "flag provided but not defined: --text"),
    ],
)
def test_what_go_refuses(line: str, message: str) -> None:
    with pytest.raises(FlagError) as raised:
        read_flags(FLAGS, line.split())
    assert raised.value.message.startswith(message)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0.0),
        ("0s", 0.0),
        ("250ms", 0.25),
        ("1.5s", 1.5),
        (".5s", 0.5),
        ("1h15m30.5s", 4530.5),
        ("3us", 3e-6),
        ("3µs", 3e-6),
        ("7ns", 7e-9),
        ("-2s", -2.0),
        ("+2s", 2.0),
    ],
)
def test_durations(text: str, seconds: float) -> None:
    assert read_duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "5", "s", "1d", "1s2", "1 s", "--1s", "1e3s", "."])
def test_no_durations(text: str) -> None:
    with pytest.raises(ValueError, match="is not a duration"):
        read_duration(text)


@given(st.integers(0, 10**6), st.integers(0, 59), st.integers(0, 999))
def test_durations_as_go_prints_them(minutes: int, seconds: int, millis: int) -> None:
    text = f"{minutes}m{seconds}.{millis:03}s"
    assert read_duration(text) == pytest.approx(minutes * 60 + seconds + millis / 1000)


def test_switches() -> None:
    assert [read_bool(text) for text in ("1", "true", "T", "0", "false")] == [True] * 3 + [
        False
    ] * 2
    with pytest.raises(ValueError, match="is not true or false"):
        read_bool("yes")
