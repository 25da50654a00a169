"""``client``: how the endpoints of a bound name such as ``/#/io.l5d.fs/hello`` are treated."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar

from clew.mesh.config.failure_accrual import FailureAccrual
from clew.mesh.config.load_balancer import LoadBalancer
from clew.mesh.config.overlay import overlay
from clew.mesh.config.retries import Budget
from clew.mesh.config.section import Conflict, Count, DefaultKind, Positive, Section
from clew.mesh.config.sockets import Session, SocketOptions
from clew.mesh.config.tls import ClientTls
from clew.mesh.naming.matcher import PathMatcher
from clew.mesh.naming.path import Path


class HostConnectionPool(Section, frozen=True, kw_only=True):
    """Connections to each endpoint."""

    no_effect: ClassVar = {"min_size": "Envoy connects when a request comes"}

    min_size: Count = 0
    max_size: Positive | None = None
    """None is no limit."""
    idle_time_ms: Count | None = None
    """Milliseconds without a request after which a connection is closed; None is never."""
    max_waiters: Count | None = None
    """Requests that may wait for a connection; None is no limit."""


class ClientPolicy(Section, frozen=True, kw_only=True):
    """None leaves a key to an earlier prefix, and in the end to the default named with it."""

    no_effect: ClassVar = {
        "tls": "connections to endpoints are plain text anyway",
        "fail_fast": "a connect that fails counts for failureAccrual, and is tried elsewhere",
        "requeue_budget": "what never reached an endpoint is tried again within service.retries",
        "socket_options": "Envoy's own socket settings are used",
        "forward_client_cert": "servers ask for no certificate",
    }

    tls: ClientTls | None = None
    """None is plain text."""
    load_balancer: LoadBalancer | None = None
    """None is ``P2C()``."""
    host_connection_pool: HostConnectionPool | None = None
    """None is ``HostConnectionPool()``."""
    fail_fast: bool | None = None
    """Whether one failed connect takes the endpoint out; None is False."""
    failure_accrual: FailureAccrual | None = None
    """None is ``ConsecutiveFailures()``."""
    request_attempt_timeout_ms: Count | None = None
    """Milliseconds for one attempt; None is no limit."""
    requeue_budget: Budget | None = None
    """For attempts that never reached an endpoint; None is ``Budget()``."""
    client_session: Session | None = None
    """None is ``Session()``."""
    socket_options: SocketOptions | None = None
    forward_client_cert: bool | None = None
    """None is False."""

    def conflicts(self) -> Iterator[Conflict]:
        if self.tls is not None and self.tls.enabled:
            yield Conflict(self, "tls", "client tls is not available in this version of clew")


class PrefixedClientPolicy(ClientPolicy, frozen=True, kw_only=True):
    """For client ids, with their ``/%/…`` in front, that begin like ``prefix``."""

    prefix: PathMatcher


class GlobalClient(ClientPolicy, frozen=True, kw_only=True, tag_field="kind", tag="io.l5d.global"):
    """The same for all clients."""

    def at(self, id: Path) -> ClientPolicy:
        """What holds for the client id."""
        return self


class StaticClient(Section, frozen=True, kw_only=True, tag_field="kind", tag="io.l5d.static"):
    """By client id: all prefixes that match apply, later ones over earlier ones, key by key."""

    configs: tuple[PrefixedClientPolicy, ...]

    def at(self, id: Path) -> ClientPolicy:
        """What holds for the client id."""
        return overlay(ClientPolicy(), (c for c in self.configs if c.prefix.match(id)))


Client = Annotated[GlobalClient | StaticClient, DefaultKind("io.l5d.global")]
