"""The sample app of the blog post (``buoyantio/helloworld``): same replies, same errors.

It says its text and, with a target, what the target says. The target is called through the proxy
of ``http_proxy``, which is how a request enters the mesh. Other programs do not ask a proxy for
``localhost``; this one always does: in the mesh a target is a name, not a host.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import socket
import sys
from collections.abc import Callable
from typing import Protocol
from urllib.parse import parse_qs, urlsplit

from clew.demo.go_flags import read_duration
from clew.demo.helloworld_settings import (
    FORWARDED,
    MAX_LATENCY,
    HelloworldError,
    Settings,
    read_address,
    read_rate,
)
from clew.demo.http1 import Client, Headers, MalformedResponse, Request, Response, Server

STOP_GRACE = 5.0
"""Seconds that a stop gives to requests."""


async def run(settings: Settings) -> None:
    """Serves until SIGINT or SIGTERM. Raises HelloworldError when it cannot listen."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    protocol, server = _server(settings)
    shown = f"{settings.host or ''}:{settings.port}"
    try:
        port = await server.start(settings.host, settings.port)
    except OSError as error:
        raise HelloworldError(
            f"cannot listen on {shown}: {_reason(error)}",
            "stop what listens there, or choose another -addr",
        ) from error
    shown = f"{settings.host or ''}:{port}"
    _say(f"starting {protocol} server on {shown}")
    await stop.wait()
    _say(f"shutting down {protocol} server on {shown}")
    await server.stop(STOP_GRACE)


class Serving(Protocol):
    """What speaks one of the protocols."""

    async def start(self, host: str | None, port: int) -> int:
        """Listens on ``host`` (None for every address); returns the port. Raises OSError."""

    async def stop(self, grace: float) -> None:
        """Takes no more requests; those that run have ``grace`` seconds."""


def _server(settings: Settings) -> tuple[str, Serving]:
    if settings.grpc_service is None:
        return "HTTP", Helloworld(settings)
    from clew.demo.helloworld_grpc import GrpcHelloworld  # 0.2 s that HTTP need not pay

    return "gRPC", GrpcHelloworld(settings)


class Helloworld:
    """The app in HTTP: a request in, a response out."""

    def __init__(self, settings: Settings, chance: Callable[[], float] = random.random) -> None:
        self._settings = settings
        self._chance = chance
        self._latency = settings.latency
        self._failure_rate = settings.failure_rate
        self._target = _Target(settings) if settings.target else None
        self._server = Server(self.handle)

    async def handle(self, request: Request) -> Response:
        """The reply to any request but those to the two control paths."""
        match request.path:
            case "/setLatency":
                return self._set_latency(request)
            case "/setFailureRate":
                return self._set_failure_rate(request)
        if self._latency > 0:
            await asyncio.sleep(self._latency)
        if self._chance() < self._failure_rate:
            return Response(500, b"")
        text = self._settings.text
        if self._target is not None:
            try:
                text = f"{text} {await self._target.call(request.headers)}"
            except TargetFailed as failed:
                return _error(503, str(failed))
        if self._settings.as_json:
            document = json.dumps({"api_result": text}, ensure_ascii=False, separators=(",", ":"))
            return Response(200, document.encode())
        return Response(200, f"{text}!".encode())

    async def start(self, host: str | None, port: int) -> int:
        """Listens on ``host`` (None for every address); returns the port. Raises OSError."""
        return await self._server.start(host, port)

    async def stop(self, grace: float) -> None:
        """Takes no more requests; those that run have ``grace`` seconds."""
        await self._server.stop(grace)
        if self._target is not None:
            self._target.close()

    def _set_latency(self, request: Request) -> Response:
        value = _parameter(request, "latency")
        if isinstance(value, Response):
            return value
        try:
            latency = read_duration(value)
        except ValueError:
            return _error(400, "latency is not a valid duration")
        if latency > MAX_LATENCY:
            return _error(400, "latency cannot exceed 10s")
        self._latency = latency
        return Response(200, b"ok")

    def _set_failure_rate(self, request: Request) -> Response:
        value = _parameter(request, "failureRate")
        if isinstance(value, Response):
            return value
        try:
            self._failure_rate = read_rate(value)
        except ValueError:
            return _error(400, "failureRate must be between 0.0 and 1.0")
        return Response(200, b"ok")


class TargetFailed(Exception):
    """The target did not answer 200; the text is what Go would say."""


class _Target:
    """The service that is called before replying."""

    def __init__(self, settings: Settings) -> None:
        self._url = f"http://{settings.target}"
        parts = urlsplit(self._url)
        self._authority = parts.netloc
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self._address = settings.proxy or read_address("-target", parts.netloc, default_port=80)
        self._request_target = f"http://{parts.netloc}{path}" if settings.proxy else path
        self._prefixes = FORWARDED[settings.forward]
        self._client = Client(*self._address)

    async def call(self, headers: Headers) -> str:
        """The target's reply; raises TargetFailed."""
        forwarded: dict[str, str] = {}
        for name, value in headers:
            if name.startswith(self._prefixes):
                forwarded.setdefault(name, value)  # the first of several, as the original
        own = (("host", self._authority), ("user-agent", "clew-helloworld"))
        try:
            response = await self._client.get(self._request_target, own + tuple(forwarded.items()))
        except (OSError, EOFError) as error:
            raise TargetFailed(f'Get "{self._url}": {self._words(error)}') from error
        if response.status != 200:
            raise TargetFailed(f"invalid response {response.status}")
        return response.body.decode("utf-8", "replace")

    def close(self) -> None:
        self._client.close()

    def _words(self, error: OSError | EOFError) -> str:
        host, port = self._address
        match error:
            case TimeoutError():
                return "context deadline exceeded"
            case ConnectionRefusedError():
                return f"dial tcp {host}:{port}: connect: connection refused"
            case MalformedResponse():
                return f"malformed HTTP response: {error}"
            case EOFError() | ConnectionError():
                return "EOF"
            case socket.gaierror():
                return f"dial tcp: lookup {host}: no such host"
        return f"dial tcp {host}:{port}: {error}"


def _parameter(request: Request, name: str) -> str | Response:
    """A parameter of a control request, from the query or a form; else the refusal."""
    if request.method != "POST":
        return _error(405, "POST required")
    form = request.body.decode("utf-8", "replace")
    found = parse_qs(request.query) | parse_qs(form)
    return found[name][0] if name in found else _error(400, f"missing required parameter: {name}")


def _error(status: int, text: str) -> Response:
    return Response(status, f"{text}\n".encode())


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def _reason(error: OSError) -> str:
    """The system's words; asyncio puts a sentence of its own around them."""
    if error.errno is None or isinstance(error, socket.gaierror):
        return error.strerror or str(error)
    return os.strerror(error.errno).lower()
