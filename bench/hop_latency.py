"""What the mesh adds to a request at 200 rps: world through both routers against world itself."""

from __future__ import annotations

from urllib.parse import urlsplit

from bench.load import Result, run, steady
from bench.running import OFFSET, demo

RATE, SECONDS, ROUNDS = 200, 5, 4
DIRECT = b"GET / HTTP/1.1\r\nHost: world\r\n\r\n"


def main() -> None:
    with demo() as (told, _):
        mesh = urlsplit(told["urls"]["mesh"])
        assert mesh.port
        direct, through = run(measure(mesh.hostname or "127.0.0.1", mesh.port))
    print(f"{RATE} rps, {ROUNDS} × {SECONDS} s each, interleaved; failures {through.failures}")
    print("| | p50 ms | p99 ms |\n|---|---|---|")
    rows = {"baseline: world itself": direct, "through both routers": through}
    for name, result in rows.items():
        print(f"| {name} | {1e3 * result.quantile(0.5):.2f} | {1e3 * result.quantile(0.99):.2f} |")
    added = [1e3 * (through.quantile(q) - direct.quantile(q)) / 2 for q in (0.5, 0.99)]
    print(f"| added per hop | {added[0]:.2f} | {added[1]:.2f} |")
    ratio = [through.quantile(q) / direct.quantile(q) for q in (0.5, 0.99)]
    print(f"| ratio to the baseline | {ratio[0]:.1f} | {ratio[1]:.1f} |")


async def measure(host: str, port: int) -> tuple[Result, Result]:
    direct, through = Result(), Result()
    for _ in range(ROUNDS):
        for total, at in ((direct, 7787 + OFFSET), (through, port)):
            total.add(await steady(host, at, DIRECT, RATE, SECONDS))
    return direct, through
