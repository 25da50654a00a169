from __future__ import annotations

import asyncio
from pathlib import Path

from prometheus_client import CollectorRegistry

from clew.mesh.config.linker import Linker, read_linker
from clew.mesh.relay.telemeters import Telemeters


def linker(*telemeters: str) -> Linker:
    text = f"""
telemetry: [{", ".join(telemeters)}]
routers: [{{protocol: http, servers: [{{port: 4140}}]}}]
"""
    return read_linker(text, "linkerd.yaml")


SCRIBE = "{kind: io.l5d.zipkin, host: 127.0.0.1, port: 9410}"
ZIPKIN = "{kind: io.l5d.zipkin, host: 127.0.0.1, port: 9411}"
RECENT = "{kind: io.l5d.recentRequests, sampleRate: 1.0}"


def test_what_stays_from_one_file_to_the_next_goes_on(tmp_path: Path) -> None:
    async def scenario() -> None:
        telemeters = Telemeters(
            tmp_path / "spans", linker(ZIPKIN, SCRIBE, RECENT), CollectorRegistry()
        )
        before, recent = telemeters.exporters(linker(ZIPKIN)), telemeters.recent
        assert telemeters.paged == [("127.0.0.1", 9411)]
        assert recent is not None
        edited = linker(ZIPKIN, RECENT)
        telemeters.observe(edited)
        await telemeters.start()
        await telemeters.send_to(telemeters.exporters(edited))
        assert telemeters.exporters(edited) == before
        assert telemeters.recent is recent
        await telemeters.stop()

    asyncio.run(scenario())


def test_without_a_telemeter_no_requests_are_remembered(tmp_path: Path) -> None:
    async def scenario() -> None:
        telemeters = Telemeters(tmp_path / "spans", linker(RECENT), CollectorRegistry())
        telemeters.observe(linker())
        assert telemeters.recent is None

    asyncio.run(scenario())
