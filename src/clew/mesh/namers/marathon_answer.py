"""What Marathon says of its applications, as endpoints by application."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from clew.mesh.naming.bound import Address
from clew.mesh.naming.path import Path

Apps = Mapping[Path, frozenset[Address]]
"""By id, ``/group/app``; also those without an instance."""


class _HealthCheck(msgspec.Struct):
    alive: bool = False


class _TaskIp(msgspec.Struct, rename="camel"):
    ip_address: str = ""


class _Task(msgspec.Struct, rename="camel"):
    host: str = ""
    ports: list[int] | None = None
    ip_addresses: list[_TaskIp] | None = None
    health_check_results: list[_HealthCheck] | None = None


class _DiscoveryPort(msgspec.Struct):
    number: int = 0


class _Discovery(msgspec.Struct):
    ports: list[_DiscoveryPort] | None = None


class _AppIp(msgspec.Struct):
    discovery: _Discovery | None = None


class _PortMapping(msgspec.Struct, rename="camel"):
    container_port: int = 0


class _Container(msgspec.Struct, rename="camel"):
    port_mappings: list[_PortMapping] | None = None


class _App(msgspec.Struct, rename="camel"):
    id: str
    tasks: list[_Task] | None = None
    ip_address: _AppIp | None = None
    """Until Marathon 1.4: the port of instances that have addresses of their own."""
    container: _Container | None = None
    """Since 1.5 it says so here."""


class _Apps(msgspec.Struct):
    apps: list[_App]


def read_apps(content: bytes, healthy_only: bool) -> Apps:
    """Of ``/v2/apps?embed=apps.tasks``. Raises msgspec.DecodeError.

    ``healthy_only``: only instances whose health checks are known and all well.
    """
    return {
        Path.of(*(part for part in app.id.split("/") if part)): frozenset(
            _instances(app, healthy_only)
        )
        for app in msgspec.json.decode(content, type=_Apps).apps
    }


def _instances(app: _App, healthy_only: bool) -> Iterator[Address]:
    own_port = _own_port(app)
    for task in app.tasks or ():
        checks = task.health_check_results
        if healthy_only and (checks is None or not all(check.alive for check in checks)):
            continue
        if task.host and task.ports:
            yield Address(task.host, task.ports[0])
        elif task.ip_addresses and task.ip_addresses[0].ip_address and own_port:
            yield Address(task.ip_addresses[0].ip_address, own_port)


def _own_port(app: _App) -> int:
    """Of instances that have an address of their own; 0 when the application names none."""
    if app.ip_address and app.ip_address.discovery and app.ip_address.discovery.ports:
        return app.ip_address.discovery.ports[0].number
    if app.container and app.container.port_mappings:
        return app.container.port_mappings[0].container_port
    return 0
