"""``client``: how the endpoints of a bound name such as ``/#/io.l5d.fs/hello`` are treated."""

from __future__ import annotations

from typing import Annotated, ClassVar

from msgspec.structs import replace

from clew.mesh.config.failure_accrual import FailureAccrual
from clew.mesh.config.load_balancer import LoadBalancer
from clew.mesh.config.overlay import overlay
from clew.mesh.config.retries import Budget
from clew.mesh.config.section import Count, DefaultKind, Positive, Section, Share
from clew.mesh.config.sockets import Session, SocketOptions, StreamWindow
from clew.mesh.config.tls import AnyClientTls, ClientTls
from clew.mesh.naming.matcher import Match, PathMatcher
from clew.mesh.naming.path import Path

H2_KEYS = (
    "window_update_ratio",
    "header_table_bytes",
    "initial_stream_window_bytes",
    "max_concurrent_streams_per_connection",
    "max_frame_bytes",
    "max_header_list_bytes",
)
"""Attributes of :class:`ClientPolicy` that http routers do not have."""


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
        "fail_fast": "a connect that fails counts for failureAccrual, and is tried elsewhere",
        "requeue_budget": "what never reached an endpoint is tried again within service.retries",
        "socket_options": "Envoy's own socket settings are used",
        "forward_client_cert": "applications are not told of a client's certificate",
        "window_update_ratio": "Envoy decides when to let more bytes come",
        "max_frame_bytes": "Envoy takes frames of up to 16 KiB",
    }
    elsewhere: ClassVar = {"requestAuthorizers": "clew does not ask Istio who may do what"}

    tls: AnyClientTls | None = None
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
    window_update_ratio: Share | None = None
    """Of h2 routers, as those below; None is 0.99."""
    header_table_bytes: Count | None = None
    """Of the table for compressed headers; None is 4096."""
    initial_stream_window_bytes: StreamWindow | None = None
    """What an endpoint may send on a stream before it hears back; None is 65536."""
    max_concurrent_streams_per_connection: Positive | None = None
    """None is 1000, or fewer where the endpoint says so."""
    max_frame_bytes: Positive | None = None
    """None is 16384."""
    max_header_list_bytes: Positive | None = None
    """Of an answer; None is 60 KiB."""


class PrefixedClientPolicy(ClientPolicy, frozen=True, kw_only=True):
    """For client ids, with their ``/%/…`` in front, that begin like ``prefix``."""

    prefix: PathMatcher

    def filled(self, match: Match) -> ClientPolicy:
        """With what the prefix has captured in ``tls.commonName``."""
        if not isinstance(self.tls, ClientTls) or self.tls.common_name is None:
            return self
        name = match.fill(self.tls.common_name)
        return replace(self, tls=replace(self.tls, common_name=name))


class GlobalClient(ClientPolicy, frozen=True, kw_only=True, tag_field="kind", tag="io.l5d.global"):
    """The same for all clients."""

    @property
    def policies(self) -> tuple[ClientPolicy, ...]:
        """Every one that some client has."""
        return (self,)

    def at(self, id: Path) -> ClientPolicy:
        """What holds for the client id."""
        return self


class StaticClient(Section, frozen=True, kw_only=True, tag_field="kind", tag="io.l5d.static"):
    """By client id: all prefixes that match apply, later ones over earlier ones, key by key."""

    configs: tuple[PrefixedClientPolicy, ...]

    @property
    def policies(self) -> tuple[ClientPolicy, ...]:
        """Every one that some client has a part of."""
        return self.configs

    def at(self, id: Path) -> ClientPolicy:
        """What holds for the client id."""
        matches = ((config, config.prefix.match(id)) for config in self.configs)
        layers = (config.filled(match) for config, match in matches if match is not None)
        return overlay(ClientPolicy(), layers)


Client = Annotated[GlobalClient | StaticClient, DefaultKind("io.l5d.global")]
