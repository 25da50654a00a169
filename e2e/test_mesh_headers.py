"""The headers that Linkerd's routers read, write and take away, through the real Envoy."""

from __future__ import annotations

import asyncio
import base64
import time
from pathlib import Path

import pytest

from e2e.mesh_world import LINKER, App, World, get, new_world, running, told


@pytest.fixture
def world(tmp_path: Path) -> World:
    return new_world(tmp_path)


def test_headers_that_an_answers_connection_lists_are_not_passed_on(world: World) -> None:
    async def scenario() -> None:
        app = App("hello", lines=("connection: X-Mine, keep-alive", "x-mine: 1", "x-other: 2"))
        async with running(world, app) as client:
            answer = await get(client, "hello")
            assert answer.json()["app"] == "hello"
            assert "x-mine" not in answer.headers
            assert answer.headers["x-other"] == "2"
            assert not [name for name in answer.headers if name.startswith("clew-")]

    asyncio.run(scenario())


SERVED = {"retry-after: 0": 2, "finagle-http-nack: true": 2, "retry-after: 1": 1, "x: 0": 1}


def test_a_503_that_nothing_was_done_for_is_tried_again_whatever_the_method(world: World) -> None:
    async def scenario() -> None:
        app = App("hello")
        async with running(world, app) as client:
            for line, served in SERVED.items():
                app.lines, app.fails, app.served = (line,), 1, 0
                answer = await client.post("/", headers={"host": "hello"})
                assert app.served == served, line
                assert answer.status_code == (200 if served == 2 else 503)
                # and a 200 is an answer, whatever it says
                assert (await client.post("/", headers={"host": "hello"})).status_code == 200
                assert app.served == served + 1, line

    asyncio.run(scenario())


CLEARED = LINKER.replace(
    "servers: [{{port: {outgoing}}}]", "servers: [{{port: {outgoing}, clearContext: true}}]"
)


def test_a_server_that_clears_the_context_takes_none_and_tells_none(tmp_path: Path) -> None:
    world = new_world(tmp_path, CLEARED)

    async def scenario() -> None:
        async with running(world, App("hello")) as client:
            trace = "463ac35c9f6413ad48485a3953bb6124"
            answer = await get(
                client,
                "hello",
                l5d_dtab="/svc => /$/nil",
                l5d_ctx_dtab="/svc => /$/nil",
                l5d_ctx_deadline="1 2",
                l5d_ctx_foo="1",
                l5d_sample="0.0",
                l5d_ctx_trace=f"00-{trace}-a2fb4a1d1a96d312-00",
                traceparent=f"00-{trace}-a2fb4a1d1a96d312-00",
                x_b3_traceid=trace,
                x_b3_spanid="a2fb4a1d1a96d312",
                b3=f"{trace}-a2fb4a1d1a96d312-0",
            )
            headers = told(answer)
            assert {name for name in headers if name.startswith("l5d-")} == {
                "l5d-ctx-trace",
                "l5d-dst-service",
                "l5d-dst-client",
                "l5d-reqid",
            }
            assert trace not in str(headers)
            assert headers["x-b3-sampled"] == "1"
            assert not [name for name in answer.headers if name.startswith("l5d-")]

            # what went wrong inside is nobody's business outside, at this router and behind it
            unknown = await get(client, "nope")
            assert (unknown.status_code, unknown.text) == (502, "")
            world.apps["hello"].fails, world.apps["hello"].lines = 1, ("l5d-err: secret",)
            behind = await client.post("/", headers={"host": "hello"})
            assert (behind.status_code, behind.text) == (503, "")
            assert "l5d-err" not in behind.headers
            world.apps["hello"].fails, world.apps["hello"].lines = 1, ()
            assert (await client.post("/", headers={"host": "hello"})).json()["app"] == "hello"

    asyncio.run(scenario())


def deadline(headers: dict[str, str]) -> tuple[int, int]:
    at, until = headers["l5d-ctx-deadline"].split(" ")
    return int(at), int(until)


def test_a_deadline_is_passed_on_and_made_earlier_by_the_routers_own_limits(world: World) -> None:
    world.edit("service: {resp", "service: {totalTimeoutMs: 60000, resp")

    async def scenario() -> None:
        async with running(world, App("hello")) as client:
            before = time.time_ns()
            made = deadline(told(await get(client, "hello")))
            assert before - 2e6 <= made[0] <= time.time_ns()
            assert 59e9 <= made[1] - made[0] <= 60e9

            now = time.time_ns()
            earlier = f"{now} {now + 5_000_000_001}"
            kept = deadline(told(await get(client, "hello", l5d_ctx_deadline=earlier)))
            assert kept[1] == now + 5_000_000_001

            later = f"{now} {now + 10**12}"
            cut = deadline(told(await get(client, "hello", l5d_ctx_deadline=later)))
            assert cut[1] < now + 10**11

            lines = [("host", "hello"), *(("l5d-ctx-deadline", each) for each in (later, earlier))]
            joined = deadline(told(await client.get("/", headers=lines)))
            assert joined[1] == now + 5_000_000_001

            garbage = told(await get(client, "hello", l5d_ctx_deadline="soon"))
            assert garbage["l5d-ctx-deadline"] == "soon"

    asyncio.run(scenario())


def test_without_limits_a_deadline_passes_as_it_is(world: World) -> None:
    async def scenario() -> None:
        async with running(world, App("hello")) as client:
            assert "l5d-ctx-deadline" not in told(await get(client, "hello"))
            passed = told(await get(client, "hello", l5d_ctx_deadline="12 34"))
            assert passed["l5d-ctx-deadline"] == "12 34"

    asyncio.run(scenario())


def test_each_client_id_has_its_own_time_for_an_attempt(world: World) -> None:
    world.edit(
        "  servers: [{port: " + str(world.ports["incoming"]),
        "  client:\n    kind: io.l5d.static\n    configs:\n"
        "    - {prefix: /, requestAttemptTimeoutMs: 60000}\n"
        "    - {prefix: /#/io.l5d.fs/slow, requestAttemptTimeoutMs: 100}\n"
        "  servers: [{port: " + str(world.ports["incoming"]),
    )

    async def scenario() -> None:
        async with running(world, App("hello", delay=0.4), App("slow", delay=0.4)) as client:
            direct = f"http://127.0.0.1:{world.ports['incoming']}"
            headers = told(await client.get(direct, headers={"host": "hello"}))
            assert not [name for name in headers if name.startswith("x-envoy-")]
            at, until = deadline(headers)
            assert 59e9 <= until - at <= 60e9
            late = await client.get(direct, headers={"host": "slow"})
            assert late.status_code == 503
            assert late.text == (
                "exceeded 100.milliseconds to /svc/slow while waiting for a response for an "
                "individual request, excluding retries"
            )

    asyncio.run(scenario())


MIXED = LINKER.replace("- protocol: http\n", "- protocol: http\n  linkerdTraceContext: true\n")
SPAN, LOW, HIGH = "94d2daf00839b43a", "e534a82e27a8222c", "463ac35c9f6413ad"


def linkerds(span: str, trace: str, flags: int, high: str = "") -> str:
    """``l5d-ctx-trace`` as Linkerd writes it, the parent being 1."""
    ids = f"{span}{1:016x}{trace}{flags:016x}{high}"
    return base64.b64encode(bytes.fromhex(ids)).decode()


def test_a_trace_of_linkerds_is_continued_and_told_as_linkerd_would(tmp_path: Path) -> None:
    world = new_world(tmp_path, MIXED)
    world.edit("sampleRate: 1.0", "sampleRate: 0.0")

    async def scenario() -> None:
        async with running(world, App("hello")) as client:
            assert linkerds(SPAN, LOW, 6)[:12] == "lNLa8Ag5tDoA"
            for flags, sampled in ((6, "1"), (2, "0"), (1, "1"), (0, "0")):
                for high in ("", HIGH):
                    came = linkerds(SPAN, LOW, flags, high)
                    # another router's B3 headers, which Linkerd has passed on as they were
                    answer = await get(
                        client,
                        "hello",
                        l5d_ctx_trace=came,
                        x_b3_traceid="1" * 16,
                        x_b3_spanid="2" * 16,
                    )
                    headers = told(answer)
                    assert headers["x-b3-traceid"] == high + LOW
                    assert headers["x-b3-sampled"] == sampled
                    sent = base64.b64decode(headers["l5d-ctx-trace"]).hex()
                    ids = [sent[n : n + 16] for n in range(0, len(sent), 16)]
                    assert ids[0] == headers["x-b3-spanid"] != SPAN
                    assert ids[1:3] == [headers["x-b3-parentspanid"], LOW]
                    assert int(ids[3], 16) == (6 if sampled == "1" else 2)
                    assert ids[4:] == ([high] if high else [])

            # behind Linkerd, what an earlier router of clew's has told is stale
            once = told(await get(client, "hello", l5d_sample="1.0"))
            kept = {name: text for name, text in once.items() if name.startswith("l5d-ctx-")}
            on = {"host": "hello", **kept}
            assert told(await client.get("/", headers=on))["x-b3-traceid"] == once["x-b3-traceid"]
            on["l5d-ctx-trace"] = linkerds(SPAN, LOW, 6)
            assert told(await client.get("/", headers=on))["x-b3-traceid"] == LOW

            for garbage in ("x", "A" * 43 + "!", "A" * 44, "=" * 56):
                headers = told(await get(client, "hello", l5d_ctx_trace=garbage))
                assert len(base64.b64decode(headers["l5d-ctx-trace"])) in (32, 40), garbage
            own = told(await get(client, "hello", l5d_ctx_trace=f"00-{HIGH}{LOW}-{SPAN}-01"))
            assert own["x-b3-traceid"] == HIGH + LOW

    asyncio.run(scenario())
