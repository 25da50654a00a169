"""Zipkin's environment variables as our settings: a command line for Zipkin keeps its meaning.

A variable that is not set, or empty, leaves the default. Variables of Zipkin that have no meaning
here are not read; of those without which spans would be waited for in vain, `unmet` tells.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TypeVar

from clew.errors import ClewError
from clew.trace.api import ApiSettings
from clew.trace.api.settings import Dependency, UiConfig
from clew.trace.app import Settings
from clew.trace.store.retention import Retention

T = TypeVar("T")

_SCRIBE_PORT = 9410


_NOT_HERE = {
    "KAFKA_BOOTSTRAP_SERVERS": "Kafka",
    "RABBIT_ADDRESSES": "RabbitMQ",
    "RABBIT_URI": "RabbitMQ",
    "ACTIVEMQ_URL": "ActiveMQ",
    "PULSAR_SERVICE_URL": "Pulsar",
}
"""Where a Zipkin would fetch spans, by the variable that says so."""


class BadVariable(ClewError):
    """An environment variable has a value that it cannot have."""


def read_settings(environment: Mapping[str, str], directory: Path) -> Settings:
    """The settings that ``environment`` asks for. Raises BadVariable."""
    read = _Reader(environment)
    default = Settings(directory=directory)
    query_enabled = read(_flag, default.api.query_enabled, "QUERY_ENABLED")
    search_enabled = read(_flag, default.api.search_enabled, "SEARCH_ENABLED")
    return Settings(
        directory=directory,
        port=read(_port, default.port, "QUERY_PORT"),
        sample_rate=read(_number, default.sample_rate, "COLLECTOR_SAMPLE_RATE"),
        http_collector=read(
            _flag, default.http_collector, "COLLECTOR_HTTP_ENABLED", "HTTP_COLLECTOR_ENABLED"
        ),
        grpc_collector=read(_flag, default.grpc_collector, "COLLECTOR_GRPC_ENABLED"),
        scribe_port=_scribe_port(read),
        scribe_category=read(str, default.scribe_category, "SCRIBE_CATEGORY"),
        retention=Retention(max_spans=read(_whole, 0, "MEM_MAX_SPANS") or None),
        strict_trace_id=read(_flag, default.strict_trace_id, "STRICT_TRACE_ID"),
        query_timeout=read(_seconds, default.query_timeout, "QUERY_TIMEOUT"),
        api=ApiSettings(
            query_enabled=query_enabled,
            search_enabled=search_enabled,
            lookback_ms=read(_whole, default.api.lookback_ms, "QUERY_LOOKBACK"),
            names_max_age=read(_whole, default.api.names_max_age, "QUERY_NAMES_MAX_AGE"),
            autocomplete_keys=read(_names, default.api.autocomplete_keys, "AUTOCOMPLETE_KEYS"),
            allowed_origins=read(
                _names, default.api.allowed_origins, "ZIPKIN_QUERY_ALLOWED_ORIGINS"
            ),
            ui=_ui(read, search_enabled),
        ),
        pages=read(_flag, query_enabled, "UI_ENABLED"),
        pages_base_path=read(_path, default.pages_base_path, "ZIPKIN_UI_BASEPATH"),
    )


def unmet(environment: Mapping[str, str], store: str) -> Iterator[str]:
    """A sentence for each thing that ``environment`` asks of a Zipkin and that is not here."""
    read = _Reader(environment)
    storage = read(str, "mem", "STORAGE_TYPE")
    if storage != "mem":
        yield f"STORAGE_TYPE={storage} has no effect: spans are kept in {store}"
    for name, transport in _NOT_HERE.items():
        if read(str, "", name):
            yield f"{name} has no effect: spans are not taken from {transport}"


def _scribe_port(read: _Reader) -> int | None:
    """Zipkin takes Scribe only when it is told to."""
    enabled = read(_flag, False, "COLLECTOR_SCRIBE_ENABLED", "SCRIBE_ENABLED")
    return read(_port, _SCRIBE_PORT, "COLLECTOR_PORT") if enabled else None


def _ui(read: _Reader, search_enabled: bool) -> UiConfig:
    default = UiConfig()
    return UiConfig(
        environment=read(str, default.environment, "ZIPKIN_UI_ENVIRONMENT"),
        query_limit=read(_whole, default.query_limit, "ZIPKIN_UI_QUERY_LIMIT"),
        default_lookback=read(_whole, default.default_lookback, "ZIPKIN_UI_DEFAULT_LOOKBACK"),
        search_enabled=read(_flag, search_enabled, "ZIPKIN_UI_SEARCH_ENABLED"),
        logs_url=read(_text, default.logs_url, "ZIPKIN_UI_LOGS_URL"),
        support_url=read(_text, default.support_url, "ZIPKIN_UI_SUPPORT_URL"),
        archive_post_url=read(_text, default.archive_post_url, "ZIPKIN_UI_ARCHIVE_POST_URL"),
        archive_url=read(_text, default.archive_url, "ZIPKIN_UI_ARCHIVE_URL"),
        dependency=Dependency(
            enabled=read(_flag, default.dependency.enabled, "ZIPKIN_UI_DEPENDENCY_ENABLED"),
            low_error_rate=read(
                _number, default.dependency.low_error_rate, "ZIPKIN_UI_DEPENDENCY_LOW_ERROR_RATE"
            ),
            high_error_rate=read(
                _number, default.dependency.high_error_rate, "ZIPKIN_UI_DEPENDENCY_HIGH_ERROR_RATE"
            ),
        ),
    )


class _Reader:
    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment

    def __call__(self, convert: Callable[[str], T], default: T, *names: str) -> T:
        """The value of the first of ``names`` that is set."""
        for name in names:
            if text := self._environment.get(name, "").strip():
                try:
                    return convert(text)
                except ValueError as error:
                    raise BadVariable(f"{name} is {text!r}", str(error)) from error
        return default


def _flag(text: str) -> bool:
    try:
        return {"true": True, "1": True, "false": False, "0": False}[text.lower()]
    except KeyError:
        raise ValueError("use true or false") from None


def _whole(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,15}", text):
        raise ValueError("use a whole number, 0 or more")
    return int(text)


def _port(text: str) -> int:
    if _whole(text) > 65_535:
        raise ValueError("use a port, 0 to 65535")
    return _whole(text)


def _number(text: str) -> float:
    if not re.fullmatch(r"[0-9]{0,15}\.?[0-9]{1,15}", text):
        raise ValueError("use a number such as 0.1")
    return float(text)


def _seconds(text: str) -> int:
    match = re.fullmatch(r"([0-9]{1,9})(ms|s|m|)", text)
    if not match:
        raise ValueError("use a time such as 11s or 500ms, or 0 for none")
    number, unit = int(match[1]), match[2]
    # Zipkin takes a bare number for milliseconds
    return math.ceil(number / 1000) if unit in ("ms", "") else number * (60 if unit == "m" else 1)


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _path(text: str) -> str:
    if not text.startswith("/"):
        raise ValueError("use a path that begins with a slash, such as /zipkin")
    return text


def _text(text: str) -> str | None:
    return text
