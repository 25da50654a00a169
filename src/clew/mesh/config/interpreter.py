"""``interpreter``: who binds names, and by which dtab."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar

from clew.mesh.config.section import (
    Conflict,
    Count,
    DefaultKind,
    KindSection,
    KubernetesName,
    NotYet,
    Port,
    Positive,
    Section,
)
from clew.mesh.config.tls import ClientTls
from clew.mesh.config.transformers import Transformer
from clew.mesh.naming.bound import Address, Addresses, Bound
from clew.mesh.naming.nametree import Leaf
from clew.mesh.naming.path import Path
from clew.mesh.naming.rewriters import lookup_system


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


class ConfigMapInterpreter(KindSection, frozen=True, kw_only=True, tag="io.l5d.k8s.configMap"):
    """The dtab of an entry of a ConfigMap, with the router's after it, and the namers of this file.
    An edit is taken over; one that is no dtab is said in the log, and what was there before goes
    on. Without the ConfigMap, or the entry, that dtab is empty; until Kubernetes has said what
    there is, requests wait."""

    host: str = "localhost"
    """A ``kubectl proxy``. Where none answers on this machine, the account of the pod is used,
    else a kubeconfig."""
    port: Port = 8001
    namespace: KubernetesName = "default"
    name: KubernetesName
    """Of the ConfigMap, which the account must have the right to list and watch."""
    filename: str
    """Of the entry."""
    transformers: tuple[Transformer, ...] = ()
    """Applied in this order to everything that the router binds."""


class Retry(Section, frozen=True, kw_only=True):
    """How long namerd is left alone when it does not answer."""

    base_seconds: Positive = 5
    """Until it is asked again; twice as long each time."""
    max_seconds: Positive = 600
    """At most."""

    def conflicts(self) -> Iterator[Conflict]:
        if self.base_seconds > self.max_seconds:
            yield Conflict(self, "base_seconds", "baseSeconds is more than maxSeconds")


class FailureThreshold(Section, frozen=True, kw_only=True):
    """When Linkerd gave up a connection."""

    min_period_ms: Count = 5000
    close_timeout_ms: Count = 4000


class NamerdInterpreter(KindSection, frozen=True, kw_only=True, tag="io.l5d.namerd.http"):
    """A namerd binds names, by the dtab of a namespace with the router's after it, and by its own
    namers; those of this file are not asked. What it said last goes on while it is away."""

    no_effect: ClassVar = {"failure_threshold": "a namerd that is away is asked as ``retry`` says"}

    dst: Path
    """``/$/inet/HOST/PORT`` of its interface ``io.l5d.httpController``."""
    namespace: str = "default"
    retry: Retry = Retry()
    tls: ClientTls | None = None
    """None is plain HTTP."""
    failure_threshold: FailureThreshold | None = None
    transformers: tuple[Transformer, ...] = ()
    """Applied in this order, by this mesh, to everything that namerd binds."""

    @property
    def place(self) -> Address | None:
        """Where ``dst`` leads; None when it leads to no single address."""
        match lookup_system(self.dst):
            case Leaf(Bound(addr=Addresses(members))):
                (place,) = members
                return place
        return None

    def conflicts(self) -> Iterator[Conflict]:
        if self.place is None:
            yield Conflict(self, "dst", f"{self.dst} is no address: write /$/inet/HOST/PORT")


KeptDtab = FsInterpreter | ConfigMapInterpreter
"""Those whose dtab is kept elsewhere."""

Interpreter = Annotated[
    DefaultInterpreter | FsInterpreter | ConfigMapInterpreter | NamerdInterpreter,
    DefaultKind("default"),
    NotYet(
        dict.fromkeys(
            ("io.l5d.k8s.istio", "io.l5d.consul.interpreter"),
            "use kind: default and write the dtab into the router",
        )
        | dict.fromkeys(
            ("io.l5d.namerd", "io.l5d.mesh"),
            "use io.l5d.namerd.http, with the port of namerd's io.l5d.httpController in dst",
        )
    ),
]
