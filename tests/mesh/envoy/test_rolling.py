from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path

import pytest

from clew.mesh.config.linker import Linker, read_linker
from clew.mesh.config.roll_policy import Every, roll_policy
from clew.mesh.envoy.rolling import AccessLogRolling, period_end, rolled_name, surplus
from clew.mesh.envoy.stats import EnvoyUnreachable

TUESDAY = datetime(2017, 3, 14, 15, 9, 26, 535897)


@pytest.mark.parametrize(
    ("policy", "end"),
    [
        ("hourly", datetime(2017, 3, 14, 16)),
        ("daily", datetime(2017, 3, 15)),
        ("weekly(4)", datetime(2017, 3, 15)),
        ("weekly(3)", datetime(2017, 3, 21)),
        ("weekly(1)", datetime(2017, 3, 19)),
        ("weekly(7)", datetime(2017, 3, 18)),
    ],
)
def test_a_period_ends_after_it_began(policy: str, end: datetime) -> None:
    every = roll_policy(policy)
    assert isinstance(every, Every)
    assert period_end(every, TUESDAY) == end


@pytest.mark.parametrize(
    ("log", "policy", "name"),
    [
        ("access.log", "hourly", "access-20170314-15.log"),
        ("access.log", "daily", "access-20170314.log"),
        ("access.log", "weekly(1)", "access-20170314.log"),
        ("access.log", "3.megabytes", "access-20170314-150926.log"),
        ("access", "daily", "access-20170314"),
        ("a.b.log", "daily", "a.b-20170314.log"),
    ],
)
def test_the_name_has_the_time_at_which_it_was_begun(log: str, policy: str, name: str) -> None:
    rolled = roll_policy(policy)
    assert rolled is not None
    assert rolled_name(Path("/logs", log), rolled, TUESDAY) == Path("/logs", name)


@pytest.mark.parametrize(
    ("keep", "leaving"),
    [
        (-1, []),
        (3, []),
        (2, ["access-20170312.log"]),
        (0, ["access-20170312.log", "access-20170313.log", "access-20170314-2.log"]),
    ],
)
def test_the_oldest_leave(keep: int, leaving: list[str]) -> None:
    names = [
        "access.log",
        "access-20170314-2.log",
        "access-20170312.log",
        "access-20170313.log",
        "access-other.log",
        "access-20170311.txt",
    ]
    assert surplus(Path("/logs/access.log"), names, keep) == leaving


def linker(log: Path, more: str) -> Linker:
    text = f"routers: [{{protocol: http, servers: [{{}}], httpAccessLog: {log}, {more}}}]"
    return read_linker(text, "linkerd.yaml")


class Envoy:
    """Counts how often its logs were opened anew."""

    def __init__(self) -> None:
        self.reopened = 0

    async def reopen(self) -> None:
        self.reopened += 1


def at(path: Path, time: datetime, text: str) -> None:
    path.write_text(text)
    os.utime(path, (time.timestamp(), time.timestamp()))


def rolling(
    reopen: Callable[[], Awaitable[None]], log: Path, more: str, *times: datetime
) -> AccessLogRolling:
    logs = AccessLogRolling(reopen)
    logs.use(linker(log, more))
    for time in times:
        asyncio.run(logs.look(time))
    return logs


def test_a_days_lines_are_put_aside_when_the_day_is_over(tmp_path: Path) -> None:
    envoy, log = Envoy(), tmp_path / "access.log"
    at(log, TUESDAY, "a line\n")
    logs = rolling(envoy.reopen, log, "httpAccessLogRollPolicy: daily", TUESDAY)
    assert (log.exists(), envoy.reopened) == (True, 0)
    asyncio.run(logs.look(TUESDAY.replace(day=15)))
    assert (tmp_path / "access-20170314.log").read_text() == "a line\n"
    assert (log.exists(), envoy.reopened) == (False, 1)


def test_long_files_are_put_aside_under_names_of_their_own(tmp_path: Path) -> None:
    envoy, log = Envoy(), tmp_path / "access.log"
    at(log, TUESDAY, "0123456789")
    logs = rolling(envoy.reopen, log, "httpAccessLogRollPolicy: 10.bytes", TUESDAY)
    log.write_text("another ten")
    asyncio.run(logs.look(TUESDAY))
    log.write_text("short")
    asyncio.run(logs.look(TUESDAY))
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {
        "access-20170314-150926.log": "0123456789",
        "access-20170314-150926-2.log": "another ten",
        "access.log": "short",
    }


def test_so_many_are_kept_as_the_file_says(tmp_path: Path) -> None:
    at(tmp_path / "access-20170312.log", TUESDAY, "old")
    log = tmp_path / "access.log"
    at(log, TUESDAY, "a line\n")
    policy = "httpAccessLogRollPolicy: daily, httpAccessLogRotateCount: 1"
    rolling(Envoy().reopen, log, policy, TUESDAY.replace(day=15))
    assert [path.name for path in tmp_path.iterdir()] == ["access-20170314.log"]


def test_an_empty_day_makes_no_file(tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    log.touch()
    policy = "httpAccessLogRollPolicy: daily"
    rolling(Envoy().reopen, log, policy, TUESDAY.replace(day=15), TUESDAY.replace(day=16))
    assert [path.name for path in tmp_path.iterdir()] == ["access.log"]


def test_an_envoy_that_is_away_opens_the_new_file_when_it_is_back(tmp_path: Path) -> None:
    async def reopen() -> None:
        raise EnvoyUnreachable("starts")

    log = tmp_path / "access.log"
    at(log, TUESDAY, "a line\n")
    next_day = TUESDAY.replace(day=15)
    rolling(reopen, log, "httpAccessLogRollPolicy: daily", next_day, next_day)
    assert [path.name for path in tmp_path.iterdir()] == ["access-20170314.log"]


def test_a_file_that_may_not_be_moved_is_told_and_stays(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    log = tmp_path / f"{'a' * 250}.log"
    at(log, TUESDAY, "a line\n")
    rolling(Envoy().reopen, log, "httpAccessLogRollPolicy: daily", TUESDAY.replace(day=15))
    assert caplog.messages == [f"the access log {log} cannot be rolled: File name too long"]
    assert log.read_text() == "a line\n"


def test_one_old_file_that_may_not_go_does_not_end_the_rolling(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    log = tmp_path / "access.log"
    at(log, TUESDAY, "a line\n")
    (tmp_path / "access-20170312.log").mkdir()
    policy = "httpAccessLogRollPolicy: daily, httpAccessLogRotateCount: 1"
    rolling(Envoy().reopen, log, policy, TUESDAY.replace(day=15))
    assert (tmp_path / "access-20170314.log").read_text() == "a line\n"
    assert caplog.messages == [f"old files of {log} stay: Is a directory"]


def test_one_that_is_not_appended_to_begins_empty_once(tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    log.write_text("of an earlier run\n")
    logs = rolling(Envoy().reopen, log, "httpAccessLogAppend: false")
    assert log.read_text() == ""
    log.write_text("a line\n")
    logs.use(linker(log, "httpAccessLogAppend: false, label: edited"))
    assert log.read_text() == "a line\n"
