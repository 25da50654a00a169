"""Access logs put aside when they are old or long enough, under the names Linkerd gave them."""

from __future__ import annotations

import asyncio
import logging
import os
import stat
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from clew.mesh.config.linker import Linker
from clew.mesh.config.roll_policy import Every, MaxSize, roll_policy, time_format
from clew.mesh.envoy.stats import EnvoyUnreachable

log = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
"""Between two looks at the files."""


@dataclass(frozen=True, slots=True)
class Rolled:
    """How one log is rolled."""

    policy: Every | MaxSize
    keep: int
    """Files put aside that stay; negative keeps all."""


def rolled_logs(linker: Linker) -> dict[Path, Rolled]:
    """Those of the file that are; of routers that share one, the last that rolls it decides."""
    logs = {}
    for router in linker.routers:
        policy = roll_policy(router.http_access_log_roll_policy)
        if router.http_access_log is not None and policy is not None:
            logs[Path(router.http_access_log)] = Rolled(policy, router.http_access_log_rotate_count)
    return logs


def emptied_logs(linker: Linker) -> frozenset[Path]:
    """Those that begin empty (``httpAccessLogAppend: false``)."""
    return frozenset(
        Path(router.http_access_log)
        for router in linker.routers
        if router.http_access_log is not None and not router.http_access_log_append
    )


def is_due(policy: Every | MaxSize, begun: datetime, size: int, now: datetime) -> bool:
    """Whether a log of this size in bytes that was begun then is put aside now (local times)."""
    match policy:
        case MaxSize(limit):
            return size >= limit
        case Every():
            return now >= period_end(policy, begun)


def period_end(policy: Every, begun: datetime) -> datetime:
    """The first end of a period after ``begun``."""
    if policy.period == "hour":
        return begun.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    midnight = begun.replace(hour=0, minute=0, second=0, microsecond=0)
    if policy.period == "day":
        return midnight + timedelta(days=1)
    # isoweekday has 1 for Monday and 7 for Sunday
    today = begun.isoweekday() % 7 + 1
    return midnight + timedelta(days=(policy.first_day - today - 1) % 7 + 1)


def rolled_name(log_file: Path, policy: Every | MaxSize, begun: datetime) -> Path:
    """``access.log`` begun at that time is ``access-20170314.log`` when it is put aside."""
    return log_file.with_name(
        f"{log_file.stem}-{begun.strftime(time_format(policy))}{log_file.suffix}"
    )


def surplus(log_file: Path, names: Iterable[str], keep: int) -> list[str]:
    """Of the names beside it, those put aside that leave: the oldest beyond ``keep``."""
    if keep < 0:
        return []
    aside = sorted(
        name
        for name in names
        if name.startswith(f"{log_file.stem}-")
        and name.endswith(log_file.suffix)
        and name[len(log_file.stem) + 1 : len(log_file.stem) + 9].isdigit()
    )
    return aside[: max(0, len(aside) - keep)]


class AccessLogRolling:
    """Looks at the logs of the linker file in use."""

    def __init__(self, reopen: Callable[[], Awaitable[None]]) -> None:
        """``reopen`` makes Envoy open each of its logs anew, by its name."""
        self._reopen = reopen
        self._logs: Mapping[Path, Rolled] = {}
        self._begun: dict[Path, datetime] = {}
        self._emptied: frozenset[Path] = frozenset()

    def use(self, linker: Linker) -> None:
        """From now on roll what this file says; what it newly says is empty, is made so."""
        emptied = emptied_logs(linker)
        for path in emptied - self._emptied:
            try:
                _empty(path)
            except OSError as error:
                log.warning("the access log %s cannot be emptied: %s", path, error.strerror)
        self._emptied = emptied
        self._logs = rolled_logs(linker)
        now = datetime.now()
        self._begun = {path: self._begun.get(path) or _begun(path, now) for path in self._logs}

    async def follow(self) -> None:
        """For ever."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            await self.look(datetime.now())

    async def look(self, now: datetime) -> None:
        """Put aside what is due at this local time."""
        put_aside = []
        for path, rolled in self._logs.items():
            try:
                status = path.stat()
                if not stat.S_ISREG(status.st_mode) or not status.st_size:
                    self._begun[path] = now
                elif is_due(rolled.policy, self._begun[path], status.st_size, now):
                    path.rename(_free(rolled_name(path, rolled.policy, self._begun[path])))
                    self._begun[path] = now
                    put_aside.append(path)
            except FileNotFoundError:
                # until Envoy is back that was away when it was put aside
                self._begun[path] = now
            except OSError as error:
                log.warning("the access log %s cannot be rolled: %s", path, error.strerror)
        if not put_aside:
            return
        try:
            await self._reopen()
        except EnvoyUnreachable:
            # one that starts opens them by their names
            log.info("Envoy is not there to open its logs anew")
        for path in put_aside:
            _let_go(path, self._logs[path].keep)


def _empty(path: Path) -> None:
    # a pipe or a terminal has nothing in it
    if path.is_file():
        with open(path, "wb"):
            pass


def _begun(path: Path, now: datetime) -> datetime:
    """Of what an earlier run has written, only the last time is known."""
    try:
        status = path.stat()
    except OSError:
        return now
    return min(datetime.fromtimestamp(status.st_mtime), now) if status.st_size else now


def _free(path: Path) -> Path:
    """``path``, or beside it one that is not there: nothing is written over."""
    free, number = path, 1
    while free.exists():
        number += 1
        free = path.with_name(f"{path.stem}-{number}{path.suffix}")
    return free


def _let_go(path: Path, keep: int) -> None:
    """Of the files put aside, those beyond ``keep``."""
    try:
        for name in surplus(path, os.listdir(path.parent), keep):
            path.with_name(name).unlink(missing_ok=True)
    except OSError as error:
        log.warning("old files of %s stay: %s", path, error.strerror)
