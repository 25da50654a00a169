"""Services with more names of spans than anybody can choose from. Pure."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator

from clew.check.finding import Finding, warning
from clew.check.steps import Traces, service, spans

MOST = 500
"""Names of one service."""

_ID = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\b(?=\w*\d)\w{16,}\b|\d+"
)
"""What stands for one of many things: a UUID, a long word with digits, or a number."""


def findings(traces: Traces) -> Iterator[Finding]:
    """Those services, the one with the most names first, with what most of their names are like."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for span in (span for span in spans(traces) if span.name):
        found[service(span)].setdefault(span.name or "", span.trace_id)
    for who, names in sorted(found.items(), key=lambda each: -len(each[1])):
        if len(names) > MOST:
            patterns = Counter(_ID.sub("*", name) for name in names)
            pattern, count = patterns.most_common(1)[0]
            alike = f", {count:,} of them like {pattern!r}" if count > 1 else ""
            yield warning(
                "names",
                f"{who} has {len(names):,} names of spans{alike}",
                "name spans by the route, and put what differs into a tag",
                next(trace for name, trace in names.items() if _ID.sub("*", name) == pattern),
            )
