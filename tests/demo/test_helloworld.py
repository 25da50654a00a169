"""The sample app as its callers see it: replies, errors, forwarded headers, control paths."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest
from tests.mesh.relay.collector import unused_port

from clew.demo.helloworld import Helloworld
from clew.demo.helloworld_settings import read_settings
from clew.demo.http1 import Headers, Request, Response, Server


def new_app(line: str = "", environ: Mapping[str, str] | None = None) -> Helloworld:
    return Helloworld(read_settings(line.split(), environ or {}), chance=lambda: 0.5)


def ask(
    app: Helloworld,
    target: str = "/",
    *,
    method: str = "GET",
    headers: Headers = (),
    body: bytes = b"",
) -> tuple[int, str]:
    response = asyncio.run(app.handle(Request(method, target, headers, body)))
    return response.status, response.body.decode()


@pytest.mark.parametrize(
    ("line", "environ", "reply"),
    [
        ("", {}, "Hello!"),
        ("", {"POD_IP": "10.4.1.5"}, "Hello (10.4.1.5)!"),
        ("", {"TARGET_WORLD": "world", "POD_IP": "10.4.2.7"}, "world (10.4.2.7)!"),
        ("-json", {"POD_IP": "10.4.1.5"}, '{"api_result":"Hello (10.4.1.5)"}'),
        ('-json -text="', {}, '{"api_result":"\\""}'),
    ],
)
def test_replies(line: str, environ: dict[str, str], reply: str) -> None:
    assert ask(new_app(line, environ)) == (200, reply)


@pytest.mark.parametrize(
    ("method", "target"), [("GET", "/a/b?c"), ("POST", "/"), ("DELETE", "/x"), ("GET", "//[")]
)
def test_any_path_and_any_method_get_the_reply(method: str, target: str) -> None:
    assert ask(new_app(), target, method=method) == (200, "Hello!")


@pytest.mark.parametrize(
    ("rate", "expected"), [("0.5", (200, "Hello!")), ("0.51", (500, "")), ("1", (500, ""))]
)
def test_a_share_of_requests_fails_with_an_empty_500(rate: str, expected: tuple[int, str]) -> None:
    assert ask(new_app(f"-failure-rate={rate}")) == expected


class Target:
    """What stands behind the proxy: remembers requests, gives one answer."""

    def __init__(self, response: Response) -> None:
        self._response = response
        self.requests: list[Request] = []

    async def handle(self, request: Request) -> Response:
        self.requests.append(request)
        return self._response


def call(
    target: Target, flags: str = "-target=world", headers: Headers = (), *, proxied: bool = True
) -> tuple[int, str]:
    async def scenario() -> Response:
        server = Server(target.handle)
        address = f"127.0.0.1:{await server.start('127.0.0.1', 0)}"
        environ = {"POD_IP": "10.4.1.5"} | ({"http_proxy": address} if proxied else {})
        app = new_app(flags.replace("HERE", address), environ)
        response = await app.handle(Request("GET", "/", headers, b""))
        await app.stop(1)
        await server.stop(1)
        return response

    response = asyncio.run(scenario())
    return response.status, response.body.decode()


WORLD = Response(200, b"world (10.4.2.7)!")


def test_hello_says_what_world_says() -> None:
    target = Target(WORLD)
    assert call(target) == (200, "Hello (10.4.1.5) world (10.4.2.7)!!")
    (request,) = target.requests
    assert (request.method, request.target) == ("GET", "http://world/")
    assert dict(request.headers) == {"host": "world", "user-agent": "clew-helloworld"}


def test_without_a_proxy_the_target_is_a_host() -> None:
    target = Target(WORLD)
    assert call(target, "-target=HERE/a?b=1", proxied=False)[0] == 200
    assert target.requests[0].target == "/a?b=1"


def test_a_target_that_does_not_answer_200() -> None:
    assert call(Target(Response(502, b"no"))) == (503, "invalid response 502\n")


def test_a_target_that_is_not_there() -> None:
    port = unused_port()
    app = new_app("-target=world", {"http_proxy": f"127.0.0.1:{port}"})
    assert ask(app) == (
        503,
        f'Get "http://world": dial tcp 127.0.0.1:{port}: connect: connection refused\n',
    )


INCOMING: Headers = (
    ("host", "hello"),
    ("l5d-ctx-trace", "first"),
    ("l5d-ctx-trace", "second"),
    ("l5d-ctx-dtab", "/a => /b"),
    ("l5d-dtab", "/not/forwarded => /x"),
    ("l5d-sample", "1.0"),
    ("x-b3-traceid", "1"),
    ("x-b3-spanid", "2"),
    ("b3", "1-2-1"),
    ("traceparent", "00-1-2-01"),
    ("tracestate", "a=b"),
    ("x-request-id", "r"),
)
L5D = {"l5d-ctx-trace": "first", "l5d-ctx-dtab": "/a => /b"}
B3 = {"x-b3-traceid": "1", "x-b3-spanid": "2", "b3": "1-2-1"}
W3C = {"traceparent": "00-1-2-01", "tracestate": "a=b"}


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        pytest.param("", L5D, id="as the original: l5d-ctx-*, the first of each"),
        pytest.param("-forward=l5d", L5D, id="l5d"),
        pytest.param("-forward=b3", B3, id="b3"),
        pytest.param("-forward=traceparent", W3C, id="traceparent"),
        pytest.param("-forward=all", L5D | B3 | W3C, id="all"),
    ],
)
def test_forwarded_headers(flags: str, expected: dict[str, str]) -> None:
    target = Target(WORLD)
    call(target, f"-target=world {flags}", INCOMING)
    own = {"host", "user-agent"}
    assert {k: v for k, v in target.requests[0].headers if k not in own} == expected


@pytest.mark.parametrize(
    ("target", "method", "body", "expected"),
    [
        ("/setLatency?latency=1ms", "POST", b"", (200, "ok")),
        ("/setLatency", "POST", b"latency=1ms", (200, "ok")),
        ("/setLatency?latency=1ms", "GET", b"", (405, "POST required\n")),
        ("/setLatency", "POST", b"", (400, "missing required parameter: latency\n")),
        ("/setLatency?latency=1", "POST", b"", (400, "latency is not a valid duration\n")),
        ("/setLatency?latency=11s", "POST", b"", (400, "latency cannot exceed 10s\n")),
        ("/setFailureRate?failureRate=0.3", "POST", b"", (200, "ok")),
        ("/setFailureRate?failureRate=0.3", "GET", b"", (405, "POST required\n")),
        ("/setFailureRate", "POST", b"", (400, "missing required parameter: failureRate\n")),
        (
            "/setFailureRate?failureRate=2",
            "POST",
            b"",
            (400, "failureRate must be between 0.0 and 1.0\n"),
        ),
    ],
)
def test_control_paths(target: str, method: str, body: bytes, expected: tuple[int, str]) -> None:
    assert ask(new_app(), target, method=method, body=body) == expected


def test_what_is_set_holds_for_the_next_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    app = new_app("-latency=1s")
    assert ask(app) == (200, "Hello!")
    ask(app, "/setLatency?latency=2s", method="POST")
    ask(app, "/setFailureRate?failureRate=1", method="POST")
    assert ask(app) == (500, "")
    assert slept == [1.0, 2.0]
