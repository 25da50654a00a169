"""What every transport hands its messages to: decode, sample, log."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from clew.span.detect import DECODERS, Format
from clew.span.model import Micros, Span
from clew.trace.collect.counts import NO_ROOM, NOT_LOGGED, Counts
from clew.trace.collect.log import Entry, Log, LogFailed
from clew.trace.collect.record import Record
from clew.trace.collect.room import Lease, WhenFull
from clew.trace.collect.sampler import Sampler

T = TypeVar("T")

LONG_WORK = 1 << 20
"""Bytes from which on decoding would hold up other requests."""


class Collector:
    """From bytes to a promise: when :meth:`accept` returns, the spans survive a crash."""

    def __init__(
        self,
        log: Log,
        sampler: Sampler,
        counts: Counts,
        now: Callable[[], Micros],
        when_full: WhenFull = WhenFull.REFUSE,
    ) -> None:
        self._log = log
        self._sampler = sampler
        self._counts = counts
        self._now = now
        self._when_full = when_full

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
        if not kept or lease.spare:
            self._drop(transport, kept, sampled_out, NO_ROOM)
            return
        entry = Entry(
            record=Record(format, self._now(), body),
            spans=kept,
            sampled_out=sampled_out,
            transport=transport,
            held=lease.hand_on(),
        )
        try:
            await self._log.append(entry)
        except LogFailed:
            if self._when_full is WhenFull.REFUSE:
                raise
            self._drop(transport, kept, sampled_out, NOT_LOGGED)

    def _drop(self, transport: str, spans: list[Span], sampled_out: int, reason: str) -> None:
        self._counts.accepted(transport, 0, sampled_out)
        if spans:
            self._counts.left_out(transport, len(spans), reason)


async def decoded(decode: Callable[[bytes], T], body: bytes) -> T:
    """What ``decode`` makes of ``body``; in a thread when that takes long."""
    if len(body) < LONG_WORK:
        return decode(body)
    return await asyncio.to_thread(decode, body)
