"""``identifier``: how a request gets its name."""

from __future__ import annotations

from typing import Annotated

from clew.mesh.config.section import KindSection, NotYet, Positive


class HeaderTokenIdentifier(KindSection, frozen=True, kw_only=True, tag="io.l5d.header.token"):
    """The value of a header, as one segment."""

    header: str = "Host"


class AuthorityIdentifier(KindSection, frozen=True, kw_only=True, tag="io.l5d.header.token"):
    """In h2 routers: the value of a header, as one segment."""

    header: str = ":authority"


class HeaderPathIdentifier(KindSection, frozen=True, kw_only=True, tag="io.l5d.header.path"):
    """In h2 routers: the first segments of a path, ``/pkg.Svc`` of a gRPC call."""

    header: str = ":path"
    segments: Positive | None = None
    """None takes all of them; the query is never among them."""


Identifier = Annotated[
    HeaderTokenIdentifier,
    NotYet(
        dict.fromkeys(
            (
                "io.l5d.header",
                "io.l5d.path",
                "io.l5d.methodAndHost",
                "io.l5d.static",
                "io.l5d.ingress",
                "io.l5d.k8s.istio",
                "io.l5d.k8s.istio-ingress",
            ),
            "use io.l5d.header.token",
        )
    ),
]

H2Identifier = Annotated[
    AuthorityIdentifier | HeaderPathIdentifier,
    NotYet(
        dict.fromkeys(
            ("io.l5d.ingress", "io.l5d.k8s.istio", "io.l5d.k8s.istio-ingress"),
            "use io.l5d.header.token or io.l5d.header.path",
        )
    ),
]
