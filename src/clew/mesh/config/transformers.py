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


class DaemonSetTransformer(_Transformer, frozen=True, kw_only=True, tag="io.l5d.k8s.daemonset"):
    """In place of the addresses the mesh on the node of each, so that it gets the requests."""

    namespace: str
    service: str
    """Of the mesh."""
    port: str
    """Name or number of the port of that service."""
    k8s_host: str = "localhost"
    """A ``kubectl proxy``; where none answers, as for the namer ``io.l5d.k8s``."""
    k8s_port: Port = 8001
    host_network: bool = False
    """Pods use the network of their node: without known nodes nothing is together."""

    @property
    def gateways_root(self) -> Path:
        """Where the namer of the gateways answers; no dtab leads there."""
        return Path.of("%", self.kind, self.k8s_host, str(self.k8s_port))


class LocalNodeTransformer(_Transformer, frozen=True, kw_only=True, tag="io.l5d.k8s.localnode"):
    """Only addresses of the node on which this mesh runs (environment: ``NODE_NAME``, ``POD_IP``).

    Old manifests give only ``POD_IP``: then those that share a /24 with it.
    """

    host_network: bool = False
    """Pods use the network of their node: ``NODE_NAME`` alone decides."""


Transformer = Annotated[
    PortTransformer
    | LocalhostTransformer
    | SpecificHostTransformer
    | ConstTransformer
    | ReplaceTransformer
    | DaemonSetTransformer
    | LocalNodeTransformer,
    NotYet({}),
]
