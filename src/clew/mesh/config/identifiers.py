"""``identifier``: how a request gets its name."""

from __future__ import annotations

from typing import Annotated

from clew.mesh.config.section import KindSection, KubernetesName, NotYet, Port, Rule
from clew.mesh.naming.path import Path

MAX_SEGMENTS = 20
"""Envoy bounds the size of a pattern, and one for more does not fit."""
Segments = Annotated[
    int, Rule(lambda count: 1 <= count <= MAX_SEGMENTS, f"between 1 and {MAX_SEGMENTS}")
]


class HeaderTokenIdentifier(KindSection, frozen=True, kw_only=True, tag="io.l5d.header.token"):
    """The value of a header, as one segment."""

    header: str = "Host"


class HeaderIdentifier(KindSection, frozen=True, kw_only=True, tag="io.l5d.header"):
    """The value of a header, as a path: ``/a/b``. A value that is no path is a 400."""

    header: str = "l5d-name"


class PathIdentifier(KindSection, frozen=True, kw_only=True, tag="io.l5d.path"):
    """The first segments of the URI's path, as they came."""

    segments: Segments = 1
    consume: bool = False
    """Whether what is passed on has them no longer."""


class MethodAndHostIdentifier(KindSection, frozen=True, kw_only=True, tag="io.l5d.methodAndHost"):
    """``1.1``, the method and the host in lower case; without the host for HTTP/1.0. A request that
    came by h2 counts as ``1.1``."""

    http_uri_in_dst: bool = False
    """Whether the URI's path comes after them; each path is then a name of its own."""


class StaticIdentifier(KindSection, frozen=True, kw_only=True, tag="io.l5d.static"):
    """The same name for every request."""

    path: Path


class IngressIdentifier(KindSection, frozen=True, kw_only=True, tag="io.l5d.ingress"):
    """``/<namespace>/<port>/<service>`` of the Ingress whose rule fits the host and the path. They
    are read as networking.k8s.io/v1, and an edit is taken over."""

    host: str = "localhost"
    """A ``kubectl proxy``. Where none answers on this machine, the account of the pod is used,
    else a kubeconfig."""
    port: Port = 8001
    namespace: KubernetesName | None = None
    """Whose Ingresses count; None is every namespace."""
    ingress_class_annotation: str = "linkerd"
    """The class of Ingresses that count, beside those that have none."""
    ignore_default_backends: bool = False
    """Whether only rules name requests."""


class AuthorityIdentifier(KindSection, frozen=True, kw_only=True, tag="io.l5d.header.token"):
    """In h2 routers: the value of a header, as one segment."""

    header: str = ":authority"


class HeaderPathIdentifier(KindSection, frozen=True, kw_only=True, tag="io.l5d.header.path"):
    """In h2 routers: the first segments of a path, ``/pkg.Svc`` of a gRPC call."""

    header: str = ":path"
    segments: Segments | None = None
    """None takes all of them; the query is never among them."""


HttpIdentifier = (
    HeaderTokenIdentifier
    | HeaderIdentifier
    | PathIdentifier
    | MethodAndHostIdentifier
    | StaticIdentifier
    | IngressIdentifier
)
AnyIdentifier = HttpIdentifier | AuthorityIdentifier | HeaderPathIdentifier
"""Of all protocols."""

Identifier = Annotated[
    HttpIdentifier,
    NotYet(
        dict.fromkeys(
            ("io.l5d.k8s.istio", "io.l5d.k8s.istio-ingress"),
            "use io.l5d.header.token",
        )
    ),
]

H2Identifier = Annotated[
    AuthorityIdentifier | HeaderPathIdentifier | IngressIdentifier,
    NotYet(
        dict.fromkeys(
            ("io.l5d.k8s.istio", "io.l5d.k8s.istio-ingress"),
            "use io.l5d.header.token or io.l5d.header.path",
        )
    ),
]
