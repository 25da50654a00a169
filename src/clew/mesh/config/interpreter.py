"""``interpreter``: who binds names, and by which dtab."""

from __future__ import annotations

from typing import Annotated

from clew.mesh.config.section import DefaultKind, KindSection, NotYet
from clew.mesh.config.transformers import Transformer


class DefaultInterpreter(KindSection, frozen=True, kw_only=True, tag="default"):
    """The router's dtab and the namers of this file."""

    transformers: tuple[Transformer, ...] = ()
    """Applied in this order to everything that the router binds."""


Interpreter = Annotated[
    DefaultInterpreter,
    DefaultKind("default"),
    NotYet(
        dict.fromkeys(
            (
                "io.l5d.fs",
                "io.l5d.k8s.configMap",
                "io.l5d.k8s.istio",
                "io.l5d.consul.interpreter",
                "io.l5d.namerd",
                "io.l5d.namerd.http",
                "io.l5d.mesh",
            ),
            "use kind: default and write the dtab into the router",
        )
    ),
]
