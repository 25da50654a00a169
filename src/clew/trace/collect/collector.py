"""What every transport hands its messages to: decode, sample, log."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from clew.span.detect import DECODERS, Format
from clew.span.model import Micros, Span
from clew.trace.collect.counts import Counts
from clew.trace.collect.log import Entry, Log
from clew.trace.collect.record import Record
from clew.trace.collect.room import Lease
from clew.trace.collect.sampler import Sampler

T = TypeVar("T")

LONG_WORK = 1 << 20
"""Bytes from which on decoding would hold up other requests."""


class Collector:
    """From bytes to a promise: when :meth:`accept` returns, the spans survive a crash."""

    def __init__(self, log: Log, sampler: Sampler, counts: Counts, now: Callable[[], Micros]):
        self._log = log
        self._sampler = sampler
        self._counts = counts
        self._now = now

    async def accept(self, body: bytes, format: Format, transport: str, lease: Lease) -> None:
        """Take the spans of ``body``: all of them, or none.

        Raises MalformedSpans when it holds a bad one, and LogFailed when it should be sent again
        later. ``lease`` holds the body's bytes; it is handed on with them.
        """
        spans = await decoded(DECODERS[format], body)
        await self.keep(spans, body, format, transport, lease)

    async def keep(
        self, spans: list[Span], body: bytes, format: Format, transport: str, lease: Lease
    ) -> None:
        """Take ``spans``: all of them, or none. They are what ``body`` in ``format`` reads as.

        Raises LogFailed; ``lease`` as for :meth:`accept`.
        """
        kept = self._sampler.kept(spans)
        sampled_out = len(spans) - len(kept)
        if not kept:
            self._counts.accepted(transport, 0, sampled_out)
            return
        await self._log.append(
            Entry(
                record=Record(format, self._now(), body),
                spans=kept,
                sampled_out=sampled_out,
                transport=transport,
                held=lease.hand_on(),
            )
        )


async def decoded(decode: Callable[[bytes], T], body: bytes) -> T:
    """What ``decode`` makes of ``body``; in a thread when that takes long."""
    if len(body) < LONG_WORK:
        return decode(body)
    return await asyncio.to_thread(decode, body)
