"""``namers``: where the addresses of a name are found."""

from __future__ import annotations

from typing import Annotated

from msgspec.structs import force_setattr

from clew.mesh.config.section import KindSection, NotYet, Port
from clew.mesh.config.transformers import Transformer
from clew.mesh.naming.matcher import PathMatcher
from clew.mesh.naming.path import Path


class _Namer(KindSection, frozen=True, kw_only=True):
    """Answers for every path under ``/#`` and its prefix."""

    prefix: Path = Path()
    """``/<kind>`` when the file does not say."""
    transformers: tuple[Transformer, ...] = ()
    """Applied in this order to what this namer binds."""

    def __post_init__(self) -> None:
        if not self.prefix:
            force_setattr(self, "prefix", Path.of(self.kind))

    @property
    def root(self) -> Path:
        """What a dtab writes, ``/#/io.l5d.fs``."""
        return Path.of("#") + self.prefix


class FsNamer(_Namer, frozen=True, kw_only=True, tag="io.l5d.fs"):
    """Each file in ``rootDir`` is a service, each line in it ``host port [* weight]``."""

    root_dir: str
    """A directory; relative to where the mesh was started."""


class _KubernetesNamer(_Namer, frozen=True, kw_only=True):
    """Asks the API server; names are lower-cased."""

    host: str = "localhost"
    """A ``kubectl proxy``. Where none answers on this machine, the account of the pod is used,
    else a kubeconfig."""
    port: Port = 8001


class K8sNamer(_KubernetesNamer, frozen=True, kw_only=True, tag="io.l5d.k8s"):
    """``/<namespace>/<port name or number>/<service>``: the ready pods of a service."""

    label_selector: str | None = None
    """A label of services, whose value is a fourth segment; None asks for none."""


class K8sNsNamer(_KubernetesNamer, frozen=True, kw_only=True, tag="io.l5d.k8s.ns"):
    """``/<port name or number>/<service>``: the same in one namespace."""

    env_var: str = "POD_NAMESPACE"
    """The variable of the environment that holds the namespace."""
    label_selector: str | None = None
    """A label of services, whose value is a third segment; None asks for none."""


class K8sExternalNamer(_KubernetesNamer, frozen=True, kw_only=True, tag="io.l5d.k8s.external"):
    """``/<namespace>/<port>/<service>``: the load balancer of a service."""


class RewriteNamer(_Namer, frozen=True, kw_only=True, tag="io.l5d.rewrite"):
    """Another name for what ``pattern`` matches; what it leaves of the path is dropped."""

    prefix: Path
    pattern: PathMatcher
    name: str
    """A path with the captures of the pattern in braces, ``/k8s/{ns}/{port}/{svc}``."""


Namer = Annotated[
    FsNamer | K8sNamer | K8sNsNamer | K8sExternalNamer | RewriteNamer,
    NotYet(
        dict.fromkeys(
            (
                "io.l5d.k8s.istio",
                "io.l5d.consul",
                "io.l5d.serversets",
                "io.l5d.zkLeader",
                "io.l5d.curator",
                "io.l5d.marathon",
                "io.l5d.dnssrv",
                "io.l5d.rancher",
            ),
            "use io.l5d.fs",
        )
    ),
]
