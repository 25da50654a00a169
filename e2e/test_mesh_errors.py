"""Each error of docs/errors.md, all in one mesh: its status, its text, and what is beside it."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote_plus

from e2e.mesh_world import App, World, new_world, raw, running
from e2e.test_mesh_bad_input import OK, answering, serve_as

PAGE = Path(__file__).parents[1] / "docs/errors.md"

LINKER = """
admin: {{port: {admin}, shutdownGraceMs: 2000}}
namers:
- {{kind: io.l5d.fs, rootDir: {disco}}}
- {{kind: io.l5d.consul, host: 127.0.0.1, port: SILENT}}
routers:
- protocol: http
  label: outgoing
  bindingTimeoutMs: 2000
  dtab: |
    /svc => /#/io.l5d.fs;
    /svc/dtab-fail => !;
    /svc/dtab-empty => $;
    /svc/dtab-loop => /svc/dtab-loop;
    /svc/dtab-class => /$/nosuch;
    /svc/namer-silent => /#/io.l5d.consul/dc1/web;
    /svc/second-hop => /$/inet/127.0.0.1/{incoming};
  service:
    kind: io.l5d.static
    configs: [{{prefix: /svc/total-timeout, totalTimeoutMs: 200}}]
  client:
    kind: io.l5d.static
    configs: [{{prefix: /#/io.l5d.fs/attempt-timeout, requestAttemptTimeoutMs: 200}}]
  servers: [{{port: {outgoing}, maxCallDepth: 2}}]
- protocol: http
  label: incoming
  dtab: /svc => /#/io.l5d.fs
  servers: [{{port: {incoming}, maxConcurrentRequests: 1}}]
- protocol: h2
  label: calls
  dtab: /svc/here => /#/io.l5d.fs
  identifier: {{kind: io.l5d.header.path, segments: 2}}
  servers: [{{port: {identifiers}}}]
"""
SLOW = "GET / HTTP/1.1|host: slow"
SLOW_S = 1.0
"""Of endpoints that outlast the limits above."""


FIRST = r"  /svc => /#/io\.l5d\.fs\n"
ALL = rf"{FIRST}(  /svc/[^\n]*\n){{6}}"
HERE = r"  /svc/here => /#/io\.l5d\.fs\n"
"""The dtabs above, as they are shown."""


@dataclass(frozen=True)
class Row:
    """What a request is answered."""

    status: int
    text: str
    """Fits the whole body."""
    request: str = "GET / HTTP/1.1|host: ID"
    """Its lines; without others it is for a host with the name of the row."""
    beside: tuple[str, ...] = ("l5d-success-class: 0.0",)
    """Header lines of the answer."""
    err: bool = True
    """Whether ``l5d-err`` says the same as the body; else it is not there."""
    port: str = "outgoing"


def unroutable(reason: str, base: str = ALL, override: str = "") -> str:
    return (
        r"Unable to route request!\n\nservice name: /svc/[a-z/-]+\ndtab:\n\nbase dtab:\n"
        rf"{base}override dtab:\n  {override}\nreason: {reason}\n"
    )


def unconnected(name: str, reason: str) -> str:
    place = r"127\.0\.0\.1:\d+"
    return (
        rf"Unable to establish connection to {place}.\n\nservice name: /svc/{name}\n"
        rf"client name: /#/io.l5d.fs/{name}\nselected address: {place}\nreason: {reason}\n"
    )


PARSED = r"'=' expected but end of input found at '/a\[\]'"
ROWS: Mapping[str, Row] = {
    "no-host": Row(
        400,
        r'Unknown destination: Request\("GET /", from /127\.0\.0\.1:\d+\) / Host header is absent',
        "GET / HTTP/1.1",
    ),
    "bad-dtab": Row(400, PARSED, "GET / HTTP/1.1|host: web|l5d-dtab: /a"),
    "bad-context-dtab": Row(400, PARSED, "GET / HTTP/1.1|host: web|l5d-ctx-dtab: /a"),
    "too-deep": Row(
        400,
        r"Maximum number of calls \(2\) has been exceeded\. Please check for proxy loops\.",
        "GET / HTTP/1.1|host: web|via: 1.1 a, 1.1 b, 1.1 c",
    ),
    "no-such-name": Row(502, unroutable("/#/io.l5d.fs/no-such-name: does not exist")),
    "no-dentry": Row(
        502,
        unroutable("no dentry leads to a namer", HERE),
        "GET /x/y HTTP/1.1|host: web",
        port="identifiers",
    ),
    "overridden": Row(
        502,
        unroutable("/#/io.l5d.fs/none: does not exist", override="/svc=>~"),
        "GET / HTTP/1.1|host: none|l5d-dtab: /svc => ~",
    ),
    "dtab-fail": Row(502, unroutable(r"a dentry leads to ! \(fail\)")),
    "dtab-empty": Row(502, unroutable(r"a dentry leads to \$ \(empty\)")),
    "dtab-loop": Row(502, "Max recursion level: 100 reached in Namer lookup"),
    "dtab-class": Row(502, r"Unknown namer: nosuch for path: /\$/nosuch"),
    "namer-silent": Row(
        502, "Exceeded 2.seconds binding timeout while resolving name: /svc/namer-silent"
    ),
    "no-endpoints": Row(502, unroutable("it has no endpoints"), beside=("l5d-retryable: true",)),
    "refused": Row(502, unconnected("refused", "delayed_connect_error:_Connection_refused")),
    "no-connection": Row(502, unconnected("no-connection", "no connection within 1.second")),
    "total-timeout": Row(
        503,
        "exceeded 200.milliseconds to /svc/total-timeout while waiting for a response for the "
        r"request, including retries \(if applicable\)",
    ),
    "attempt-timeout": Row(
        503,
        "exceeded 200.milliseconds to /svc/attempt-timeout while waiting for a response for an "
        "individual request, excluding retries",
    ),
    "closed": Row(502, r"127\.0\.0\.1:\d+ closed the connection while serving /svc/closed"),
    "framing": Row(502, r"127\.0\.0\.1:\d+ sent no valid response: .*protocol_error.*"),
    "second-hop": Row(
        502,
        unroutable("/#/io.l5d.fs/second-hop: does not exist", FIRST),
        beside=("l5d-success-class: 0.0", "via: 1.1 linkerd, 1.1 linkerd"),
    ),
    "over-capacity": Row(
        503,
        "Request was not processed by the server due to an error and is safe to retry",
        SLOW,
        beside=("l5d-success-class: 0.0", "finagle-http-nack: true", "retry-after: 0"),
        err=False,
        port="incoming",
    ),
    "application": Row(503, r'\{"app": "application".*', err=False),
    "long-head": Row(431, "http1.headers_too_large", f"GET / HTTP/1.1|host: web|x: {'y' * 20_000}"),
    "long-line": Row(431, "http1.headers_too_large", f"GET /{'y' * 20_000} HTTP/1.1|host: web"),
    "no-http": Row(400, "http1.codec_error", "\x00\x01"),
    "two-lengths": Row(
        400, "http1.codec_error", "POST / HTTP/1.1|host: web|content-length: 1|content-length: 2"
    ),
    "connect": Row(404, "CONNECT is not tunnelled: .*", "CONNECT web:80 HTTP/1.1|host: web:80"),
    "bad-max-forwards": Row(
        400,
        "Invalid value for Max-Forwards header",
        "TRACE / HTTP/1.1|host: application|max-forwards: x",
        beside=(),
        err=False,
    ),
    "h2-no-name": Row(
        400,
        r'Unknown destination: Request\("GET /x", from /127\.0\.0\.1:\d+\) / '
        r"Path must have at least 2 segment\(s\)",
        "GET /x HTTP/1.1|host: web",
        port="identifiers",
    ),
    "h2-no-such-name": Row(
        502,
        unroutable("/#/io.l5d.fs/y: does not exist", HERE),
        "GET /here/y HTTP/1.1|host: web",
        port="identifiers",
    ),
}


def test_each_error_is_answered_as_the_page_says(tmp_path: Path) -> None:
    async def scenario() -> dict[str, bytes]:
        async with broken_world(tmp_path) as world:
            first = [id for id in ROWS if id != "over-capacity"]
            replies = await asyncio.gather(*(ask(world, id) for id in first))
            # somebody else takes the one place there is
            other = asyncio.create_task(raw(world, head(SLOW), "incoming"))
            await served(world, "slow")
            refused = await ask(world, "over-capacity")
            await other
        return {**dict(zip(first, replies, strict=True)), "over-capacity": refused}

    replies = asyncio.run(scenario())
    faults = {id: wrong(replies[id], row) for id, row in ROWS.items()}
    assert {id: fault for id, fault in faults.items() if fault} == {}


def test_the_page_has_these_errors() -> None:
    rows = re.findall(r"^\| `([a-z0-9-]+)` \| ([0-9]+) ", PAGE.read_text(), re.M)
    assert rows == [(id, str(row.status)) for id, row in ROWS.items()]


def wrong(reply: bytes, row: Row) -> str:
    """A reply that is not as the row says; else nothing."""
    top, _, body = reply.decode().partition("\r\n\r\n")
    status, *lines = top.split("\r\n")
    errs = [unquote_plus(line[9:]) for line in lines if line.startswith("l5d-err: ")]
    right = (
        status.split()[1] == str(row.status)
        and re.fullmatch(row.text, body, re.S)
        and set(row.beside) <= set(lines)
        and errs == [body] * row.err
        and ("l5d-retryable" in top) == ("l5d-retryable: true" in row.beside)
    )
    return "" if right else reply.decode()


def head(lines: str) -> bytes:
    return "\r\n".join([*lines.split("|"), "connection: close", "", ""]).encode()


async def ask(world: World, id: str) -> bytes:
    return await raw(world, head(ROWS[id].request.replace("ID", id)), ROWS[id].port)


async def served(world: World, app: str) -> None:
    while not world.apps[app].served:  # noqa: ASYNC110 - nobody tells when
        await asyncio.sleep(0.01)


@asynccontextmanager
async def broken_world(directory: Path) -> AsyncIterator[World]:
    """A mesh of which much fails."""
    slow = [App(name, delay=SLOW_S) for name in ("total-timeout", "attempt-timeout", "slow")]
    endpoints = {
        "closed": answering(b""),
        "framing": answering(OK + b"content-length: 1\r\ncontent-length: 2\r\n\r\nab"),
    }
    async with AsyncExitStack() as stack:
        silent = await asyncio.start_server(mute, "127.0.0.1", 0)
        stack.callback(silent.close)
        port = silent.sockets[0].getsockname()[1]
        world = new_world(directory, LINKER.replace("SILENT", str(port)))
        await stack.enter_async_context(running(world, *slow, App("application", fails=100)))
        for name, serve in endpoints.items():
            await serve_as(name, serve, world, stack)
        world.place("no-connection", f"127.0.0.1 {stack.enter_context(full())}")
        world.place("refused", "127.0.0.1 1")
        world.place("no-endpoints")
        yield world


async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Takes everything and never says a word."""
    await reader.read()
    writer.close()


@contextmanager
def full() -> Iterator[int]:
    """A port of which the system answers no connection any more."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(2):
            client = stack.enter_context(socket.socket())
            client.setblocking(False)
            client.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]
