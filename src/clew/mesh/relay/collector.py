"""Where spans are sent, and how they are said there."""

from __future__ import annotations

from dataclasses import dataclass

from clew.mesh.naming.bound import Address


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

    place: Address
    form: Zipkin | ByScribe | Otlp = Zipkin()

    @property
    def url(self) -> str:
        """Where spans are posted."""
        path = self.form.path if isinstance(self.form, Otlp) else "/api/v2/spans"
        return f"http://{self.place}{path}"
