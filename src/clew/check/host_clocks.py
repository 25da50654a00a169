"""Whether the clocks of hosts agree, from the two sides of the calls between them. Pure.

What a server recorded of a call lies within what its client recorded. Where it lies elsewhere,
though it is no longer, one of the clocks is wrong, by so much that moving it to the middle makes
it right.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from statistics import median

from clew.check.clock import HARMFUL
from clew.check.finding import Finding, problem, warning
from clew.check.steps import Step, Traces, address, steps

APART = timedelta(milliseconds=5)
"""More than networks make of two clocks that agree."""
FEWEST = 5
"""Calls between two hosts; a single one may be odd for other reasons."""

_ADVICE = (
    "run a time service (chrony, systemd-timesyncd) there; "
    "until then spans of one trace lie outside each other"
)


@dataclass(frozen=True, slots=True)
class _Shift:
    """By how much one clock is ahead of another, from the calls between them."""

    micros: float
    calls: int
    trace: str
    """Of a call that shows it."""


Shifts = Mapping[tuple[str, str], _Shift]
"""By host and the host whose clock is ahead by so much."""


def findings(traces: Traces) -> Iterator[Finding]:
    """The hosts whose clocks are apart from those of the others, the worst first."""
    shifts = _shifts(traces)
    told = [found for group in _groups(shifts) for found in _apart(group, shifts)]
    for _, found in sorted(told, key=lambda each: -each[0]):
        yield found


def _shifts(traces: Traces) -> Shifts:
    found: dict[tuple[str, str], list[tuple[float, str]]] = defaultdict(list)
    for step in steps(traces):
        client, server = _hosts(step)
        shift = _shift(step)
        if shift is not None and client and server and client != server:
            found[client, server].append((shift, step.span.trace_id))
            found[server, client].append((-shift, step.span.trace_id))
    return {
        hosts: _Shift(median(each[0] for each in calls), len(calls), _shown(calls))
        for hosts, calls in found.items()
        if len(calls) >= FEWEST
    }


def _shown(calls: Sequence[tuple[float, str]]) -> str:
    return sorted(calls)[len(calls) // 2][1]


def _hosts(step: Step) -> tuple[str, str]:
    """Of client and server: what a side does not say of itself the other one saw."""
    if not step.is_call or step.parent is None:
        return "", ""
    client, server = step.parent, step.span
    return (
        address(client.local_endpoint) or address(server.remote_endpoint),
        address(server.local_endpoint) or address(client.remote_endpoint),
    )


def _shift(step: Step) -> float | None:
    """Microseconds by which the server's clock is ahead; None where the call does not say."""
    client, server = step.parent, step.span
    if client is None or not (client.timestamp and client.duration):
        return None
    if not (server.timestamp and server.duration) or server.duration > client.duration:
        return None
    room = client.duration - server.duration
    late = server.timestamp - client.timestamp
    return 0 if 0 <= late <= room else late - room / 2


def _groups(shifts: Shifts) -> Iterator[Mapping[str, float]]:
    """Hosts that called each other, with how far each clock is ahead of most of theirs."""
    left = {host for hosts in shifts for host in hosts}
    while left:
        ahead: dict[str, float] = {min(left): 0}
        # of several ways between two hosts that of the most calls
        while ways := [(shift.calls, *way) for way, shift in shifts.items() if _leads(way, ahead)]:
            _, near, far = max(ways)
            ahead[far] = ahead[near] + shifts[near, far].micros
        left -= ahead.keys()
        usual = median(ahead.values())
        yield {host: micros - usual for host, micros in ahead.items()}


def _leads(way: tuple[str, str], known: Mapping[str, float]) -> bool:
    return way[0] in known and way[1] not in known


def _apart(group: Mapping[str, float], shifts: Shifts) -> Iterator[tuple[float, Finding]]:
    """With how bad each is."""
    if len(group) == 2:  # which of the two is wrong cannot be seen
        host, other = sorted(group)
        yield from _told(host, f"that of {other}", shifts[other, host].micros, shifts[other, host])
        return
    for host, micros in sorted(group.items()):
        own = {way[0]: shift for way, shift in shifts.items() if way[1] == host}
        worst = max(own.values(), key=lambda shift: abs(shift.micros))
        calls = sum(shift.calls for shift in own.values())
        others = f"those of {len(group) - 1} others"
        yield from _told(host, others, micros, _Shift(micros, calls, worst.trace))


def _told(host: str, others: str, micros: float, shift: _Shift) -> Iterator[tuple[float, Finding]]:
    apart = timedelta(microseconds=abs(micros))
    if apart > APART:
        way = "ahead of" if micros > 0 else "behind"
        seen = f"the clock of {host} is {apart / timedelta(milliseconds=1):,.0f} ms {way} {others}"
        made = problem if apart > HARMFUL else warning
        yield (
            apart.total_seconds(),
            made("clocks", f"{seen}, by {shift.calls:,} calls", _ADVICE, shift.trace),
        )
