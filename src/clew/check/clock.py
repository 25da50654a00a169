"""Whether the clock of this machine and that of the API server agree. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from clew.check.finding import Finding, ok, problem, warning

NOTABLE = timedelta(seconds=2)
"""Beyond this, spans of one trace visibly lie outside each other."""
HARMFUL = timedelta(seconds=60)
"""Beyond this, tokens and certificates begin to be refused."""

_ADVICE = "run a time service (chrony, systemd-timesyncd) on every node and on this machine"


def finding(date: str, before: datetime, after: datetime) -> Finding:
    """``date`` is the server's Date header, empty for none; it was asked between the other two."""
    try:
        server = parsedate_to_datetime(date)
    except ValueError:
        advice = "compare the output of `date -u` on each node"
        return warning("clock", "the API server does not say its time", advice)
    if server.tzinfo is None:
        server = server.replace(tzinfo=UTC)  # "-0000": UTC, but of no known place
    # the header drops the part of a second
    earliest, latest = server - after, server + timedelta(seconds=1) - before
    apart = max(earliest, timedelta(0)) or min(latest, timedelta(0))
    if abs(apart) <= NOTABLE:
        return ok("clock", "this machine and the API server agree on the time")
    way = "ahead of" if apart > timedelta(0) else "behind"
    seen = f"the API server is {abs(apart).total_seconds():.0f} s {way} this machine"
    return (problem if abs(apart) > HARMFUL else warning)("clock", seen, _ADVICE)
