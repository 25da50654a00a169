"""What a name is bound to: an id, the residual path, and the addresses behind it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from clew.mesh.naming.path import Path


@dataclass(frozen=True, slots=True, order=True)
class Address:
    """One endpoint."""

    host: str
    """An IP address, or a DNS name when it came from ``/$/inet``."""
    port: int
    weight: float = 1.0
    """Relative to the other addresses of the same name."""
    node_name: str = ""
    """The Kubernetes node it runs on; empty when unknown."""

    @staticmethod
    def read(text: str) -> Address:
        """``host:port``, IPv6 in brackets. Raises ValueError."""
        host, _, port = text.rpartition(":")
        return Address(host.removeprefix("[").removesuffix("]"), int(port))

    @property
    def nearby(self) -> Address:
        """Where this machine reaches what listens here, which may be on all of its addresses."""
        return replace(self, host={"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host))

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Addresses:
    """A replica set. Empty is a valid answer and does not cause fallback."""

    members: frozenset[Address]


@dataclass(frozen=True, slots=True)
class AddrNeg:
    """The set does not exist (any more)."""


@dataclass(frozen=True, slots=True)
class AddrPending:
    """Not known yet: the namer has been asked and has not answered."""


@dataclass(frozen=True, slots=True)
class AddrFailed:
    """The lookup failed; ``cause`` says why."""

    cause: str


Addr = Addresses | AddrNeg | AddrPending | AddrFailed


@dataclass(frozen=True, slots=True)
class Bound:
    """A concrete name. Two logical names that bind to the same id share connections and stats."""

    id: Path
    """The client id, ``/#/io.l5d.fs/hello``, with ``/%/…`` in front for each transformer."""
    addr: Addr
    residual: Path = field(default_factory=Path)
    """What the namer left of the name; empty for most."""
