"""``storage`` of a namerd file: where dtabs are kept, by namespace."""

from __future__ import annotations

from typing import Annotated

import msgspec

from clew.mesh.config.section import KindSection, KubernetesName, NotYet, Port
from clew.mesh.naming.dtab import Dtab


class InMemoryStorage(KindSection, frozen=True, kw_only=True, tag="io.l5d.inMemory"):
    """In this process: what is changed is forgotten when it ends."""

    namespaces: dict[str, Dtab] = msgspec.field(default_factory=dict)
    """The dtabs that there are at start, by namespace."""


class DirectoryStorage(KindSection, frozen=True, kw_only=True, tag="io.clew.fs"):
    """A file ``<namespace>.dtab`` for each namespace. They may be edited by hand too: of an edit
    that is no dtab the log tells, and what was there before goes on."""

    directory: str
    """Relative to where namerd was started."""


class KubernetesStorage(KindSection, frozen=True, kw_only=True, tag="io.l5d.k8s"):
    """An object of kind DTab, ``dtabs.l5d.io``, for each namespace of dtabs. They may be edited by
    ``kubectl`` too: of an edit that is no dtab the log tells, and what was there before goes on."""

    host: str = "localhost"
    """A ``kubectl proxy``. Where none answers on this machine, the account of the pod is used,
    else a kubeconfig."""
    port: Port = 8001
    namespace: KubernetesName = "default"
    """Of Kubernetes, in which the objects are."""


_INSTEAD = "use io.clew.fs with a directory, or io.l5d.inMemory"

Storage = Annotated[
    InMemoryStorage | DirectoryStorage | KubernetesStorage,
    NotYet(
        dict.fromkeys(("io.l5d.zk", "io.l5d.etcd", "io.l5d.consul"), _INSTEAD),
    ),
]
