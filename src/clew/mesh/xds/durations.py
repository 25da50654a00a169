"""Times in the two forms that Envoy's side needs: as protobuf, and in Finagle's words."""

from __future__ import annotations

from google.protobuf.duration_pb2 import Duration

_UNITS = (("hour", 3_600_000), ("minute", 60_000), ("second", 1_000), ("millisecond", 1))


_CONNECT_MS = 1000
"""Finagle's limit."""


def connect_ms(binding_timeout_ms: int) -> int:
    """How many milliseconds a connection to an endpoint may take."""
    return max(1, min(binding_timeout_ms, _CONNECT_MS))


def millis(count: int) -> Duration:
    """``count`` milliseconds; for most settings 0 is no limit."""
    return Duration(seconds=count // 1000, nanos=count % 1000 * 1_000_000)


def words(count: int) -> str:
    """``count`` milliseconds as Finagle prints them: ``1.second+500.milliseconds``."""
    parts = []
    for unit, size in _UNITS:
        whole, count = divmod(count, size)
        if whole:
            parts.append(f"{whole}.{unit}{'s' if whole != 1 else ''}")
    return "+".join(parts) or "0.seconds"
