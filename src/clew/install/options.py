"""What can be chosen about the manifests."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from clew import __version__
from clew.errors import ClewError
from clew.trace.dsn import parse

_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
IMAGE = re.compile(r"\S+")
COLLECTOR = re.compile(r"[^\s:/]+:[0-9]{1,5}")
STORE = re.compile(r"clickhouses?://([^\s:@/]+@)?[^\s@/]+(/\S*)?")
QUANTITY = re.compile(r"([1-9][0-9]*)(Mi|Gi|Ti)")
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
        number, unit = QUANTITY.fullmatch(self.storage).groups()  # type: ignore[union-attr]  # checked
        return f"{int(number) * UNITS[unit] * 4 // 5 // 10**6}MB"

    def _problems(self) -> Iterator[tuple[str, str]]:
        if not _LABEL.fullmatch(self.namespace):
            yield f"--namespace: '{self.namespace}' is no name", "lower case, digits and dashes"
        if not IMAGE.fullmatch(self.image):
            yield f"--image: '{self.image}' is no image", "such as registry.example/clew:1.0"
        if not QUANTITY.fullmatch(self.storage):
            yield f"--storage: '{self.storage}' is no size", "such as 10Gi"
        if self.collector and not COLLECTOR.fullmatch(self.collector):
            yield f"--collector: '{self.collector}' is no host and port", "such as zipkin:9411"
        if not _LABEL.fullmatch(self.store_secret):
            yield f"--store-secret: '{self.store_secret}' is no name", "lower case, digits, dashes"
        if self.store and not STORE.fullmatch(self.store):
            yield (
                f"--store: '{self.store}' is no server, or has a password",
                "such as clickhouse://user@host:8123/clew; the password is that of --store-secret",
            )
        ports = (self.outgoing_port, self.incoming_port, self.admin_port)
        if len(set(ports)) < len(ports):
            yield "two ports of the mesh are the same", "give each its own"
