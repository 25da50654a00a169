"""``namers``: where the addresses of a name are found."""

from __future__ import annotations

from typing import Annotated

from msgspec.structs import force_setattr

from clew.mesh.config.section import KindSection, NotYet
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


class RewriteNamer(_Namer, frozen=True, kw_only=True, tag="io.l5d.rewrite"):
    """Another name for what ``pattern`` matches; what it leaves of the path is dropped."""

    prefix: Path
    pattern: PathMatcher
    name: str
    """A path with the captures of the pattern in braces, ``/k8s/{ns}/{port}/{svc}``."""


Namer = Annotated[
    FsNamer | RewriteNamer,
    NotYet(
        dict.fromkeys(
            (
                "io.l5d.k8s",
                "io.l5d.k8s.ns",
                "io.l5d.k8s.external",
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
