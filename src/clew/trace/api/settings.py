"""What the query API can be told: Zipkin's settings by Zipkin's names."""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec


class Dependency(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The dependency page of the UI."""

    enabled: bool = True
    low_error_rate: float = 0.5
    """From this share of errors an edge is marked."""
    high_error_rate: float = 0.75
    """From this share of errors it is marked as bad."""


class UiConfig(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """``config.json``, which pages read when they open; also those of other Zipkin UIs."""

    environment: str = ""
    """A label shown in the header; empty: none."""
    query_limit: int = 10
    """Traces that a search asks for."""
    default_lookback: int = 900_000
    """Milliseconds."""
    search_enabled: bool = True
    logs_url: str | None = None
    """A link with ``{traceId}`` in it; None: none, as in the four others."""
    support_url: str | None = None
    archive_post_url: str | None = None
    archive_url: str | None = None
    dependency: Dependency = Dependency()


@dataclass(frozen=True, kw_only=True)
class ApiSettings:
    """How questions are answered."""

    query_enabled: bool = True
    """False: there is no query API (QUERY_ENABLED)."""
    search_enabled: bool = True
    """False: traces are found by id only (SEARCH_ENABLED)."""
    lookback_ms: int = 86_400_000
    """How far back a question reaches that does not say (QUERY_LOOKBACK)."""
    names_max_age: int = 300
    """Seconds for which a browser may keep names (QUERY_NAMES_MAX_AGE)."""
    autocomplete_keys: tuple[str, ...] = ()
    """Tags whose values are offered (AUTOCOMPLETE_KEYS)."""
    allowed_origins: tuple[str, ...] = ("*",)
    """Whose pages may ask (ZIPKIN_QUERY_ALLOWED_ORIGINS)."""
    at_once: int = 8
    """Questions answered at the same time; further ones wait."""
    ui: UiConfig = field(default_factory=UiConfig)
    """What pages are told (ZIPKIN_UI_*)."""
