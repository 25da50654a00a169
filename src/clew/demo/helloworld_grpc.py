"""The sample app in gRPC: ``helloworld.Hello`` or ``helloworld.World``, as its text says.

With ``http_proxy`` the target is called through it under its own name, as in HTTP.
"""

from __future__ import annotations

import asyncio
import random
import socket
from collections.abc import AsyncIterator, Callable

import grpc
import grpc.aio

# {string message = 1}, which is what the original's requests and replies are
from google.protobuf.wrappers_pb2 import StringValue

from clew.demo.helloworld_settings import FORWARDED, Settings

STREAMED = 5
"""Replies to one StreamGreeting."""

Context = grpc.aio.ServicerContext[StringValue, StringValue]


class GrpcHelloworld:
    """The app and its server."""

    def __init__(self, settings: Settings, chance: Callable[[], float] = random.random) -> None:
        self._settings = settings
        self._chance = chance
        self._target = _Target(settings) if settings.target else None
        self._server: grpc.aio.Server | None = None

    async def start(self, host: str | None, port: int) -> int:
        """Listens; returns the port. Raises OSError."""
        _check_free(host or "", port)
        # else two servers could share a port, and neither would say so
        server = grpc.aio.server(options=(("grpc.so_reuseport", 0),))
        server.add_generic_rpc_handlers((self._handlers(),))
        try:
            bound = server.add_insecure_port(f"{_host(host or '::')}:{port}")
        except RuntimeError as error:
            raise OSError("gRPC cannot bind it") from error
        await server.start()
        self._server = server
        return bound

    async def stop(self, grace: float) -> None:
        """Takes no more calls; those that run have ``grace`` seconds."""
        if self._server is not None:
            await self._server.stop(grace)
        if self._target is not None:
            await self._target.close()

    def _handlers(self) -> grpc.GenericRpcHandler:
        methods = {"Greeting": grpc.unary_unary_rpc_method_handler(self._greeting, *_CODEC)}
        if self._settings.grpc_service == "Hello":
            methods["StreamGreeting"] = grpc.unary_stream_rpc_method_handler(self._stream, *_CODEC)
        name = f"helloworld.{self._settings.grpc_service}"
        return grpc.method_handlers_generic_handler(name, methods)

    async def _greeting(self, request: StringValue, context: Context) -> StringValue:
        return StringValue(value=await self._text(context))

    async def _stream(self, request: StringValue, context: Context) -> AsyncIterator[StringValue]:
        text = await self._text(context)
        for _ in range(STREAMED):
            yield StringValue(value=text)

    async def _text(self, context: Context) -> str:
        if self._settings.latency > 0:
            await asyncio.sleep(self._settings.latency)
        if self._chance() < self._settings.failure_rate:
            await context.abort(grpc.StatusCode.UNKNOWN, "server error")
        text = self._settings.text
        if self._target is not None:
            try:
                text = f"{text} {await self._target.call(context)}"
            except grpc.aio.AioRpcError as error:
                await context.abort(error.code(), error.details() or "")
        return f"{text}!"


class _Target:
    """The service that is called before replying."""

    def __init__(self, settings: Settings) -> None:
        host, port = settings.proxy or (settings.target, None)
        self._channel = grpc.aio.insecure_channel(
            f"{_host(host)}:{port}" if port else host,
            options=(
                ("grpc.enable_http_proxy", 0),  # that would be CONNECT, a tunnel past the mesh
                ("grpc.default_authority", settings.target),
            ),
        )
        self._call = self._channel.unary_unary("/helloworld.World/Greeting", *_CODEC[::-1])
        self._prefixes = FORWARDED[settings.forward]

    async def call(self, context: Context) -> str:
        """The target's reply; raises AioRpcError."""
        received = context.invocation_metadata() or ()
        forwarded = [(key, value) for key, value in received if key.startswith(self._prefixes)]
        reply: StringValue = await self._call(StringValue(), metadata=forwarded)
        return reply.value

    async def close(self) -> None:
        await self._channel.close()


_CODEC = (StringValue.FromString, StringValue.SerializeToString)
"""For a server's handler; a client's stub takes them the other way round."""


def _check_free(host: str, port: int) -> None:
    """Raises OSError with the reason, which gRPC only logs."""
    family, kind, number, _, address = socket.getaddrinfo(
        host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    with socket.socket(family, kind, number) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(address)


def _host(host: str) -> str:
    return f"[{host}]" if ":" in host else host
