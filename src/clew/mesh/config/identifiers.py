"""``identifier``: how a request gets its name."""

from __future__ import annotations

from typing import Annotated

from clew.mesh.config.section import KindSection, NotYet


class HeaderTokenIdentifier(KindSection, frozen=True, kw_only=True, tag="io.l5d.header.token"):
    """The value of a header, as one segment."""

    header: str = "Host"


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
