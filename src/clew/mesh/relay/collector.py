"""Where spans are sent, and how they are said there."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Zipkin:
    """``POST /api/v2/spans`` in proto3."""

    host_header: str = ""
    """What goes instead of the real host and port; empty for those."""


@dataclass(frozen=True, slots=True)
class ByScribe:
    """Scribe, or as Zipkin where the collector does not speak it."""


@dataclass(frozen=True, slots=True)
class Otlp:
    """OTLP in protobuf by HTTP."""

    path: str


@dataclass(frozen=True, slots=True)
class Collector:
    """One place that takes spans."""

    host: str
    port: int
    form: Zipkin | ByScribe | Otlp = Zipkin()

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """Where spans are posted."""
        path = self.form.path if isinstance(self.form, Otlp) else "/api/v2/spans"
        return f"http://{self}{path}"
