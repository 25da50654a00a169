"""``interfaces`` of a namerd file: where meshes and operators ask."""

from __future__ import annotations

from typing import Annotated, ClassVar

from clew.mesh.config.section import Count, Ip, KindSection, NotYet, Port, Section
from clew.mesh.config.sockets import SocketOptions
from clew.mesh.config.tls import ServerTls
from clew.mesh.naming.path import Path

_BY_HTTP = "meshes ask io.l5d.httpController, by their interpreter io.l5d.namerd.http"


class HttpController(KindSection, frozen=True, kw_only=True, tag="io.l5d.httpController"):
    """Dtabs to read and to change, and names bound by them, over HTTP."""

    no_effect: ClassVar = {"socket_options": "the system's socket settings are used"}

    ip: Ip = "127.0.0.1"
    port: Port = 4180
    socket_options: SocketOptions | None = None
    tls: ServerTls | None = None
    """None is plain HTTP."""


class _Other(KindSection, frozen=True, kw_only=True):
    """A protocol that clew's meshes do not speak."""

    idle: ClassVar = _BY_HTTP

    ip: Ip = "127.0.0.1"
    port: Port | None = None
    """None is the kind's own."""
    socket_options: SocketOptions | None = None
    tls: ServerTls | None = None


class InterpreterCache(Section, frozen=True, kw_only=True):
    """How much namerd remembered for its Thrift clients."""

    binding_cache_active: Count = 1000
    binding_cache_inactive: Count = 100
    binding_cache_inactive_ttl_secs: Count = 600
    """Seconds."""
    addr_cache_active: Count = 1000
    addr_cache_inactive: Count = 100
    addr_cache_inactive_ttl_secs: Count = 600
    """Seconds."""


class ThriftInterface(_Other, frozen=True, kw_only=True, tag="io.l5d.thriftNameInterpreter"):
    """Thrift, for ``io.l5d.namerd`` of Linkerd."""

    cache: InterpreterCache | None = None


class MeshInterface(_Other, frozen=True, kw_only=True, tag="io.l5d.mesh"):
    """gRPC, for ``io.l5d.mesh`` of Linkerd."""


class DestinationInterface(_Other, frozen=True, kw_only=True, tag="io.l5d.destination"):
    """gRPC, for the proxies of Linkerd 2."""

    prefix: Path = Path.of("svc")
    namespace: str = "default"


Interface = Annotated[
    HttpController | ThriftInterface | MeshInterface | DestinationInterface, NotYet({})
]
