"""Traces as a shop behind a mesh makes them: ten calls of two sides each, ten tags a span."""

from __future__ import annotations

import random
from collections.abc import Iterator

from clew.span.model import Endpoint, Kind, Micros, Span

SPANS_A_TRACE = 20
DAY = 86_400_000_000
"""In microseconds."""
SERVICES = [Endpoint(service_name=f"service-{i}", ipv4=f"10.0.0.{i}", port=8080) for i in range(40)]
OPERATIONS = [f"{method} /v{i}/items" for i in range(10) for method in ("get", "post", "put")]


def traces(count: int, begin: int, length: int, seed: int = 0) -> Iterator[list[Span]]:
    """``count`` traces that begin one after the other in ``length`` microseconds."""
    rnd = random.Random(seed)
    for number in range(count):
        yield _trace(rnd, begin + number * length // count)


def _trace(rnd: random.Random, begin: int) -> list[Span]:
    trace_id, request = f"{rnd.getrandbits(64) | 1:016x}", f"{rnd.getrandbits(128):032x}"
    caller, parent, spans = rnd.randrange(40), None, []
    failed = rnd.random() < 0.02
    taken = int(rnd.lognormvariate(9.5, 1)) + 2000
    for depth in range(SPANS_A_TRACE // 2):
        called, own = (caller * 7 + depth) % 40, f"{rnd.getrandbits(64) | 1:016x}"
        tags = {
            "http.host": f"{SERVICES[called].service_name}:8080",
            "http.method": "GET",
            "http.path": f"/v{depth}/items/{rnd.randrange(100_000)}",
            "http.request_size": str(rnd.randrange(200, 2000)),
            "http.response_size": str(rnd.randrange(200, 50_000)),
            "http.status_code": "500" if failed and depth == 9 else "200",
            "mesh.dst": f"/svc/{SERVICES[called].service_name}",
            "node_id": f"sidecar~10.0.0.{called}~{called:04x}.shop~shop.local",
            "request_id": request,
            "zone": rnd.choice("abc"),
        }
        if failed and depth == 9:
            tags = {"error": "500", **tags}
        for kind, local, remote in (
            (Kind.CLIENT, caller, called),
            (Kind.SERVER, called, caller),
        ):
            spans.append(
                Span(
                    trace_id=trace_id,
                    parent_id=parent,
                    id=own,
                    kind=kind,
                    name=OPERATIONS[called % len(OPERATIONS)],
                    timestamp=Micros(begin + depth * 150 + (kind is Kind.SERVER) * 50),
                    duration=Micros(max(1, taken - depth * 200 - (kind is Kind.SERVER) * 100)),
                    local_endpoint=SERVICES[local],
                    remote_endpoint=SERVICES[remote],
                    tags=tags,
                    shared=kind is Kind.SERVER,
                )
            )
        parent, caller = own, called
    return spans
