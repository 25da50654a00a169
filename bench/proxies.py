"""Two hops through the mesh, beside those of HAProxy, nginx, plain Envoy, and no hop at all."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from bench.answering import answering
from bench.load import Result, run, steady
from bench.two_hops import THREADS, Hops, clew, haproxy, installed, nginx, plain_envoy

REQUEST = b"GET / HTTP/1.1\r\nHost: app\r\n\r\n"
CONNECTIONS = 64
RATES, SECONDS, ROUNDS = (200, 1000), 3, 2
RUNG, RUNG_SECONDS = 1.4, 1.5
"""How much higher each step towards the highest rate is than the one before."""
SUSTAINED = 0.05
"""Seconds that p99 stays below, with no failure, at a rate that is sustained. A queue that grows
by 4 % of the requests has passed it after a step."""
APP, ENVOY = "the app alone", "plain Envoy"


@dataclass
class Seen:
    """What one contender did at one rate."""

    result: Result = field(default_factory=Result)
    proxy: float = 0.0
    """Seconds of one core."""
    control: float = 0.0
    """The same, of what steers it and carries its spans."""
    memory: tuple[float, float] = (0.0, 0.0)
    """Resident MB of both, afterwards."""

    def each(self, seconds: float) -> float:
        """Seconds per 1,000 requests."""
        return 1000 * seconds / max(1, len(self.result.latencies))


def main() -> None:
    with tempfile.TemporaryDirectory() as directory, ExitStack() as stack:
        contenders = dict(_contenders(stack, Path(directory)))
        print(f"{ROUNDS} × {SECONDS} s each, interleaved, over {CONNECTIONS} kept connections;")
        print(f"each proxy has {THREADS} threads; latency from when a request was due\n")
        for hops in contenders.values():
            measure(hops, RATES[0], 1, Seen())
        seen: dict[str, Seen] = {}
        for rate in RATES:
            seen = {name: Seen() for name in contenders}
            for _ in range(ROUNDS):
                for name, hops in contenders.items():
                    measure(hops, rate, SECONDS, seen[name])
            show(f"{rate:,} rps", seen)
        highest = climb(contenders, RATES[-1], seen)
        show("highest rate", {f"{name}: {rate:,}": at for name, (rate, at) in highest.items()})


def _contenders(stack: ExitStack, directory: Path) -> Iterator[tuple[str, Hops]]:
    app, collector = (
        urlsplit(stack.enter_context(answering()).address).port or 0 for _ in range(2)
    )
    yield APP, Hops(app)
    for name, hops in (("haproxy", haproxy), ("nginx", nginx)):
        if program := installed(name):
            yield name, stack.enter_context(hops(program, directory, app))
        else:
            print(f"{name} is not installed here, so it is left out (Debian: apt install {name}).")
    yield ENVOY, stack.enter_context(plain_envoy(directory, app))
    for what, sample_rate in (("not traced", None), ("sampled 0.001", 0.001), ("sampled 1.0", 1.0)):
        yield f"clew, {what}", stack.enter_context(clew(directory, app, collector, sample_rate))


def measure(hops: Hops, rate: float, seconds: float, seen: Seen) -> None:
    """One stretch of load, added to ``seen``."""
    before = hops.used()
    seen.result.add(run(steady("127.0.0.1", hops.port, REQUEST, rate, seconds, CONNECTIONS)))
    after = hops.used()
    seen.proxy += after[0] - before[0]
    seen.control += after[1] - before[1]
    seen.memory = hops.memory()


def climb(
    contenders: dict[str, Hops], begin: int, seen: dict[str, Seen]
) -> dict[str, tuple[int, Seen]]:
    """The highest rate that each sustains, and what it did there, the steps interleaved.

    At ``begin`` they did what ``seen`` says.
    """
    highest = {name: (begin, at) for name, at in seen.items()}
    left, rung = dict(contenders), 1
    while left:
        rate = round(begin * RUNG**rung)
        for name, hops in list(left.items()):
            # a second look, as other work on the machine may have been the reason
            looks = (look(hops, rate) for _ in range(2))
            found = next((at for at in looks if sustained(at.result)), None)
            if found is None:
                del left[name]
            else:
                highest[name] = rate, found
        rung += 1
    return highest


def look(hops: Hops, rate: int) -> Seen:
    """One step."""
    seen = Seen()
    measure(hops, rate, RUNG_SECONDS, seen)
    return seen


def sustained(result: Result) -> bool:
    return not result.failures and result.quantile(0.99) < SUSTAINED


def show(title: str, seen: dict[str, Seen]) -> None:
    """A table; ratios to the app alone and to plain Envoy of the same table."""
    app, envoy = (
        next(at for name, at in seen.items() if name.startswith(kind)) for kind in (APP, ENVOY)
    )
    print(
        f"| {title} | p50 ms | p99 | p999 | p50, ratio to the app | CPU s per 1,000, proxy "
        "| ratio to plain Envoy | CPU s per 1,000, control plane and relay | of the proxy's "
        "| all, ratio to plain Envoy | MB, proxy | MB, control plane and relay | failed |"
    )
    print("|---" * 13 + "|")
    for name, at in seen.items():
        times = " | ".join(f"{1e3 * at.result.quantile(q):.2f}" for q in (0.5, 0.99, 0.999))
        ratio = at.result.quantile(0.5) / app.result.quantile(0.5)
        print(f"| {name} | {times} | {ratio:.1f} |{_costs(at, envoy)} {at.result.failures} |")
    print()


def _costs(at: Seen, envoy: Seen) -> str:
    if not at.proxy:
        return "  |" * 7
    base = envoy.each(envoy.proxy)
    cells = [f"{at.each(at.proxy):.3f}", f"{at.each(at.proxy) / base:.2f}", "", "", "", "", ""]
    cells[5] = f"{at.memory[0]:.0f}"
    if at.memory[1]:
        cells[2] = f"{at.each(at.control):.3f}"
        cells[3] = f"{100 * at.control / at.proxy:.0f} %"
        cells[4] = f"{at.each(at.proxy + at.control) / base:.2f}"
        cells[6] = f"{at.memory[1]:.0f}"
    return "".join(f" {cell} |" for cell in cells)
