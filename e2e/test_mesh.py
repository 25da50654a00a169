"""Requests through the real Envoy, as the control plane tells it to treat them."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from pathlib import Path
from urllib.parse import unquote_plus

import pytest

from clew.mesh.compile import Limits
from clew.mesh.serve.admission import Crowd
from e2e.mesh_world import (
    LINKER,
    App,
    World,
    gauges,
    get,
    load,
    meanwhile,
    new_world,
    raw,
    running,
    told,
    until,
)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return new_world(tmp_path)


def test_the_first_request_binds_its_name_and_takes_both_routers(world: World) -> None:
    async def scenario() -> None:
        async with running(world, App("hello")) as client:
            response = await get(client, "hello", "/a?b=c")
            assert response.json()["line"] == "GET /a?b=c HTTP/1.1"
            headers = told(response)
            assert headers["host"] == "hello"
            assert headers["via"] == "1.1 linkerd, 1.1 linkerd"
            assert headers["l5d-dst-service"] == "/svc/hello"
            assert headers["l5d-dst-client"] == "/#/io.l5d.fs/hello"
            assert headers["l5d-reqid"] == headers["x-b3-traceid"]
            assert "l5d-dst-residual" not in headers
            assert "x-forwarded-proto" not in headers
            assert not [name for name in headers if name.startswith(("clew-", "x-envoy-"))]
            assert response.headers["l5d-success-class"] == "1.0"
            assert "server" not in response.headers

    asyncio.run(scenario())


def test_a_dtab_of_the_request_holds_at_both_routers_and_is_carried_on(world: World) -> None:
    async def scenario() -> None:
        async with running(world, App("world-v1"), App("world-v2")) as client:
            v2 = "/host/world => /srv/world-v2"
            overridden = await get(client, "world", l5d_dtab=v2)
            assert overridden.json()["app"] == "world-v2"
            assert told(overridden)["l5d-ctx-dtab"] == "/host/world=>/srv/world-v2"
            assert "l5d-dtab" not in told(overridden)
            carried_on = await get(client, "world", l5d_ctx_dtab=v2)
            assert carried_on.json()["app"] == "world-v2"
            assert (await get(client, "world")).json()["app"] == "world-v1"

            v1 = "/host/world => /srv/world-v1"
            the_users_wins = await get(client, "world", l5d_ctx_dtab=f"{v2};", l5d_dtab=v1)
            assert the_users_wins.json()["app"] == "world-v1"
            lines = [("host", "world"), ("l5d-dtab", "/host => /srv/no"), ("l5d-dtab", v2)]
            assert (await client.get("/", headers=lines)).json()["app"] == "world-v2"

    asyncio.run(scenario())


def test_an_edited_endpoint_file_moves_the_next_requests(world: World) -> None:
    async def scenario() -> None:
        async with running(world, App("hello"), App("other")) as client:
            assert (await get(client, "hello")).json()["app"] == "hello"
            world.place("hello", f"127.0.0.1 {world.apps['other'].port}")

            async def moved() -> bool:
                app: str = (await get(client, "hello")).json()["app"]
                return app == "other"

            await until(moved)

    asyncio.run(scenario())


def test_an_unknown_name_is_a_502_that_says_why_and_works_once_it_is_known(world: World) -> None:
    async def scenario() -> None:
        app = App("hello")
        async with running(world, app) as client:
            reply = await get(client, "nope", l5d_dtab="/x => /y")
            assert reply.status_code == 502
            assert reply.text.splitlines() == [
                "Unable to route request!",
                "",
                "service name: /svc/nope",
                "dtab:",
                "",
                "base dtab:",
                "  /srv => /#/io.l5d.fs",
                "  /host => /srv",
                "  /svc => /host",
                "  /host/world => /srv/world-v1",
                "override dtab:",
                "  /x=>/y",
                "reason: /#/io.l5d.fs/nope: does not exist",
            ]
            assert unquote_plus(reply.headers["l5d-err"]) == reply.text
            assert reply.headers["l5d-success-class"] == "0.0"

            assert (await get(client, "nope")).status_code == 502
            world.place("nope", f"127.0.0.1 {app.port}")

            async def known() -> bool:
                return (await get(client, "nope")).status_code == 200

            await until(known)

    asyncio.run(scenario())


@pytest.mark.parametrize("header", ["l5d-dtab", "l5d-ctx-dtab"])
def test_a_dtab_that_cannot_be_read_is_a_400_with_the_parsers_words(
    world: World, header: str
) -> None:
    async def scenario() -> None:
        async with running(world, App("hello")) as client:
            reply = await client.get("/", headers={"host": "hello", header: "/foo"})
            assert reply.status_code == 400
            assert reply.text == "'=' expected but end of input found at '/foo[]'"
            assert unquote_plus(reply.headers["l5d-err"]) == reply.text
            garbage = await raw(
                world,
                b"GET / HTTP/1.1\r\nhost: hello\r\nconnection: close\r\n"
                + header.encode()
                + b": \xff\xfe\r\n\r\n",
            )
            assert garbage.startswith(b"HTTP/1.1 400 ")

    asyncio.run(scenario())


HOSTS = {
    "empty": (b"", 400),
    "a space": (b"a b", 400),
    "not ASCII": (b"\xff\xfe", 400),
    "UTF-8": ("é".encode(), 400),
    "a zero byte": (b"a\x00b", 400),
    "a slash": (b"a/b", 400),
    "a percent": (b"%41%zz", 502),
    "an address": (b"[::1]:80", 502),
    "a comma": (b"a,b", 502),
    "a star": (b"*", 502),
    "what marks an override": (b"a;dtab=b", 400),
    "long": (b"y" * 8000, 502),
    "too long": (b"y" * 20_000, 431),
}


def test_a_host_of_any_bytes_gets_an_answer(world: World) -> None:
    async def scenario() -> dict[str, int]:
        statuses = {}
        async with running(world, App("hello")) as client:
            for kind, (host, _) in HOSTS.items():
                request = b"GET / HTTP/1.1\r\nhost: " + host + b"\r\nconnection: close\r\n\r\n"
                reply = await raw(world, request)
                statuses[kind] = int(reply.split()[1])
            assert (await get(client, "hello")).status_code == 200
        return statuses

    assert asyncio.run(scenario()) == {kind: status for kind, (_, status) in HOSTS.items()}


def test_port_and_case_of_a_host_are_part_of_its_name(world: World) -> None:
    async def scenario() -> None:
        async with running(world, App("hello"), App("Hello:80")) as client:
            assert (await get(client, "Hello:80")).json()["app"] == "Hello:80"
            assert (await get(client, "hello:80")).status_code == 502

    asyncio.run(scenario())


def test_old_and_proxy_forms_of_a_request_are_understood(world: World) -> None:
    async def scenario() -> None:
        async with running(world, App("hello")) as client:
            proxy = b"GET http://hello/a?b HTTP/1.1\r\nhost: nope\r\nconnection: close\r\n\r\n"
            reply = await raw(world, proxy)
            assert reply.startswith(b"HTTP/1.1 200 ")
            assert b"GET /a?b HTTP/1.1" in reply
            old = await raw(world, b"GET / HTTP/1.0\r\nhost: hello\r\n\r\n")
            assert old.startswith(b"HTTP/1.0 200 ")
            nameless = await raw(world, b"GET /x HTTP/1.1\r\nconnection: close\r\n\r\n")
            assert nameless.startswith(b"HTTP/1.1 400 ")
            assert nameless.endswith(b" / Host header is absent")
            assert b'Unknown destination: Request("GET /x", from /127.0.0.1:' in nameless
            tunnel = await raw(world, b"CONNECT hello:443 HTTP/1.1\r\nhost: hello:443\r\n\r\n")
            assert b"CONNECT is not tunnelled" in tunnel
            assert (await get(client, "hello")).status_code == 200

    asyncio.run(scenario())


def test_a_websocket_goes_through_both_routers(world: World) -> None:
    async def scenario() -> None:
        async with running(world, App("hello")):
            reader, writer = await asyncio.open_connection("127.0.0.1", world.ports["outgoing"])
            writer.write(
                b"GET /ws HTTP/1.1\r\nhost: hello\r\nconnection: upgrade\r\nupgrade: websocket\r\n"
                b"sec-websocket-key: x\r\nsec-websocket-version: 13\r\n\r\n"
            )
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 101 ")
            assert await reader.readexactly(5) == b"hello"
            writer.close()

    asyncio.run(scenario())


TRACE, SPAN = "463ac35c9f6413ad48485a3953bb6124", "a2fb4a1d1a96d312"
CONTEXTS = {
    "l5d-ctx-trace": {"l5d-ctx-trace": f"00-{TRACE}-{SPAN}-01"},
    "traceparent": {"traceparent": f"00-{TRACE}-{SPAN}-01"},
    "single b3": {"b3": f"{TRACE}-{SPAN}-1"},
    "b3": {"x-b3-traceid": TRACE, "x-b3-spanid": SPAN, "x-b3-sampled": "1"},
}


def test_a_trace_is_continued_from_any_of_its_headers_and_written_to_all(world: World) -> None:
    async def scenario() -> None:
        async with running(world, App("hello")) as client:
            for kind, context in CONTEXTS.items():
                headers = told(await client.get("/", headers={"host": "hello", **context}))
                assert headers["l5d-ctx-trace"].split("-")[1] == TRACE, kind
                assert headers["l5d-ctx-trace"] == headers["traceparent"], kind
                assert headers["l5d-ctx-trace"].split("-")[2] != SPAN, kind
                single = headers.get("b3", "").split("-")[0]
                assert TRACE in (headers.get("x-b3-traceid"), single), kind
            headers = told(await get(client, "hello", l5d_ctx_trace="garbage"))
            assert len(headers["l5d-ctx-trace"].split("-")[1]) == 32

    asyncio.run(scenario())


def test_sampling_follows_l5d_sample_and_is_not_decided_by_other_headers(world: World) -> None:
    async def scenario() -> None:
        world.edit("sampleRate: 1.0", "sampleRate: 0.0")
        async with running(world, App("hello")) as client:

            async def sampled(**headers: str) -> str:
                answer = told(await get(client, "hello", **headers))
                assert "l5d-sample" not in answer
                return answer["x-b3-sampled"]

            assert [await sampled(l5d_sample=rate) for rate in ("1.0", "1", "1.00")] == ["1"] * 3
            assert [await sampled(l5d_sample=rate) for rate in ("0.0", "0", "x")] == ["0"] * 3
            assert await sampled(x_client_trace_id="abc") == "0"
            assert await sampled(x_envoy_force_trace="1") == "0"
            assert await sampled(x_request_id="abc", l5d_sample="1.0") == "1"

    asyncio.run(scenario())


def test_a_clients_own_headers_pass_and_the_meshs_own_cannot_be_forged(world: World) -> None:
    async def scenario() -> None:
        async with running(world, App("hello"), App("world-v1")) as client:
            headers = told(
                await get(
                    client,
                    "hello",
                    x_request_id="mine",
                    x_forwarded_proto="https",
                    x_forwarded_for="10.9.8.7",
                    l5d_ctx_foo="kept",
                    clew_cluster="outgoing/svc/world",
                    clew_dtabs="/svc => /$/nil",
                    l5d_dst_service="/svc/world",
                    l5d_dst_client="/#/evil",
                    l5d_dst_residual="/evil",
                    x_envoy_upstream_rq_timeout_ms="1",
                )
            )
            assert headers["x-request-id"] == "mine"
            assert headers["x-forwarded-proto"] == "https"
            assert headers["x-forwarded-for"] == "10.9.8.7"
            assert headers["l5d-ctx-foo"] == "kept"
            assert headers["l5d-dst-service"] == "/svc/hello"
            assert headers["l5d-dst-client"] == "/#/io.l5d.fs/hello"
            assert "l5d-dst-residual" not in headers

    asyncio.run(scenario())


def test_what_may_be_tried_again_is_and_what_may_not_is_not(world: World) -> None:
    async def scenario() -> None:
        app = App("hello", fails=1)
        async with running(world, app) as client:
            assert (await get(client, "hello")).status_code == 200
            assert app.served == 2
            app.fails = 1
            post = await client.post("/", headers={"host": "hello"})
            assert (post.status_code, app.served) == (503, 3)
            assert post.headers["l5d-success-class"] == "0.0"
            assert "l5d-err" not in post.headers

            world.place("dead", "127.0.0.1 1")
            dead = await get(client, "dead")
            assert dead.status_code == 502
            assert dead.text.startswith("Unable to establish connection to 127.0.0.1:1.\n")
            assert "client name: /#/io.l5d.fs/dead" in dead.text

    asyncio.run(scenario())


def test_a_request_over_its_time_is_a_503_that_says_which_time(world: World) -> None:
    async def scenario() -> None:
        world.edit(
            "{responseClassifier: {kind: io.l5d.http.retryableRead5XX}}", "{totalTimeoutMs: 200}"
        )
        async with running(world, App("hello", delay=5)) as client:
            reply = await get(client, "hello")
            assert reply.status_code == 503
            assert reply.text.startswith("exceeded 200.milliseconds to /svc/hello while waiting")
            assert unquote_plus(reply.headers["l5d-err"]) == reply.text

    asyncio.run(scenario())


def test_a_union_splits_by_its_weights(world: World) -> None:
    async def scenario() -> None:
        split = "9 * /srv/world-v1 & 1 * /srv/world-v2"
        world.edit("/host/world => /srv/world-v1", f"/host/world => {split}")
        async with running(world, App("world-v1"), App("world-v2")) as client:
            seen: Counter[str] = Counter()
            for _ in range(300):
                seen[(await get(client, "world")).json()["app"]] += 1
            # 9:1, and each of the two routers draws; 6 standard deviations either way
            assert 235 <= seen["world-v1"] <= 300 - 1

    asyncio.run(scenario())


def test_a_host_name_is_resolved_by_envoy(world: World) -> None:
    async def scenario() -> None:
        app = App("hello")
        async with running(world, app) as client:
            for host in ("localhost", "127.1"):
                name = f"/$/inet/{host}/{world.ports['incoming']}"
                there = f"/svc/hello => /$/inet/{host}/{app.port}"
                reply = await get(client, "hello", l5d_dtab=there)
                # the outgoing router's transformer goes to the incoming one, which goes to the app
                assert told(reply)["l5d-dst-client"] == f"/$/inet/{host}/{app.port}", name

    asyncio.run(scenario())


def test_an_endpoint_that_fails_is_left_alone_and_the_only_one_is_tried_all_the_same(
    world: World,
) -> None:
    async def scenario() -> None:
        good, bad = App("good"), App("bad", fails=10**9)
        async with running(world, good, bad) as client:
            world.place("pair", f"127.0.0.1 {good.port}", f"127.0.0.1 {bad.port}")
            direct = f"http://127.0.0.1:{world.ports['incoming']}"

            async def post(host: str) -> int:
                return (await client.post(direct, headers={"host": host})).status_code

            while bad.served < 5:
                await post("pair")
            assert [await post("pair") for _ in range(20)] == [200] * 20

            while bad.served < 15:
                assert await post("bad") == 503

    asyncio.run(scenario())


def test_an_endpoint_that_is_slow_is_asked_less_and_more_again_when_it_is_not(
    world: World,
) -> None:
    world.edit(
        "  servers: [{port: " + str(world.ports["incoming"]),
        "  client: {loadBalancer: {kind: ewma, decayTimeMs: 1000}}\n"
        "  servers: [{port: " + str(world.ports["incoming"]),
    )

    async def scenario() -> None:
        fast, slow = App("fast", delay=0.01), App("slow", delay=0.3)
        async with running(world, fast, slow) as client:
            world.place("pair", f"127.0.0.1 {fast.port}", f"127.0.0.1 {slow.port}")

            async def share_of_slow() -> float:
                before = fast.served, slow.served
                await asyncio.gather(*(get(client, "pair") for _ in range(100)))
                asked = fast.served - before[0], slow.served - before[1]
                return asked[1] / sum(asked)

            async def avoided() -> bool:
                return await share_of_slow() < 0.1

            await until(avoided)
            slow.delay = 0.01

            async def shared_again() -> bool:
                return await share_of_slow() > 0.3

            await until(shared_again)
            metrics = await gauges(world, client)
            assert not [n for n, value in metrics.items() if "rejections_total" in n and value]

    asyncio.run(scenario())


def test_a_request_that_came_through_too_many_proxies_is_refused(world: World) -> None:
    world.edit(
        "servers: [{port: " + str(world.ports["outgoing"]),
        "servers: [{maxCallDepth: 2, port: " + str(world.ports["outgoing"]),
    )

    async def scenario() -> None:
        async with running(world, App("hello")) as client:
            assert (await get(client, "hello", via="1.1 a, 1.0 b")).status_code == 200
            for lines in (["1.1 a, 1.1 b, 1.1 c"], ["1.1 a, 1.1 b", "1.1 c"]):
                headers = [("host", "hello"), *(("via", line) for line in lines)]
                reply = await client.get("/", headers=headers)
                assert (reply.status_code, reply.text) == (
                    400,
                    "Maximum number of calls (2) has been exceeded. Please check for proxy loops.",
                )
                assert unquote_plus(reply.headers["l5d-err"]) == reply.text
            # the other router counts to 1000
            long = ", ".join(["1 a"] * 999)
            direct = f"http://127.0.0.1:{world.ports['incoming']}"
            for via, status in ((long, 200), (f"{long}, 1 a, 1 a", 400)):
                reply = await client.get(direct, headers={"host": "hello", "via": via})
                assert reply.status_code == status

    asyncio.run(scenario())


def test_many_unknown_names_are_bounded_and_do_not_stop_the_known_ones(world: World) -> None:
    async def scenario() -> None:
        # the gate closes after some 30 refused names, and opens again after a second
        crowd = Crowd(first_pause=1.0, gate_bytes=30 * 270)
        limits = Limits(unknown=20)
        async with running(world, App("hello"), limits=limits, crowd=crowd) as client:
            assert (await get(client, "hello")).status_code == 200
            texts: Counter[str] = Counter()
            for number in range(100):
                reply = await get(client, f"no{number}")
                assert reply.status_code == 502
                texts[reply.text.split(";")[0].split("!")[0]] += 1
            assert texts["Unable to route request"] >= 20
            assert texts["Too many unknown names are asked for"] >= 30
            now = await gauges(world, client)
            assert now['clew_mesh_names{state="unknown"}'] <= 20
            assert now["clew_mesh_names_refused_total"] >= 30
            assert (await get(client, "hello")).status_code == 200

            async def opened() -> bool:
                later = await gauges(world, client)
                return later["clew_mesh_epoch"] > 1 and not later["clew_mesh_gate_closed"]

            await until(opened)
            world.place("no99", f"127.0.0.1 {world.apps['hello'].port}")

            async def no99_works() -> bool:
                return (await get(client, "no99")).status_code == 200

            await until(no99_works)
            assert (await get(client, "hello")).status_code == 200

    asyncio.run(scenario())


def test_more_known_names_than_may_be_kept_take_turns_and_cut_no_request(world: World) -> None:
    async def scenario() -> None:
        crowd = Crowd(first_pause=1.0)
        apps = [App(name, delay=0.3) for name in ("a", "b", "c")]
        world.edit("label: outgoing", "label: outgoing\n  bindingCache: {paths: 2}")
        async with running(world, *apps, crowd=crowd) as client:
            seen: Counter[int] = Counter()

            async def works(host: str) -> bool:
                return (await get(client, host)).status_code == 200

            async def turns() -> None:
                assert await works("a")
                assert await works("b")
                assert not await works("c")
                await until(lambda: works("c"))

            await meanwhile(turns(), [load(client, "a", seen) for _ in range(8)])
            assert set(seen) == {200}

    asyncio.run(scenario())


def test_names_that_rest_leave_envoy_and_are_bound_anew_while_used_ones_stay(world: World) -> None:
    async def scenario() -> None:
        for label in ("outgoing", "incoming"):
            world.edit(f"label: {label}", f"label: {label}\n  bindingCache: {{idleTtlSecs: 1}}")
        crowd = Crowd(first_pause=0.2)
        async with running(world, App("used"), App("idle"), crowd=crowd) as client:
            seen: Counter[int] = Counter()

            async def known(count: int) -> bool:
                return (await gauges(world, client))['clew_mesh_names{state="known"}'] == count

            async def idle_leaves_and_returns() -> None:
                for _ in range(2):
                    assert (await get(client, "idle")).status_code == 200
                    await until(lambda: known(4))  # each name at both routers
                    await until(lambda: known(2))

            await meanwhile(idle_leaves_and_returns(), [load(client, "used", seen)])
            assert set(seen) == {200}
            assert (await get(client, "no")).status_code == 502
            await until(lambda: known(0))
            assert (await get(client, "used")).status_code == 200

    asyncio.run(scenario())


def test_requests_over_the_servers_limit_are_refused_as_safe_to_retry(tmp_path: Path) -> None:
    linker = LINKER.replace(
        "servers: [{{port: {outgoing}}}]",
        "servers: [{{port: {outgoing}, maxConcurrentRequests: 2}}]",
    )
    world = new_world(tmp_path, linker)

    async def scenario() -> None:
        async with running(world, App("hello", delay=1)) as client:
            replies = await asyncio.gather(*(get(client, "hello") for _ in range(6)))
            refused = [reply for reply in replies if reply.status_code == 503]
            assert len(refused) == 4
            assert refused[0].headers["finagle-http-nack"] == "true"
            assert refused[0].headers["retry-after"] == "0"
            assert "l5d-err" not in refused[0].headers

    asyncio.run(scenario())


def test_what_another_router_refused_unseen_is_tried_again(tmp_path: Path) -> None:
    linker = LINKER.replace(
        "servers: [{{port: {incoming}}}]",
        "servers: [{{port: {incoming}, maxConcurrentRequests: 1}}]",
    ).replace(
        "{{responseClassifier: {{kind: io.l5d.http.retryableRead5XX}}}}",
        "{{retries: {{backoff: {{kind: jittered, minMs: 300, maxMs: 1000}}}}}}",
    )
    world = new_world(tmp_path, linker)

    async def scenario() -> None:
        async with running(world, App("hello", delay=0.1)) as client:
            replies = await asyncio.gather(
                *(client.post("/", headers={"host": "hello"}) for _ in range(2))
            )
            assert [reply.status_code for reply in replies] == [200, 200]

    asyncio.run(scenario())


TWO_GATES = """
admin: {{port: {admin}}}
namers: [{{kind: io.l5d.fs, rootDir: {disco}}}]
telemetry: [{{kind: io.l5d.zipkin, host: 127.0.0.1, port: {collector}, sampleRate: 1.0}}]
routers:
- protocol: http
  label: outgoing
  dtab: /svc/* => /#/io.l5d.fs/gates
  servers: [{{port: {outgoing}}}]
- protocol: http
  label: bare
  dtab: /svc/* => /#/io.l5d.fs/bare
  servers: [{{port: {identifiers}}}]
- {{protocol: http, label: incoming, dtab: /svc => /#/io.l5d.fs, servers: [{{port: {incoming}}}]}}
"""


def test_a_node_whose_last_endpoint_has_left_is_passed_over(tmp_path: Path) -> None:
    world = new_world(tmp_path, TWO_GATES)
    world.place("bare")
    world.place(
        "gates", *(f"127.0.0.1 {world.ports[gate]}" for gate in ("identifiers", "incoming"))
    )

    async def scenario() -> None:
        async with running(world, App("hello")) as client:
            posts = [await client.post("/", headers={"host": "hello"}) for _ in range(10)]
            assert {post.status_code for post in posts} == {200}

    asyncio.run(scenario())


EVERY_OPTION = """
admin: {{port: {admin}, shutdownGraceMs: 2000}}
namers: [{{kind: io.l5d.fs, rootDir: {disco}}}]
telemetry:
- {{kind: io.zipkin.http, host: "127.0.0.1:{collector}", initialSampleRate: 0.5}}
routers:
- protocol: http
  label: out.going
  dtab: /name => /#/io.l5d.fs
  dstPrefix: /name
  identifier:
  - {{kind: io.l5d.header.token, header: x-first}}
  - {{kind: io.l5d.header.token}}
  bindingTimeoutMs: 3000
  maxHeadersKB: 16
  httpAccessLog: {disco}/../access.log
  servers:
  - port: {outgoing}
    addForwardedHeader: {{by: {{kind: "ip:port"}}, for: {{kind: static, label: me}}}}
    timestampHeader: x-arrived
    timeoutMs: 400
    serverSession: {{idleTimeMs: 60000, lifeTimeMs: 600000}}
    maxConcurrentRequests: 50
  - {{port: {incoming}, clearContext: true}}
  client:
    kind: io.l5d.static
    configs:
    - prefix: /
      loadBalancer: {{kind: ewma}}
      hostConnectionPool: {{maxSize: 10, maxWaiters: 10, idleTimeMs: 1000}}
      clientSession: {{lifeTimeMs: 60000}}
      failureAccrual: {{kind: io.l5d.successRate, successRate: 0.5, requests: 100}}
    - prefix: /#/io.l5d.fs/slow
      loadBalancer: {{kind: roundRobin}}
      failureAccrual: {{kind: io.l5d.successRateWindowed, successRate: 0.5, window: 30}}
    - prefix: /#/io.l5d.fs/other
      failureAccrual: {{kind: none}}
  service:
    kind: io.l5d.static
    configs:
    - prefix: /name
      responseClassifier: {{kind: io.l5d.http.retryableAll5XX}}
      retries:
        budget: {{percentCanRetry: 1.0, minRetriesPerSec: 5}}
        backoff: {{kind: jittered, minMs: 1, maxMs: 10}}
    - prefix: /name/slow
      totalTimeoutMs: 100
    - prefix: "/name/{{a}}er"
      responseClassifier: {{kind: io.l5d.http.allSuccessful}}
"""


def test_every_option_of_a_file_is_taken_by_envoy(tmp_path: Path) -> None:
    world = new_world(tmp_path, EVERY_OPTION)
    slow, other, hello = App("slow", delay=0.3), App("other", fails=1), App("hello", fails=1)

    async def scenario() -> None:
        async with running(world, hello, slow, other) as client:
            post = await client.post("/", headers={"host": "hello"})
            assert (post.status_code, hello.served) == (200, 2)
            headers = told(post)
            here = f"127.0.0.1:{world.ports['outgoing']}"
            assert headers["forwarded"] == f'by="{here}";for=_me;host=hello'
            assert headers["x-arrived"].isdigit()
            assert headers["l5d-dst-service"] == "/name/hello"

            by_header = await get(client, "nope", x_first="hello")
            assert by_header.json()["app"] == "hello"

            unreadable = await raw(
                world,
                b"GET / HTTP/1.1\r\nhost: hello\r\nx-first: \xff\r\nconnection: close\r\n\r\n",
            )
            assert unreadable.startswith(b"HTTP/1.1 200 ")
            assert (await get(client, "")).status_code == 400

            timed_out = await get(client, "slow")
            assert timed_out.status_code == 503
            assert timed_out.text.startswith("exceeded 100.milliseconds to /name/slow")
            slow.delay = 2
            by_server = await get(client, "hello", x_first="hello")
            assert by_server.status_code == 200
            hello.delay = 2
            by_server = await get(client, "hello")
            assert by_server.status_code == 503
            assert by_server.text.startswith("exceeded the time that the server gives a request")
            hello.delay = 0

            failed = await get(client, "other")
            assert (failed.status_code, failed.headers["l5d-success-class"]) == (503, "1.0")
            assert (await get(client, "other")).status_code == 200

            cleared = f"http://127.0.0.1:{world.ports['incoming']}"
            forgetful = await client.get(
                cleared,
                headers={"host": "hello", "l5d-ctx-x": "1", "l5d-dtab": "/name => /nowhere"},
            )
            assert "l5d-ctx-x" not in told(forgetful)
            assert not [name for name in forgetful.headers if name.startswith("l5d-")]
            assert not [n for n in await gauges(world, client) if "rejections_total" in n]

            log = tmp_path / "access.log"
            await until(log.exists)

            def lines() -> list[str]:
                return log.read_text().splitlines()

            await until(lambda: len(lines()) >= 2)
            # one line for each attempt of the first request
            for status, line in zip((503, 200), lines()[:2], strict=True):
                pattern = rf'hello 127.0.0.1 - - \[.*\] "POST / HTTP/1.1" {status} \d+ "-" "python-'
                assert re.match(pattern, line), line

    asyncio.run(scenario())
