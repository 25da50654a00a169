"""The ports of a mesh's pod, as its linker file has them."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass

from clew.install.options import InstallError
from clew.mesh.config.linker import Linker
from clew.mesh.config.router import Router
from clew.mesh.config.transformers import LocalNodeTransformer

ADMIN = "admin"
LONGEST_NAME = 15
"""Of a port of a container."""


@dataclass(frozen=True, slots=True)
class MeshPort:
    """One that is reached from outside the pod."""

    name: str
    number: int
    on_host: bool
    """Whether apps reach it at their node's address: not where other nodes' meshes send to."""


def mesh_ports(linker: Linker) -> tuple[MeshPort, ...]:
    """Of the routers, by their labels, then the admin port. Raises InstallError."""
    admin = linker.admin
    if is_loopback(admin.ip):
        raise InstallError(
            f"--config: admin.ip: {admin.ip} answers to nobody outside the pod, so it would never "
            "be ready",
            "write admin: {ip: 0.0.0.0}",
        )
    if admin.tls is not None and admin.tls.require_client_auth:
        raise InstallError(
            "--config: admin.tls.requireClientAuth: Kubernetes has no certificate, so the pod "
            "would never be ready",
            "leave it out; then who has a certificate is still checked by caCertPath",
        )
    ports: list[MeshPort] = []
    for router in linker.routers:
        for number in _reached(router):
            taken = [ADMIN, *(each.name for each in ports)]
            ports.append(MeshPort(_name(router.label, taken), number, not _is_incoming(router)))
    ports.append(MeshPort(ADMIN, admin.port, on_host=False))
    if any(each.number == 0 for each in ports):
        raise InstallError(
            "--config: a port is 0, which Kubernetes cannot know", "give each its number"
        )
    return tuple(ports)


def is_loopback(ip: str) -> bool:
    """Whether only this pod reaches what listens there."""
    return ipaddress.ip_address(ip).is_loopback


def _reached(router: Router) -> Iterator[int]:
    return (server.port for server in router.servers if not is_loopback(server.ip))


def _is_incoming(router: Router) -> bool:
    """Whether the requests of other nodes' meshes come here."""
    steps = router.interpreter.transformers
    return any(isinstance(each, LocalNodeTransformer) for each in steps)


def _name(label: str, taken: list[str]) -> str:
    """A name as Kubernetes wants it, with a letter, and of its own."""
    name = re.sub(r"[^a-z0-9]+", "-", label.lower()).strip("-")[:LONGEST_NAME].strip("-")
    if not re.search("[a-z]", name):
        name = f"http-{name}".strip("-")[:LONGEST_NAME]
    own, count = name, 1
    while own in taken:
        count += 1
        own = f"{name[: LONGEST_NAME - len(f'-{count}')]}-{count}"
    return own
