"""What can be chosen about the manifests."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from clew import __version__
from clew.errors import ClewError
from clew.trace.dsn import parse

LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
NAME = re.compile(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?")
"""Of a Secret or a StorageClass."""
_PLACE = r"([A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\])(:[0-9]+)?/"
_PART = r"[a-z0-9]+(([._]|__|-+)[a-z0-9]+)*"
_TAG = r":[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}"
_DIGEST = r"@[a-z0-9]+([.+_-][a-z0-9]+)*:[0-9a-fA-F]{32,}"
IMAGE = re.compile(rf"({_PLACE})?{_PART}(/{_PART})*({_TAG})?({_DIGEST})?")
"""As registries have them."""
_PORT = "[1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]"
COLLECTOR = re.compile(rf"[^\s:/]+:({_PORT})")
STORE = re.compile(r"clickhouses?://([^\s:@/]+@)?[^\s@/]+(/\S*)?")
QUANTITY = re.compile(r"[1-9][0-9]*(Gi|Ti)|[1-9][0-9]{2,}Mi")
UNITS = {"Mi": 2**20, "Gi": 2**30, "Ti": 2**40}
SERVICE_TYPES = ("ClusterIP", "NodePort", "LoadBalancer")
TLS = {
    "accept": ("permissive: true", "tls: null"),
    "send": ("permissive: true", "tls: auto"),
    "auto": ("permissive: false", "tls: auto"),
}
"""The steps by which a running mesh comes to TLS between its nodes: what servers and what clients
have in the linker file."""


class InstallError(ClewError):
    """Options that make no manifest."""


@dataclass(frozen=True, slots=True)
class Options:
    """The defaults are those of the blog post."""

    namespace: str = "default"
    image: str = f"clew:{__version__}"
    outgoing_port: int = 4140
    """On every node."""
    incoming_port: int = 4141
    admin_port: int = 9990
    service_type: str = "ClusterIP"
    """Of the mesh and of the traces' pages, one of SERVICE_TYPES."""
    config: str = ""
    """The text of a linker file of one's own; empty for that of the post. It says the ports of the
    mesh, where spans go and how many."""
    host_network: bool = False
    """For networks (CNI) on which ``hostPort`` does nothing."""
    tls: str = ""
    """Between nodes, one of TLS; empty for plain text."""
    collector: str = ""
    """Host and port of another Zipkin; empty for the traces of these manifests."""
    sample_rate: float = 1.0
    store: str = ""
    """``clickhouse://…`` of the server for spans, without a password; empty for a volume."""
    store_secret: str = "clickhouse"
    """The Secret with the password of that server; it need not be there where none is needed."""
    storage: str = "10Gi"
    """Of the traces' volume."""
    storage_class: str = ""
    """Empty for the cluster's default."""

    def check(self) -> None:
        """Raises InstallError or BadDsn for the first option that is wrong."""
        for wrong, hint in self._problems():
            raise InstallError(wrong, hint)
        if self.store:
            parse(self.store, {})

    @property
    def collector_place(self) -> tuple[str, int]:
        """Host and port to which the mesh sends spans."""
        if not self.collector:
            return f"zipkin-collector.{self.namespace}.svc.cluster.local", 9411
        host, _, port = self.collector.rpartition(":")
        return host, int(port)

    @property
    def max_disk(self) -> str:
        """How much of the volume spans may take; the rest is for what is being written."""
        number, unit = int(self.storage[:-2]), self.storage[-2:]
        return f"{number * UNITS[unit] * 4 // 5 // 10**6}MB"

    def _problems(self) -> Iterator[tuple[str, str]]:
        if not LABEL.fullmatch(self.namespace):
            yield f"--namespace: '{self.namespace}' is no name", "lower case, digits and dashes"
        if not IMAGE.fullmatch(self.image):
            yield f"--image: '{self.image}' is no image", "such as registry.example/clew:1.0"
        if not QUANTITY.fullmatch(self.storage):
            yield f"--storage: '{self.storage}' is no size", "such as 10Gi; 100Mi at least"
        if self.storage_class and not NAME.fullmatch(self.storage_class):
            yield f"--storage-class: '{self.storage_class}' is no name", "see kubectl get sc"
        if not 0 <= self.sample_rate <= 1:
            yield f"--sample-rate: {self.sample_rate} is not between 0 and 1", "1 is all requests"
        if self.collector and not COLLECTOR.fullmatch(self.collector):
            yield f"--collector: '{self.collector}' is no host and port", "such as zipkin:9411"
        if not NAME.fullmatch(self.store_secret):
            yield f"--store-secret: '{self.store_secret}' is no name", "see kubectl get secrets"
        if self.store and not STORE.fullmatch(self.store):
            yield (
                f"--store: '{self.store}' is no server, or has a password",
                "such as clickhouse://user@host:8123/clew; the password is that of --store-secret",
            )
        ports = (self.outgoing_port, self.incoming_port, self.admin_port)
        if len(set(ports)) < len(ports):
            yield "two ports of the mesh are the same", "give each its own"
