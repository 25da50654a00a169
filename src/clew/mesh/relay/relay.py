"""The way of one span through the mesh: from Envoy's socket, enriched, to every telemeter."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter

from clew.mesh.relay.enrich import ServerFacts
from clew.mesh.relay.export import Exporter
from clew.mesh.relay.receive import Receiver
from clew.mesh.relay.rewrite import Rewriter
from clew.span.errors import MalformedSpans
from clew.span.model import Span
from clew.span.proto3 import decode_list

log = logging.getLogger(__name__)


class Relay:
    """Takes what Envoy reports and hands it to all exporters; holds nothing itself."""

    def __init__(
        self,
        socket_path: Path,
        facts: Mapping[str, ServerFacts],
        exporters: Sequence[Exporter],
        registry: CollectorRegistry,
    ) -> None:
        self._receiver = Receiver(socket_path, self._on_post)
        self._facts = facts
        self._rewriter = Rewriter(facts)
        self._exporters = exporters
        self._observers: Sequence[Callable[[Span], None]] = ()
        self._unknown = Counter(
            "clew_relay_spans_unknown",
            "Spans passed on as they came, because no server of the linker file is theirs.",
            registry=registry,
        )
        self._malformed = Counter(
            "clew_relay_posts_malformed",
            "Posts from Envoy that are not a list of spans.",
            registry=registry,
        )

    def set_facts(self, facts: Mapping[str, ServerFacts]) -> None:
        """The servers of the configuration that is now in force."""
        if facts != self._facts:
            self._facts = facts
            self._rewriter = Rewriter(facts)

    def set_observers(self, observers: Sequence[Callable[[Span], None]]) -> None:
        """Who is shown the next spans in this process; they must be quick and must not fail."""
        self._observers = observers

    async def set_exporters(self, exporters: Sequence[Exporter], grace: float = 5.0) -> None:
        """Hands the next spans to these; those that are not among them send what they have.

        New ones are not started yet: the relay starts and stops its exporters itself.
        """
        before = self._exporters
        for exporter in exporters:
            if exporter not in before:
                await exporter.start()
        self._exporters = exporters
        await asyncio.gather(*(e.stop(grace) for e in before if e not in exporters))

    async def start(self) -> None:
        """Spans are taken once this returns."""
        for exporter in self._exporters:
            await exporter.start()
        await self._receiver.start()

    async def stop(self, grace: float = 5.0) -> None:
        """Takes no more spans, and sends those that wait for at most ``grace`` seconds."""
        await self._receiver.stop()
        await asyncio.gather(*(exporter.stop(grace) for exporter in self._exporters))

    def _on_post(self, body: bytes) -> int:
        try:
            told = self._rewriter.rewrite(body)
        except MalformedSpans as error:
            self._malformed.inc()
            log.warning("spans from Envoy are lost: %s", error)
            return 400
        self._unknown.inc(told.unknown)
        if told.spans:
            self._show(told.body)
            for exporter in self._exporters:
                exporter.offer(told.body, told.spans)
        return 202

    def _show(self, body: bytes) -> None:
        if self._observers:
            for span in decode_list(body):
                for observe in self._observers:
                    observe(span)
