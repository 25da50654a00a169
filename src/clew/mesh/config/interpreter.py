"""``interpreter``: who binds names, and by which dtab."""

from __future__ import annotations

from typing import Annotated

from clew.mesh.config.section import DefaultKind, KindSection, NotYet
from clew.mesh.config.transformers import Transformer


class DefaultInterpreter(KindSection, frozen=True, kw_only=True, tag="default"):
    """The router's dtab and the namers of this file."""

    transformers: tuple[Transformer, ...] = ()
    """Applied in this order to everything that the router binds."""


class FsInterpreter(KindSection, frozen=True, kw_only=True, tag="io.l5d.fs"):
    """The dtab of a file, with the router's after it, and the namers of this file."""

    dtab_file: str
    """Relative to where the mesh was started. An edit is taken over; one that is no dtab is said in
    the log, and what was there before goes on. Until there is a file that can be read, requests
    wait."""
    transformers: tuple[Transformer, ...] = ()
    """Applied in this order to everything that the router binds."""


Interpreter = Annotated[
    DefaultInterpreter | FsInterpreter,
    DefaultKind("default"),
    NotYet(
        dict.fromkeys(
            (
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
