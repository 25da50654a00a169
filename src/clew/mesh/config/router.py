"""``routers[]``: takes requests on its servers, sends each to what its name is bound to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar

import msgspec
from msgspec.structs import force_setattr

from clew.mesh.config.client import H2_KEYS, Client, GlobalClient
from clew.mesh.config.identifiers import (
    AuthorityIdentifier,
    H2Identifier,
    HeaderTokenIdentifier,
    Identifier,
)
from clew.mesh.config.interpreter import DefaultInterpreter, Interpreter
from clew.mesh.config.roll_policy import is_roll_policy
from clew.mesh.config.section import (
    AtLeastOneItem,
    Conflict,
    Count,
    KindSection,
    NotYet,
    OneOrMany,
    Positive,
    Rule,
    Section,
)
from clew.mesh.config.server import H2Server, Server
from clew.mesh.config.service import GlobalService, Service
from clew.mesh.config.zookeeper import ZkAddr
from clew.mesh.naming.dtab import Dtab
from clew.mesh.naming.path import Path

RollPolicy = Annotated[
    str,
    Rule(is_roll_policy, "never, hourly, daily, weekly(DAY) or a size such as 3.megabytes"),
]
"""Local time; DAY is 1 for Sunday to 7 for Saturday."""


CompressionLevel = Annotated[int, Rule(range(-1, 10).__contains__, "-1 to 9")]


class BindingCache(Section, frozen=True, kw_only=True):
    """How many names a router keeps, and for how long."""

    no_effect: ClassVar = dict.fromkeys(
        ("trees", "bounds", "clients"),
        "a name, what it is bound to and its connections are one cluster in Envoy: paths bounds it",
    )

    paths: Positive = 1000
    """Names that lead somewhere, without those of requests with a dtab of their own. The idlest
    leave before there are more; each costs Envoy about 65 KB."""
    trees: Count = 1000
    bounds: Count = 1000
    clients: Count = 1000
    idle_ttl_secs: Positive = 600
    """Seconds after which a name that no request uses may leave Envoy. The next request binds it
    anew."""


class ServersetsAnnouncer(KindSection, frozen=True, kw_only=True, tag="io.l5d.serversets"):
    """Registers servers in ZooKeeper."""

    zk_addrs: tuple[ZkAddr, ...]
    path_prefix: Path = Path.of("discovery")


class DefaultTracePropagator(KindSection, frozen=True, kw_only=True, tag="io.l5d.default"):
    """``l5d-ctx-trace``; clew reads and writes B3 and ``traceparent`` beside it."""


class ZipkinTracePropagator(KindSection, frozen=True, kw_only=True, tag="io.l5d.zipkin"):
    """B3; clew reads and writes ``l5d-ctx-trace`` and ``traceparent`` beside it."""


TracePropagator = DefaultTracePropagator | ZipkinTracePropagator


class _Router(Section, frozen=True, kw_only=True, tag_field="protocol"):
    """What routers of all protocols have."""

    no_effect: ClassVar = {
        "originator": "it is a gauge of Linkerd's",
        "announcers": "clew announces nothing",
        "trace_propagator": "every trace header is read and written in any case",
    }
    elsewhere: ClassVar = {
        "baseDtab": "since Linkerd 1.0 it is dtab",
        "failFast": "since Linkerd 1.0 it stands under client",
        "timeoutMs": "since Linkerd 1.0 it is totalTimeoutMs under service",
        "responseClassifier": "since Linkerd 1.0 it stands under service",
        "loggers": "clew does not report to Istio",
        **dict.fromkeys(
            ("loadBalancer", "failureAccrual", "hostConnectionPool", "requestAttemptTimeoutMs"),
            "it stands under client",
        ),
        **dict.fromkeys(("retries", "totalTimeoutMs"), "it stands under service"),
        **dict.fromkeys(
            ("ip", "port", "maxCallDepth", "maxConcurrentRequests", "clearContext"),
            "it stands under servers",
        ),
        "tls": "it stands under client and under servers",
    }

    label: str = ""
    """Its name in spans, metrics and addresses; the protocol's when the file does not say."""
    experimental: bool = False
    """Linkerd wanted ``true`` for some protocols; it changes nothing here."""
    dtab: Dtab = Dtab()
    """A request's own rules come after it, and so win."""
    dst_prefix: Path = Path.of("svc")
    """In front of what the identifier makes of a request."""
    interpreter: Interpreter = DefaultInterpreter()
    binding_timeout_ms: Count = 10_000
    """Milliseconds for finding addresses and connecting."""
    binding_cache: BindingCache = BindingCache()
    originator: bool = False
    client: Client = GlobalClient()
    service: Service = GlobalService()
    announcers: tuple[ServersetsAnnouncer, ...] = ()
    trace_propagator: TracePropagator = DefaultTracePropagator()
    linkerd_trace_context: bool = False
    """Whether ``l5d-ctx-trace`` is what Linkerd 1.x writes and reads, for chains that have one too;
    else it is a ``traceparent``. Not a key of Linkerd's."""

    def __post_init__(self) -> None:
        if not self.label:
            force_setattr(self, "label", self.protocol)

    @property
    def protocol(self) -> str:
        return str(self.__struct_config__.tag)

    def conflicts(self) -> Iterator[Conflict]:
        for policy in self.service.policies:
            classifier = policy.response_classifier
            if classifier is not None and f".{self.protocol}." not in classifier.kind:
                what = f"{classifier.kind} is not for {self.protocol} routers"
                yield Conflict(policy, "response_classifier", what)


class HttpRouter(_Router, frozen=True, kw_only=True, tag="http"):
    """An http router: HTTP/1.1 to the endpoints, and to it HTTP/1 or h2."""

    no_effect: ClassVar = {
        **_Router.no_effect,
        "max_err_response_kb": "error texts are short",
        **dict.fromkeys(
            ("streaming_enabled", "stream_after_content_length_kb"), "bodies are always streamed"
        ),
    }

    servers: Annotated[tuple[Server, ...], AtLeastOneItem("router has no servers")]
    identifier: Annotated[
        tuple[Identifier, ...], OneOrMany(), AtLeastOneItem("the list of identifiers is empty")
    ] = (HeaderTokenIdentifier(),)
    """Asked in this order; the first that names the request wins."""
    http_access_log: str | None = None
    """A file with a line for each attempt; None writes none."""
    http_access_log_roll_policy: RollPolicy = "never"
    """When the file is put aside, with the time in its name, and a new one begun; days and hours
    are of local time, the DAY of ``weekly`` is 1 for Sunday to 7 for Saturday."""
    http_access_log_append: bool = True
    """False empties the file at the start."""
    http_access_log_rotate_count: int = -1
    """Rolled files that are kept; -1 keeps all."""
    max_headers_kb: Positive = msgspec.field(default=8, name="maxHeadersKB")
    max_initial_line_kb: Positive = msgspec.field(default=4, name="maxInitialLineKB")
    max_err_response_kb: Positive = msgspec.field(default=5120, name="maxErrResponseKB")
    streaming_enabled: bool = True
    stream_after_content_length_kb: Count | None = msgspec.field(
        default=None, name="streamAfterContentLengthKB"
    )
    """Longer bodies are not held in memory as a whole; None is 5."""
    compression_level: CompressionLevel = -1
    """1 to 9 compresses text for clients that accept gzip; 0 and -1 pass it on as it comes."""

    def conflicts(self) -> Iterator[Conflict]:
        yield from super().conflicts()
        for policy in self.client.policies:
            for key in msgspec.structs.fields(policy):
                if key.name in H2_KEYS and getattr(policy, key.name) is not None:
                    yield Conflict(policy, key.name, f"{key.encode_name} is for h2 routers")
        if not self.streaming_enabled and self.stream_after_content_length_kb is not None:
            yield Conflict(
                self,
                "stream_after_content_length_kb",
                f"Can't disable streaming and set streamAfterContentLengthKB in {self.label}",
            )


class H2Router(_Router, frozen=True, kw_only=True, tag="h2"):
    """An h2 router, as for gRPC: HTTP/2 to the endpoints without asking, and to it HTTP/2 or 1."""

    servers: Annotated[tuple[H2Server, ...], AtLeastOneItem("router has no servers")]
    identifier: Annotated[
        tuple[H2Identifier, ...], OneOrMany(), AtLeastOneItem("the list of identifiers is empty")
    ] = (AuthorityIdentifier(),)
    """Asked in this order; the first that names the request wins."""
    http_access_log: str | None = msgspec.field(default=None, name="h2AccessLog")
    """A file with a line for each attempt; None writes none."""
    http_access_log_roll_policy: RollPolicy = msgspec.field(
        default="never", name="h2AccessLogRollPolicy"
    )
    """When the file is put aside, as ``httpAccessLogRollPolicy``."""
    http_access_log_append: bool = msgspec.field(default=True, name="h2AccessLogAppend")
    """False empties the file at the start."""
    http_access_log_rotate_count: int = msgspec.field(default=-1, name="h2AccessLogRotateCount")
    """Rolled files that are kept; -1 keeps all."""


Router = HttpRouter | H2Router

AnyRouter = Annotated[
    Router,
    NotYet(dict.fromkeys(("thrift", "mux", "thriftmux"), "clew routes HTTP (protocol http or h2)")),
]
