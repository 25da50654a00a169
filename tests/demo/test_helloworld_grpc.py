"""The sample app in gRPC, asked by a real client."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import grpc
import pytest
from google.protobuf.wrappers_pb2 import StringValue

from clew.demo.helloworld_grpc import GrpcHelloworld
from clew.demo.helloworld_settings import read_settings

Ask = Callable[[grpc.aio.Channel], Awaitable[Any]]


def new_app(line: str, environ: Mapping[str, str] | None = None) -> GrpcHelloworld:
    settings = read_settings(["-protocol=grpc", *line.split()], environ or {})
    return GrpcHelloworld(settings, chance=lambda: 0.5)


async def asked(app: GrpcHelloworld, ask: Ask) -> Any:
    port = await app.start("127.0.0.1", 0)
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        try:
            return await ask(channel)
        except grpc.aio.AioRpcError as error:
            return error.code().name, error.details()
        finally:
            await app.stop(1)


def greeting(service: str, *metadata: tuple[str, str]) -> Ask:
    async def ask(channel: grpc.aio.Channel) -> str:
        call = channel.unary_unary(
            f"/helloworld.{service}/Greeting", StringValue.SerializeToString, StringValue.FromString
        )
        reply: StringValue = await call(StringValue(), metadata=metadata)
        return reply.value

    return ask


async def stream(channel: grpc.aio.Channel) -> list[str]:
    call = channel.unary_stream(
        "/helloworld.Hello/StreamGreeting", StringValue.SerializeToString, StringValue.FromString
    )
    return [reply.value async for reply in call(StringValue())]


@pytest.mark.parametrize(
    ("line", "environ", "ask", "expected"),
    [
        pytest.param("", {"POD_IP": "1.2.3.4"}, greeting("Hello"), "Hello (1.2.3.4)!", id="Hello"),
        pytest.param("-text=world", {}, greeting("World"), "world!", id="World"),
        pytest.param("", {}, stream, ["Hello!"] * 5, id="a stream"),
        pytest.param("-failure-rate=1", {}, stream, ("UNKNOWN", "server error"), id="failure"),
        pytest.param(
            "-text=world",
            {},
            greeting("Hello"),
            ("UNIMPLEMENTED", "Method not found!"),
            id="World is not Hello",
        ),
    ],
)
def test_greetings(line: str, environ: dict[str, str], ask: Ask, expected: Any) -> None:
    assert asyncio.run(asked(new_app(line, environ), ask)) == expected


def test_hello_calls_world_under_its_name_through_the_proxy() -> None:
    async def scenario() -> Any:
        world = new_app("-text=world", {"POD_IP": "1.2.3.5"})
        proxy = f"127.0.0.1:{await world.start('127.0.0.1', 0)}"
        hello = new_app("-target=world", {"POD_IP": "1.2.3.4", "http_proxy": proxy})
        try:
            return await asked(hello, greeting("Hello"))
        finally:
            await world.stop(1)

    assert asyncio.run(scenario()) == "Hello (1.2.3.4) world (1.2.3.5)!!"


def test_what_the_target_answers_with_is_answered() -> None:
    async def scenario() -> Any:
        world = new_app("-text=world -failure-rate=1")
        address = f"127.0.0.1:{await world.start('127.0.0.1', 0)}"
        try:
            return await asked(new_app(f"-target={address}"), greeting("Hello"))
        finally:
            await world.stop(1)

    assert asyncio.run(scenario()) == ("UNKNOWN", "server error")


def test_the_context_of_the_trace_goes_on_and_nothing_else() -> None:
    seen: dict[str, str] = {}

    class Recorder(grpc.aio.ServerInterceptor):
        async def intercept_service(self, continuation: Any, details: Any) -> Any:
            seen.update(details.invocation_metadata)
            return await continuation(details)

    async def answer(request: StringValue, context: Any) -> StringValue:
        return StringValue(value="world")

    async def scenario() -> Any:
        handler = grpc.unary_unary_rpc_method_handler(
            answer, StringValue.FromString, StringValue.SerializeToString
        )
        target = grpc.aio.server(interceptors=[Recorder()])
        target.add_generic_rpc_handlers(
            (grpc.method_handlers_generic_handler("helloworld.World", {"Greeting": handler}),)
        )
        port = target.add_insecure_port("127.0.0.1:0")
        await target.start()
        hello = new_app("-target=world", {"http_proxy": f"127.0.0.1:{port}"})
        reply = await asked(hello, greeting("Hello", ("l5d-ctx-trace", "t"), ("x-b3-traceid", "1")))
        await target.stop(None)
        return reply

    assert asyncio.run(scenario()) == "Hello world!"
    assert seen["l5d-ctx-trace"] == "t"
    assert "x-b3-traceid" not in seen
