"""``/clew/send``: one request through a router of this mesh, for the playground.

It goes to a port on which this mesh's own Envoy listens, so that who sees the admin port can do no
more with it than any client of this machine can.
"""

from __future__ import annotations

import asyncio
import re
import secrets
import socket
import time
from collections.abc import Awaitable, Callable, Mapping
from ipaddress import ip_address
from typing import Literal
from urllib.parse import urlsplit

import httpx
import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from clew.errors import ClewError
from clew.mesh.config.linker import Linker
from clew.mesh.naming.bound import Address
from clew.mesh.serve.posted import read_posted
from clew.mesh.xds.linkerd_trace import HEADER as CTX_TRACE
from clew.mesh.xds.listeners import server_key

SEND_SECONDS = 15.0
"""For the whole of a request and of what is read of its answer."""
SHOWN_BYTES = 16 * 1024
"""How much of the answer's body is read."""
MOST_HEADERS = 50

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}")
_VALUE = re.compile(r"[\t -~]{0,8192}")
_HOST = re.compile(r"[!-~]{1,255}")
_TARGET = re.compile(r"/[!-~]{0,8191}")
_FOREIGN_NAME = (
    "Requests are sent from pages that were opened by an address, as localhost, or by the name of "
    "the machine; open this page so, or let the proxy before it send such a Host"
)
_OURS = ("host", "l5d-dtab", "content-length", "transfer-encoding", "connection", "upgrade", "te")
"""Headers that other fields say, or that would make another request of it."""
_OWN_TRACE = ("b3", "x-b3-traceid", "traceparent", CTX_TRACE, "l5d-sample", "x-b3-sampled")
"""Headers by which the request itself says whether and where it is traced."""


class Sent(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is asked."""

    router: str
    """The label of an http router."""
    method: Literal["GET", "HEAD", "POST"] = "GET"
    host: str
    path: str = "/"
    """With its query."""
    headers: tuple[tuple[str, str], ...] = ()
    dtab: str = ""
    """Is sent as ``l5d-dtab``; empty sends none."""
    body: str = ""

    def mistake(self) -> str:
        """Why it cannot be sent; empty when it can."""
        if not _HOST.fullmatch(self.host):
            return f"{self.host!r} is no Host: write a name such as hello, or hello:80"
        if not _TARGET.fullmatch(self.path):
            return f"{self.path!r} is no path: begin it with / and write blanks as %20"
        if not _VALUE.fullmatch(self.dtab_line):
            return "The override is too long for a header, or has letters beside ASCII in it"
        if len(self.headers) > MOST_HEADERS:
            return f"More than {MOST_HEADERS} headers"
        for name, value in self.headers:
            if not _TOKEN.fullmatch(name):
                return f"{name!r} is no name of a header"
            if name.lower() in _OURS:
                return f"{name} cannot be given as a header: it follows from the request"
            if not _VALUE.fullmatch(value):
                return f"The value of {name} has a line break or letters beside ASCII in it"
        return ""

    @property
    def dtab_line(self) -> str:
        """The override as a header has it."""
        return " ".join(self.dtab.split())

    @property
    def is_own_trace(self) -> bool:
        """Whether its headers say whether and where it is traced."""
        return any(name.lower() in _OWN_TRACE for name, _ in self.headers)


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """What came back."""

    status: int
    took_ms: float
    """Until the head of the answer was there."""
    headers: tuple[tuple[str, str], ...]
    body: str
    """Its beginning; what is no UTF-8 is shown as such."""
    more: bool
    """Whether the body goes on."""
    trace_id: str | None
    """None when the request's own headers say how it is traced."""


class NoWayIn(ClewError):
    """A router has no port that such a request could be sent to."""


Door = Callable[[str], Awaitable[str]]
"""``host:port`` of a router, by its label. Raises NoWayIn."""


async def sending_page(request: Request, door: Door) -> Response:
    """The page: what the router answers, or why the request was not sent."""
    if not _is_own_page(request):
        raise HTTPException(403, "Only the pages of this admin port may send requests")
    if not _is_own_name(request.headers.get("host", "")):
        raise HTTPException(403, _FOREIGN_NAME)
    sent = await read_posted(request, Sent)
    if mistake := sent.mistake():
        raise HTTPException(400, mistake)
    try:
        place = await door(sent.router)
    except NoWayIn as error:
        raise HTTPException(400, str(error)) from error
    try:
        async with asyncio.timeout(SEND_SECONDS):
            reply = await send(sent, place, secrets.token_hex(16))
    except TimeoutError as error:
        raise HTTPException(504, f"No answer in {SEND_SECONDS:.0f} seconds") from error
    except httpx.HTTPError as error:
        raise HTTPException(502, f"{sent.router} closed the connection: {error}") from error
    return JSONResponse(msgspec.to_builtins(reply))


async def send(sent: Sent, place: str, trace_id: str) -> Reply:
    """Send it to ``host:port``, as this trace unless its headers say otherwise. The caller bounds
    the time. Raises httpx.HTTPError."""
    headers = [("host", sent.host), *sent.headers]
    if sent.dtab_line:
        headers.append(("l5d-dtab", sent.dtab_line))
    if not sent.is_own_trace:
        # span 0 makes no parent, so the trace begins at the router
        headers += [("x-b3-traceid", trace_id), ("x-b3-spanid", "0" * 16), ("x-b3-sampled", "1")]
    # as it is written: a URL would be normalised
    extensions = {"target": sent.path.encode()}
    async with httpx.AsyncClient(trust_env=False, timeout=SEND_SECONDS) as client:
        request = httpx.Request(
            sent.method,
            f"http://{place}/",
            headers=headers,
            content=sent.body.encode() if sent.body or sent.method == "POST" else None,
            extensions=extensions,
        )
        began = time.perf_counter()
        answer = await client.send(request, stream=True)
        took = time.perf_counter() - began
        try:
            body = bytearray()
            async for chunk in answer.aiter_bytes():
                body += chunk
                if len(body) > SHOWN_BYTES:
                    break
        finally:
            await answer.aclose()
    return Reply(
        status=answer.status_code,
        took_ms=round(took * 1000, 3),
        headers=tuple(answer.headers.multi_items()),
        body=body[:SHOWN_BYTES].decode(errors="replace"),
        more=len(body) > SHOWN_BYTES,
        trace_id=None if sent.is_own_trace else trace_id,
    )


def door(linker: Linker, live: Mapping[str, str], label: str) -> str:
    """Where the http router takes plain requests; ``live`` are Envoy's listeners by their key.

    Raises NoWayIn.
    """
    routers = [router for router in linker.routers if router.label == label]
    if not routers:
        raise NoWayIn(f"There is no router {label} in the linker file")
    router = routers[0]
    if router.protocol != "http":
        raise NoWayIn(f"{label} is an {router.protocol} router: requests are sent to http routers")
    plain = [index for index, server in enumerate(router.servers) if server.tls is None]
    if not plain:
        raise NoWayIn(f"{label} takes TLS alone, which only its own clients speak")
    for index in plain:
        if place := live.get(server_key(router, index)):
            return str(Address.read(place).nearby)
    raise NoWayIn(f"{label} does not listen yet: try again in a second")


def _is_own_name(host: str) -> bool:
    """Not a name that somebody else's DNS answers with this machine's address: to a browser their
    pages are then those of this port."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
        if name in ("localhost", socket.gethostname().lower()) or name.endswith(".localhost"):
            return True
        ip_address(name)
    except ValueError:
        return False
    return True


def _is_own_page(request: Request) -> bool:
    """Browsers say where a request comes from; what is no browser is its user's own."""
    if site := request.headers.get("sec-fetch-site"):
        return site in ("same-origin", "none")
    origin = request.headers.get("origin")
    return origin is None or origin.partition("://")[2] == request.headers.get("host")
