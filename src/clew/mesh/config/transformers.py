"""``transformers``: how the addresses of bound names are changed."""

from __future__ import annotations

from typing import Annotated

from clew.mesh.config.section import Ip, KindSection, NotYet, Port
from clew.mesh.naming.path import Path


class _Transformer(KindSection, frozen=True, kw_only=True):
    """One step; each puts ``/%`` and its prefix in front of the id of what it changed."""

    prefix: Path | None = None
    """Instead of the kind and its parameters; None is those."""


class PortTransformer(_Transformer, frozen=True, kw_only=True, tag="io.l5d.port"):
    """The same hosts at another port."""

    port: Port


class LocalhostTransformer(_Transformer, frozen=True, kw_only=True, tag="io.l5d.localhost"):
    """Only addresses of this machine."""


class SpecificHostTransformer(_Transformer, frozen=True, kw_only=True, tag="io.l5d.specificHost"):
    """Only addresses of one host."""

    host: Ip


class ConstTransformer(_Transformer, frozen=True, kw_only=True, tag="io.l5d.const"):
    """Whatever the name is, what ``path`` is bound to."""

    path: Path


class ReplaceTransformer(_Transformer, frozen=True, kw_only=True, tag="io.l5d.replace"):
    """If the name is bound at all, what ``path`` is bound to."""

    path: Path


Transformer = Annotated[
    PortTransformer
    | LocalhostTransformer
    | SpecificHostTransformer
    | ConstTransformer
    | ReplaceTransformer,
    NotYet(
        {
            "io.l5d.k8s.daemonset": "use io.l5d.port",
            "io.l5d.k8s.localnode": "use io.l5d.localhost",
        }
    ),
]
