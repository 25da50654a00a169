"""A Zipkin server with its store in memory, and ``clew traces``: the same spans and questions."""

from __future__ import annotations

import os
import signal
import statistics
import tempfile
import time
from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from bench.ingest import HOUR, Taken, measured, median
from bench.posting import A_BODY, CONNECTIONS, JSON, PROTO3, Format, post
from bench.questions import Asker, asked_in_turn, questions
from bench.servers import Server, clew_traces, quiet, resident_mb, settle
from bench.traces import SPANS_A_TRACE, traces
from bench.zipkin_server import FLAGS, fetched, live_heap, zipkin
from clew.span.model import Span

WARM_UP, SPANS, ROUNDS = 200_000, 300_000, 3
ASKED, ASKED_WARM_UP = 15, 3.0
FORMATS = {"JSON v2": JSON, "proto3": PROTO3}
MB = 1e6


@dataclass(frozen=True)
class Load:
    """What a server of its own took to keep the spans."""

    taken: Taken
    rest: float
    """MB resident before any span."""
    full: float
    """MB resident after all of them, when it is quiet."""


def main() -> None:
    jar = fetched()
    if jar is None:
        print("left out: there is no Zipkin server to compare with")
        return
    begin = time.time_ns() // 1000 - HOUR
    made = list(chain.from_iterable(traces((WARM_UP + SPANS) // SPANS_A_TRACE, begin, HOUR)))
    print(f"{FLAGS}; {jar.name}")
    loads(jar, made)
    kept(jar, made)


def loads(jar: Path, made: list[Span]) -> None:
    print(
        f"{SPANS:,} spans in bodies of {A_BODY}, {CONNECTIONS} connections, as fast as accepted,"
        f" after {WARM_UP:,} that warm up; {ROUNDS} rounds, interleaved, the median by spans/s"
        " and core"
    )
    results: dict[tuple[str, str], list[Load]] = {}
    requests = {name: _split(form, made) for name, form in FORMATS.items()}
    for _ in range(ROUNDS):
        for form in FORMATS:
            with tempfile.TemporaryDirectory() as directory:
                servers = {"Zipkin": zipkin(jar), "clew": clew_traces(directory)}
                for name, server in servers.items():
                    results.setdefault((form, name), []).append(load(server, *requests[form]))
    print("| | spans/s and core | ratio | spans/s | POST p50 ms | p99 ms", end="")
    print(" | resident MB at rest | after |\n|---|---|---|---|---|---|---|---|")
    for (form, name), some in results.items():
        taken = median([one.taken for one in some])
        base = median([one.taken for one in results[form, "Zipkin"]])
        p50, p99 = (1e3 * taken.posts.quantile(q) for q in (0.5, 0.99))
        rest, full = (statistics.median(column) for column in zip(*map(_memory, some), strict=True))
        print(
            f"| {form}, {name} | {taken.rate:,.0f} | {taken.rate / base.rate:.2f}"
            f" | {SPANS / taken.wall:,.0f} | {p50:.1f} | {p99:.1f} | {rest:.0f} | {full:.0f} |"
        )


def load(
    starting: AbstractContextManager[Server], warm_up: list[bytes], requests: list[bytes]
) -> Load:
    with starting as server:
        rest = resident_mb(server.pid)
        fill(server, warm_up)
        taken = measured(server, requests)
        return Load(taken, rest, resident_mb(server.pid))


def fill(server: Server, requests: Iterable[bytes]) -> None:
    post(server, requests)
    settle(server)
    quiet(server.pid)


def kept(jar: Path, made: list[Span]) -> None:
    """Both servers hold the same spans: what a span takes, how long questions take, a crash."""
    first, more = _split(JSON, made)
    ids = [made[i].trace_id for i in range(0, len(made), len(made) // 200)]
    with tempfile.TemporaryDirectory() as directory:
        with zipkin(jar) as theirs, clew_traces(directory) as ours:
            both = (theirs, ours)
            for server in both:
                fill(server, first)
            heap, resident = live_heap(theirs), resident_mb(ours.pid)
            for server in both:
                fill(server, more)
            theirs_grew = (live_heap(theirs) - heap) / SPANS
            ours_grew = (resident_mb(ours.pid) - resident) * MB / SPANS
            disk = _bytes(Path(directory)) / len(made)
            print(f"\nboth hold the same {len(made):,} spans; bytes a span, memory by the growth")
            print(f"with the last {SPANS:,}:\n| | memory | ratio | disk |\n|---|---|---|---|")
            print(f"| Zipkin, live heap | {theirs_grew:.0f} | 1.00 | 0 |")
            print(
                f"| clew, resident | {ours_grew:.0f} | {ours_grew / theirs_grew:.2f} | {disk:.0f} |"
            )
            ask(theirs, ours, made, ids)
            for server in both:
                os.kill(server.pid, signal.SIGKILL)
        print(f"\nafter kill -9 and a new start, of {len(ids)} traces asked for by id:")
        for name, starting in {"Zipkin": zipkin(jar), "clew": clew_traces(directory)}.items():
            start = time.perf_counter()
            with starting as server:
                took = time.perf_counter() - start
                settle(server)
                found = Asker(server).ask(f"traceMany?traceIds={','.join(ids)}")[1]
                print(f"{name}: {len(found)}, ready after {took:.1f} s")


def ask(theirs: Server, ours: Server, made: list[Span], ids: list[str]) -> None:
    print(f"\nGETs, in turn, {ASKED} times after {ASKED_WARM_UP:g} s that warm up:")
    print("| | Zipkin ms | worst | clew ms | worst | ratio | same answers |")
    print("|---|---|---|---|---|---|---|")
    askers = [Asker(theirs), Asker(ours)]
    values = [span.tags["http.path"] for span in made[:: len(made) // 200]]
    now_ms = time.time_ns() // 1_000_000
    for name, question in questions(ids, values, now_ms, 2 * HOUR // 1000).items():
        (zipkin_times, clew_times), same = asked_in_turn(askers, question, ASKED, ASKED_WARM_UP)
        base, median = statistics.median(zipkin_times), statistics.median(clew_times)
        print(
            f"| {name} | {1e3 * base:.1f} | {1e3 * max(zipkin_times):.1f} | {1e3 * median:.1f}"
            f" | {1e3 * max(clew_times):.1f} | {median / base:.2f} | {'yes' if same else 'no'} |"
        )


def _split(form: Format, made: list[Span]) -> tuple[list[bytes], list[bytes]]:
    return form.requests(made[:WARM_UP]), form.requests(made[WARM_UP:])


def _memory(load: Load) -> tuple[float, float]:
    return load.rest, load.full


def _bytes(directory: Path) -> int:
    return sum(file.stat().st_blocks * 512 for file in directory.rglob("*") if file.is_file())


if __name__ == "__main__":
    main()
