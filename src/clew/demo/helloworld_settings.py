"""What the sample app is told: its flags, which are the original's, and its environment. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import urlsplit

from clew.demo.go_flags import Flag, FlagError, read_bool, read_duration, read_flags
from clew.errors import ClewError

T = TypeVar("T")

FLAGS = (
    # the original's default is every address; a flag has to say so here
    Flag("addr", "127.0.0.1:7777", "address to serve on; :7777 is every address"),
    Flag("text", "Hello", "text to serve; the environment's TARGET_WORLD goes before it"),
    Flag("target", "", "the service to call before replying, as http://<target>"),
    Flag("latency", "0s", "time to sleep at the start of each request, as 250ms"),
    Flag("failure-rate", "0.0", "share of requests that fail, 0 to 1"),
    Flag("json", "false", "reply in JSON instead of plain text", is_switch=True),
    Flag("protocol", "http", "the protocol to speak: http or grpc"),
    Flag("forward", "l5d", "trace headers to send on: l5d, b3, traceparent or all"),
)
FORWARDED = {
    "l5d": ("l5d-ctx",),
    "b3": ("x-b3-", "b3"),
    "traceparent": ("traceparent", "tracestate"),
    "all": ("l5d-ctx", "x-b3-", "b3", "traceparent", "tracestate"),
}
"""What the header names begin with; the original knows only the first."""

MAX_LATENCY = 10.0
"""Seconds."""


class HelloworldError(ClewError):
    """The app cannot run as asked."""


class RefusedByOriginal(HelloworldError):
    """What the original ends with 1 for."""

    exit_code = 1


@dataclass(frozen=True, slots=True)
class Settings:
    """The flags and the environment, read."""

    host: str | None
    """None listens on every address."""
    port: int
    text: str
    """With the pod's address, when there is one."""
    target: str
    """Empty: there is nobody to call."""
    proxy: tuple[str, int] | None
    latency: float
    """Seconds."""
    failure_rate: float
    as_json: bool
    forward: str
    """A key of FORWARDED."""
    grpc_service: str | None
    """``Hello`` or ``World``; None speaks HTTP."""


def read_settings(words: Sequence[str], environ: Mapping[str, str]) -> Settings:
    """Raises FlagError or HelloworldError with the text of the original where it has one."""
    values = read_flags(FLAGS, words)
    latency = _value(values, "latency", read_duration)
    if latency > MAX_LATENCY:
        raise RefusedByOriginal("latency cannot exceed 10s")
    if values["protocol"] not in ("http", "grpc"):
        raise RefusedByOriginal(f"unsupported protocol: {values['protocol']}")
    if values["forward"] not in FORWARDED:
        raise HelloworldError(f"-forward={values['forward']} is none of {', '.join(FORWARDED)}")
    if not values["target"].isascii() or not values["target"].isprintable():
        raise HelloworldError(f"-target is {values['target']!r}, which is not a host's name")
    host, port = read_address("-addr", values["addr"], default_port=None)
    proxy = environ.get("HTTP_PROXY") or environ.get("http_proxy")
    text = environ.get("TARGET_WORLD") or values["text"]
    pod = environ.get("POD_IP")
    return Settings(
        host=host or None,
        port=port,
        text=f"{text} ({pod})" if pod else text,
        target=values["target"],
        proxy=read_address("http_proxy", proxy, default_port=80) if proxy else None,
        latency=latency,
        failure_rate=_value(values, "failure-rate", read_rate),
        as_json=_value(values, "json", read_bool),
        forward=values["forward"],
        grpc_service=_grpc_service(text) if values["protocol"] == "grpc" else None,
    )


def _grpc_service(text: str) -> str:
    return "Hello" if text.lower() == "hello" else "World"


def read_rate(text: str) -> float:
    """A share, 0 to 1; raises ValueError."""
    rate = float(text)
    if not 0.0 <= rate <= 1.0:
        raise ValueError(f"{text} is not between 0.0 and 1.0")
    return rate


def read_address(what: str, text: str, default_port: int | None) -> tuple[str, int]:
    """``host:port``, ``:port``, ``[::1]:port``, or a URL of which only that counts."""
    try:
        parts = urlsplit(text if "://" in text else f"//{text}")
        port = parts.port if parts.port is not None else default_port
    except ValueError as error:
        raise HelloworldError(f"{what} is {text!r}: {error}") from error
    if port is None or parts.scheme not in ("", "http"):
        raise HelloworldError(f"{what} is {text!r}, which is not host:port")
    return parts.hostname or "", port


def _value(values: Mapping[str, str], name: str, read: Callable[[str], T]) -> T:
    try:
        return read(values[name])
    except ValueError as error:
        raise FlagError(f'invalid value "{values[name]}" for flag -{name}: {error}') from error
