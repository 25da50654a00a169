from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pytest

from clew.demo.go_flags import FlagError
from clew.demo.helloworld_settings import HelloworldError, read_settings
from clew.errors import ClewError

DEFAULTS = {
    "host": "127.0.0.1",
    "port": 7777,
    "text": "Hello",
    "target": "",
    "proxy": None,
    "latency": 0.0,
    "failure_rate": 0.0,
    "as_json": False,
    "forward": "l5d",
    "grpc_service": None,
}


@pytest.mark.parametrize(
    ("line", "environ", "expected"),
    [
        pytest.param("", {}, {}, id="the defaults are the original's, but for the host"),
        pytest.param("-addr=:7778", {}, {"host": None, "port": 7778}, id="every address"),
        pytest.param("-addr 127.0.0.1:0", {}, {"host": "127.0.0.1", "port": 0}, id="one address"),
        pytest.param("-addr=[::1]:80", {}, {"host": "::1", "port": 80}, id="an IPv6 address"),
        pytest.param("", {"TARGET_WORLD": "world"}, {"text": "world"}, id="TARGET_WORLD is a text"),
        pytest.param(
            "-text=a", {"TARGET_WORLD": "world"}, {"text": "world"}, id="and goes before -text"
        ),
        pytest.param("-text=a", {"TARGET_WORLD": ""}, {"text": "a"}, id="unless it is empty"),
        pytest.param("", {"POD_IP": "10.4.1.5"}, {"text": "Hello (10.4.1.5)"}, id="a pod"),
        pytest.param("", {"POD_IP": ""}, {}, id="no pod"),
        pytest.param(
            "-latency=250ms -failure-rate 0.3 -json -forward=all -target world",
            {},
            {
                "latency": 0.25,
                "failure_rate": 0.3,
                "as_json": True,
                "forward": "all",
                "target": "world",
            },
            id="the other flags",
        ),
        pytest.param(
            "-protocol=grpc -text=HELLO",
            {"POD_IP": "1.2.3.4"},
            {"text": "HELLO (1.2.3.4)", "grpc_service": "Hello"},
            id="hello in gRPC",
        ),
        pytest.param(
            "-protocol=grpc",
            {"TARGET_WORLD": "world"},
            {"text": "world", "grpc_service": "World"},
            id="any other text is World",
        ),
        pytest.param(
            "", {"http_proxy": "node-1:4140"}, {"proxy": ("node-1", 4140)}, id="as in the manifest"
        ),
        pytest.param("", {"http_proxy": "http://n/"}, {"proxy": ("n", 80)}, id="a URL is a proxy"),
        pytest.param(
            "",
            {"HTTP_PROXY": "a:1", "http_proxy": "b:2"},
            {"proxy": ("a", 1)},
            id="as Go, capitals first",
        ),
    ],
)
def test_settings(line: str, environ: dict[str, str], expected: dict[str, Any]) -> None:
    assert asdict(read_settings(line.split(), environ)) == DEFAULTS | expected


@pytest.mark.parametrize(
    ("line", "environ", "message", "exit_code"),
    [
        ("-latency=11s", {}, "latency cannot exceed 10s", 1),
        ("-protocol=smtp", {}, "unsupported protocol: smtp", 1),
        ("-forward=x", {}, "-forward=x is none of l5d, b3, traceparent, all", 2),
        ("-addr=7777", {}, "-addr is '7777', which is not host:port", 2),
        ("-addr=:x", {}, "-addr is ':x': Port could not be cast", 2),
        ("-target=w\xf6rld", {}, "-target is 'wörld', which is not a host's name", 2),
        ("", {"http_proxy": "https://a:1"}, "http_proxy is 'https://a:1', which is not", 2),
        ("-failure-rate=2", {}, 'invalid value "2" for flag -failure-rate: 2 is not between', 2),
        ("-failure-rate=nan", {}, 'invalid value "nan" for flag -failure-rate', 2),
        ("-latency=soon", {}, 'invalid value "soon" for flag -latency', 2),
        ("-json=maybe", {}, 'invalid value "maybe" for flag -json', 2),
    ],
)
def test_refusals(line: str, environ: dict[str, str], message: str, exit_code: int) -> None:
    with pytest.raises((HelloworldError, FlagError)) as raised:
        read_settings(line.split(), environ)
    assert isinstance(raised.value, ClewError)
    assert raised.value.message.startswith(message)
    assert raised.value.exit_code == exit_code
