"""Envoy's spans to Linkerd's, beside reading them alone; no socket and no other process."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator

from clew.mesh.relay.enrich import ServerFacts, enrich
from clew.mesh.relay.rewrite import Rewriter
from clew.span.model import Endpoint, Kind, Micros, Span
from clew.span.proto3 import decode_list, encode_list

SPANS, A_BODY = 20_000, 250
ROUNDS = 7
BASELINE = "baseline: reading alone"
FACTS = {"in/0": ServerFacts("0.0.0.0/4141", "in", "/svc=>/#/io.l5d.fs", "0.0.0.0", 4141)}
BOTH = {
    "component": "proxy",
    "w": "/svc/hello\n\n/#/io.l5d.fs/hello\n\n1\nin/0",
    "a": "GET\nhello\n\ntext/plain",
    "u": "/greet",
    "rl": "5",
    "peer": "10.4.1.9:51422",
    "http.protocol": "HTTP/1.1",
    "http.status_code": "200",
    "response_flags": "-",
    "upstream_cluster": "in/svc/hello",
    "upstream_cluster.name": "in/svc/hello",
}
ON_SERVER = {
    "http.method": "GET",
    "http.url": "http://hello/greet",
    "user_agent": "curl/7.88.1",
    "request_size": "0",
    "response_size": "5",
    "peer.address": "10.4.1.9",
    "node_id": "n1",
    "downstream_cluster": "-",
}
ON_CLIENT = {"upstream_address": "10.4.2.3:4141", "peer.address": "10.4.2.3:4141"}


def main() -> None:
    alike, different = (bodies(each) for each in (lambda _: "/greet", "/item/{:012}".format))
    ways: dict[str, Callable[[], None]] = {
        BASELINE: lambda: read(alike),
        "read, told as Linkerd's, written": lambda: each_whole(alike),
        "rewritten, requests alike": lambda: rewritten(alike),
        "rewritten, each request with a path of its own": lambda: rewritten(different),
    }
    used = {name: min(seconds(way) for _ in range(ROUNDS)) for name, way in ways.items()}
    print(f"{SPANS:,} spans in bodies of {A_BODY}, the best of {ROUNDS} times\n")
    print("| | spans/s and core | ratio |\n|---|---|---|")
    for name, took in used.items():
        print(f"| {name} | {SPANS / took:,.0f} | {used[BASELINE] / took:.2f} |")


def seconds(way: Callable[[], None]) -> float:
    """Of the processor."""
    begin = time.process_time()
    way()
    return time.process_time() - begin


def read(posts: list[bytes]) -> None:
    for body in posts:
        decode_list(body)


def each_whole(posts: list[bytes]) -> None:
    for body in posts:
        encode_list([enrich(span, FACTS) for span in decode_list(body)])


def rewritten(posts: list[bytes]) -> None:
    rewriter = Rewriter(FACTS)
    for body in posts:
        rewriter.rewrite(body)


def bodies(path: Callable[[int], str]) -> list[bytes]:
    """The spans of one hop, two a request; ``path`` has the number of the request."""
    made = list(_spans(path))
    return [encode_list(made[i : i + A_BODY]) for i in range(0, SPANS, A_BODY)]


def _spans(path: Callable[[int], str]) -> Iterator[Span]:
    rnd = random.Random(0)
    for number in range(SPANS // 2):
        trace_id, client, server = (f"{rnd.getrandbits(64) | 1 << 63:x}" for _ in range(3))
        asked = {"u": path(number), "http.url": f"http://hello{path(number)}"}
        for kind, own, parent, tags in (
            (Kind.CLIENT, client, server, BOTH | ON_CLIENT | {"u": asked["u"]}),
            (Kind.SERVER, server, None, BOTH | ON_SERVER | asked),
        ):
            yield Span(
                trace_id=trace_id,
                parent_id=parent,
                id=own,
                kind=kind,
                name=f"GET {path(number)}" if kind is Kind.CLIENT else "in /svc/hello",
                timestamp=Micros(1795518430797360 + number),
                duration=Micros(rnd.randrange(500, 5000)),
                local_endpoint=Endpoint(service_name="clew", ipv4="192.0.2.2"),
                tags=tags,
            )


if __name__ == "__main__":
    main()
