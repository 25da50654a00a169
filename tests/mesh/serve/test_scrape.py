from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path

from clew.mesh.serve.exposition import metrics_json, prometheus_text
from clew.mesh.serve.metrics import ServerName
from clew.mesh.serve.scrape import NEEDED, Scrape

GOLDEN = Path(__file__).parent / "golden"
SERVERS = {
    "outgoing/0": ServerName("outgoing", "0.0.0.0/4140"),
    "incoming/0": ServerName("incoming", "0.0.0.0/4141"),
}


class Envoy:
    """The golden readings, and a clock."""

    def __init__(self) -> None:
        self.now = 0.0

    async def statistics(self, pattern: str) -> bytes:
        document = json.loads((GOLDEN / "statistics.json").read_bytes())
        *stats, histograms = document["stats"]
        needed = re.compile(pattern)
        details = histograms["histograms"]["details"]
        histograms["histograms"]["details"] = [d for d in details if needed.search(d["name"])]
        return json.dumps(
            {"stats": [*(s for s in stats if needed.search(s["name"])), histograms]}
        ).encode()

    async def clusters(self) -> bytes:
        return (GOLDEN / "clusters.json").read_bytes()

    def scrape(self) -> Scrape:
        return Scrape(self.statistics, self.clusters, lambda: SERVERS, lambda: self.now)


def test_what_it_asks_for_is_all_that_has_a_linkerd_name() -> None:
    text = prometheus_text(asyncio.run(Envoy().scrape().metrics()))
    assert text == (GOLDEN / "expected.prom").read_text(encoding="utf-8")


def test_it_leaves_out_what_has_none() -> None:
    needed = re.compile(NEEDED)
    assert not needed.search("cluster.outgoing/svc/hello.circuit_breakers.default.cx_open")
    assert not needed.search("listener.127.0.0.1_4140.downstream_cx_active")


def test_a_minute_without_requests_has_no_quantiles() -> None:
    async def run() -> None:
        envoy = Envoy()
        scrape = envoy.scrape()
        key = "rt/outgoing/server/0.0.0.0/4140/request_latency_ms.p99"
        assert key in metrics_json(await scrape.metrics())
        envoy.now = 60.0
        later = metrics_json(await scrape.metrics())
        assert key not in later
        assert later["rt/outgoing/server/0.0.0.0/4140/requests"] == 39

    asyncio.run(run())
