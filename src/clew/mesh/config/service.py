"""``service``: how requests for a logical name such as ``/svc/hello`` are treated."""

from __future__ import annotations

from typing import Annotated, ClassVar

from clew.mesh.config.classifier import ResponseClassifier
from clew.mesh.config.overlay import overlay
from clew.mesh.config.retries import Retries
from clew.mesh.config.section import Count, DefaultKind, Section
from clew.mesh.naming.matcher import PathMatcher
from clew.mesh.naming.path import Path


class RetryBufferSize(Section, frozen=True, kw_only=True):
    """Of h2 services: how much of a stream is kept for another try."""

    request_bytes: Count = 16_383
    response_bytes: Count = 16_383


class ServicePolicy(Section, frozen=True, kw_only=True):
    """None leaves a key to an earlier prefix, and in the end to the default named with it."""

    no_effect: ClassVar = {
        "classification_timeout_ms": "Envoy decides by the beginning of an answer",
        "retry_buffer_size": "up to 1 MiB of a request is kept, and nothing of an answer",
    }

    total_timeout_ms: int | None = None
    """Milliseconds for a request with all its retries; None is no limit."""
    retries: Retries | None = None
    """None is ``Retries()``."""
    response_classifier: ResponseClassifier | None = None
    """None is ``NonRetryable5XX()``."""
    classification_timeout_ms: Count | None = None
    """Milliseconds to wait for the end of a stream; None is 100."""
    retry_buffer_size: RetryBufferSize | None = None


class PrefixedServicePolicy(ServicePolicy, frozen=True, kw_only=True):
    """For logical names that begin like ``prefix``."""

    prefix: PathMatcher


class GlobalService(
    ServicePolicy, frozen=True, kw_only=True, tag_field="kind", tag="io.l5d.global"
):
    """The same for all names."""

    @property
    def policies(self) -> tuple[ServicePolicy, ...]:
        """Every one that some name has."""
        return (self,)

    def at(self, name: Path) -> ServicePolicy:
        """What holds for the name."""
        return self


class StaticService(Section, frozen=True, kw_only=True, tag_field="kind", tag="io.l5d.static"):
    """By name: all prefixes that match apply, later ones over earlier ones, key by key."""

    configs: tuple[PrefixedServicePolicy, ...]

    @property
    def policies(self) -> tuple[ServicePolicy, ...]:
        """Every one that some name has a part of."""
        return self.configs

    def at(self, name: Path) -> ServicePolicy:
        """What holds for the name."""
        return overlay(ServicePolicy(), (c for c in self.configs if c.prefix.match(name)))


Service = Annotated[GlobalService | StaticService, DefaultKind("io.l5d.global")]
