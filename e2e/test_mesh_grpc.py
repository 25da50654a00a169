"""gRPC through two h2 routers, with clients and servers of grpcio."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus

import grpc
import grpc.aio
import httpx
import pytest
from google.protobuf.wrappers_pb2 import StringValue

from clew.demo.helloworld_grpc import GrpcHelloworld
from clew.demo.helloworld_settings import read_settings
from e2e.mesh_world import World, new_world, running

LINKER = """
admin: {{port: {admin}, shutdownGraceMs: 2000}}
namers: [{{kind: io.l5d.fs, rootDir: {disco}}}]
telemetry: [{{kind: io.l5d.zipkin, host: 127.0.0.1, port: {collector}, sampleRate: 1.0}}]
routers:
- protocol: h2
  label: outgoing
  dtab: /svc => /#/io.l5d.fs
  identifier: {{kind: io.l5d.header.path, segments: 1}}
  interpreter: {{kind: default, transformers: [{{kind: io.l5d.port, port: {incoming}}}]}}
  servers: [{{port: {outgoing}, initialStreamWindowBytes: 70000, headerTableBytes: 8192}}]
  service: {{responseClassifier: {{kind: io.l5d.h2.grpc.default, successStatusCodes: [0, 5]}}}}
  client: {{initialStreamWindowBytes: 70000, headerTableBytes: 8192, maxHeaderListBytes: 20000,
    maxConcurrentStreamsPerConnection: 50}}
- protocol: h2
  label: incoming
  dtab: /svc => /#/io.l5d.fs
  identifier:
  - {{kind: io.l5d.header.path, header: x-deep, segments: 20}}
  - {{kind: io.l5d.header.path, segments: 1}}
  - {{kind: io.l5d.header.token}}
  servers: [{{port: {incoming}}}]
  service: {{responseClassifier: {{kind: io.l5d.h2.grpc.neverRetryable}}}}
"""
_CODEC = (StringValue.FromString, StringValue.SerializeToString)
Context = grpc.aio.ServicerContext[StringValue, StringValue]


class Echo:
    """``test.Echo``: says again what it hears, fails as it is told, and what it was sent."""

    def __init__(self) -> None:
        self.fails: list[grpc.StatusCode] = []
        self.served = 0
        self.metadata: dict[str, str] = {}

    def handlers(self) -> grpc.GenericRpcHandler:
        return grpc.method_handlers_generic_handler(
            "test.Echo",
            {
                "Say": grpc.unary_unary_rpc_method_handler(self.say, *_CODEC),
                "Talk": grpc.stream_stream_rpc_method_handler(self.talk, *_CODEC),
            },
        )

    async def say(self, request: StringValue, context: Context) -> StringValue:
        self.served += 1
        self.metadata = {str(key): str(value) for key, value in context.invocation_metadata() or ()}
        if self.fails:
            await context.abort(self.fails.pop(), "as told")
        context.set_trailing_metadata((("said", "at the end"),))
        return request

    async def talk(
        self, requests: AsyncIterator[StringValue], context: Context
    ) -> AsyncIterator[StringValue]:
        async for request in requests:
            yield request
        await context.abort(grpc.StatusCode.DATA_LOSS, "no more")


@pytest.fixture
def world(tmp_path: Path) -> World:
    return new_world(tmp_path, LINKER)


@asynccontextmanager
async def meshed(world: World, echo: Echo) -> AsyncIterator[grpc.aio.Channel]:
    """The mesh with ``test.Echo``, and a channel to its first router."""
    async with AsyncExitStack() as stack:
        server = grpc.aio.server()
        server.add_generic_rpc_handlers((echo.handlers(),))
        world.place("test.Echo", f"127.0.0.1 {server.add_insecure_port('127.0.0.1:0')}")
        await server.start()
        stack.push_async_callback(server.stop, None)
        await stack.enter_async_context(running(world))
        yield await stack.enter_async_context(
            grpc.aio.insecure_channel(f"127.0.0.1:{world.ports['outgoing']}")
        )


def scenario(world: World, echo: Echo, play: Callable[[grpc.aio.Channel], Awaitable[None]]) -> None:
    async def played() -> None:
        async with meshed(world, echo) as channel:
            await play(channel)

    asyncio.run(played())


async def say(
    channel: grpc.aio.Channel, text: str = "a", *metadata: tuple[str, str], method: str = "Echo/Say"
) -> Any:
    """The call, ended well or not."""
    stub = channel.unary_unary(f"/test.{method}", *_CODEC[::-1])
    call = stub(StringValue(value=text), metadata=metadata)
    await call.code()
    return call


async def success_class(call: Any) -> str | None:
    """What the mesh says of the call, in the headers of its answer."""
    told = [*(await call.initial_metadata() or ()), *(await call.trailing_metadata() or ())]
    return {str(key): str(value) for key, value in told}.get("l5d-success-class")


def test_a_call_is_named_by_its_service_and_takes_both_routers(world: World) -> None:
    echo = Echo()

    async def play(channel: grpc.aio.Channel) -> None:
        call = await say(channel, "x" * 300_000, ("l5d-ctx-mine", "kept"))
        assert (await call).value == "x" * 300_000
        trailers = {str(key): value for key, value in await call.trailing_metadata() or ()}
        assert trailers["said"] == "at the end"
        assert echo.metadata["l5d-dst-service"] == "/svc/test.Echo"
        assert echo.metadata["l5d-dst-client"] == "/#/io.l5d.fs/test.Echo"
        assert echo.metadata["l5d-ctx-mine"] == "kept"
        assert echo.metadata["via"] == "1.1 linkerd, 1.1 linkerd"
        assert len(echo.metadata["l5d-ctx-trace"].split("-")[1]) == 32

    scenario(world, echo, play)


def test_a_call_passes_over_tls_that_comes_by_itself(world: World) -> None:
    port = f"port: {world.ports['incoming']}"
    world.edit(f"[{{{port}}}]", f"[{{{port}, tls: auto}}]")
    world.edit("client: {", "client: {tls: auto, ")
    world.edit("namers:", f"authority: {{dir: {world.directory / 'authority'}}}\nnamers:")

    async def play(channel: grpc.aio.Channel) -> None:
        call = await say(channel, "x" * 300_000)
        assert (await call).value == "x" * 300_000
        trailers = {str(key): value for key, value in await call.trailing_metadata() or ()}
        assert trailers["said"] == "at the end"

    scenario(world, Echo(), play)


def test_messages_of_both_sides_take_turns_on_one_stream_and_its_status_is_told(
    world: World,
) -> None:
    async def play(channel: grpc.aio.Channel) -> None:
        call = channel.stream_stream("/test.Echo/Talk", *_CODEC[::-1])()
        for number in range(20):
            await call.write(StringValue(value=str(number)))
            heard = await call.read()
            assert isinstance(heard, StringValue)
            assert heard.value == str(number)
        await call.done_writing()
        assert (await call.code(), await call.details()) == (grpc.StatusCode.DATA_LOSS, "no more")

    scenario(world, Echo(), play)


def test_only_the_statuses_of_the_classifier_are_tried_again(world: World) -> None:
    echo = Echo()

    async def play(channel: grpc.aio.Channel) -> None:
        echo.fails = [grpc.StatusCode.UNAVAILABLE]
        assert await (await say(channel)).code() is grpc.StatusCode.OK
        assert echo.served == 2
        echo.fails = [grpc.StatusCode.ABORTED]
        call = await say(channel)
        assert (await call.code(), await call.details()) == (grpc.StatusCode.ABORTED, "as told")
        assert echo.served == 3
        assert await success_class(call) == "0.0"
        echo.fails = [grpc.StatusCode.NOT_FOUND]
        assert await success_class(await say(channel)) == "1.0"
        assert await success_class(await say(channel, method="Nope/Say")) == "0.0"
        # Envoy passes on the beginning of an answer before it knows how the call ends
        assert await success_class(await say(channel)) is None

    scenario(world, echo, play)


def test_what_leads_nowhere_is_unavailable_and_says_why(world: World) -> None:
    async def play(channel: grpc.aio.Channel) -> None:
        call = await say(channel, method="Nope/Say")
        assert await call.code() is grpc.StatusCode.UNAVAILABLE
        details = await call.details() or ""
        assert details.startswith("Unable to route request!\n\nservice name: /svc/test.Nope\n")
        trailers = {str(key): str(value) for key, value in await call.trailing_metadata() or ()}
        assert unquote_plus(trailers["l5d-err"]) == details
        bad = await say(channel, "a", ("l5d-dtab", "/foo"))
        assert await bad.details() == "'=' expected but end of input found at '/foo[]'"
        moved = await say(channel, "a", ("l5d-dtab", "/svc => /$/nil"))
        assert await moved.code() is grpc.StatusCode.UNAVAILABLE

    scenario(world, Echo(), play)


def test_http_1_is_answered_on_the_same_port(world: World) -> None:
    async def play(_: grpc.aio.Channel) -> None:
        async with httpx.AsyncClient(base_url=world.url, trust_env=False) as client:
            reply = await client.get("/")
            assert reply.status_code == 400
            assert reply.text.endswith(" / Path must have at least 1 segment(s)")
            # the endpoint is spoken to in HTTP/2 all the same, and wants gRPC
            other = await client.get("/test.Echo?a=b")
            assert other.text.endswith("closed the connection while serving /svc/test.Echo")

    scenario(world, Echo(), play)


def test_the_sample_app_calls_its_target_through_the_mesh(world: World) -> None:
    async def play(channel: grpc.aio.Channel) -> None:
        proxy = {"http_proxy": f"127.0.0.1:{world.ports['outgoing']}"}
        hello = GrpcHelloworld(read_settings(["-protocol=grpc", "-target=world"], proxy))
        target = GrpcHelloworld(read_settings(["-protocol=grpc", "-text=world"], {}))
        async with AsyncExitStack() as stack:
            for name, app in (("Hello", hello), ("World", target)):
                port = await app.start("127.0.0.1", 0)
                stack.push_async_callback(app.stop, 1)
                world.place(f"helloworld.{name}", f"127.0.0.1 {port}")
            greeting = channel.unary_unary("/helloworld.Hello/Greeting", *_CODEC[::-1])
            assert (await greeting(StringValue())).value == "Hello world!!"
            stream = channel.unary_stream("/helloworld.Hello/StreamGreeting", *_CODEC[::-1])
            heard = Counter([reply.value async for reply in stream(StringValue())])
            assert heard == {"Hello world!!": 5}

    scenario(world, Echo(), play)
