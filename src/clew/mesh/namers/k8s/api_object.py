"""Objects as the Kubernetes API writes them: what is common to all, Services, and what is behind
these. Pure.

Go leaves out fields that are empty, or writes them as null: lists and objects may be None.
"""

from __future__ import annotations

import msgspec


class ApiObject(msgspec.Struct, frozen=True, rename="camel"):
    """Unknown fields are ignored."""


class Metadata(ApiObject, frozen=True):
    """What identifies and describes an object."""

    name: str
    namespace: str = ""
    resource_version: str = ""
    labels: dict[str, str] | None = None
    annotations: dict[str, str] | None = None

    @property
    def key(self) -> str:
        """Of one object in a collection, be it of several namespaces."""
        return f"{self.namespace}/{self.name}"


class Item(ApiObject, frozen=True):
    """What every object has."""

    metadata: Metadata


class Port(ApiObject, frozen=True):
    """Of a Service, of an EndpointSlice or of Endpoints."""

    port: int | None = None
    name: str | None = None
    protocol: str | None = None
    target_port: int | str | None = None
    node_port: int = 0
    """0 when nodes have none."""

    @property
    def is_tcp(self) -> bool:
        """As what does not say is."""
        return self.protocol in (None, "", "TCP")


class Conditions(ApiObject, frozen=True):
    """Of an endpoint."""

    ready: bool | None = None


class Endpoint(ApiObject, frozen=True):
    """One pod behind a Service."""

    addresses: list[str] | None = None
    conditions: Conditions | None = None
    node_name: str | None = None

    @property
    def is_ready(self) -> bool:
        """What is not known counts as ready, as the API demands."""
        return self.conditions is None or self.conditions.ready is not False


class EndpointSlice(ApiObject, frozen=True):
    """Some of the pods behind a Service."""

    metadata: Metadata
    address_type: str = "IPv4"
    endpoints: list[Endpoint] | None = None
    ports: list[Port] | None = None


class ServiceSpec(ApiObject, frozen=True):
    """What a Service is to be."""

    type: str = "ClusterIP"
    ports: list[Port] | None = None


class Place(ApiObject, frozen=True):
    """At which a load balancer takes requests."""

    ip: str | None = None
    hostname: str | None = None


class LoadBalancer(ApiObject, frozen=True):
    """Empty until there is one."""

    ingress: list[Place] | None = None


class ServiceStatus(ApiObject, frozen=True):
    """What a Service has become."""

    load_balancer: LoadBalancer = LoadBalancer()


class Service(ApiObject, frozen=True):
    """A Service."""

    metadata: Metadata
    spec: ServiceSpec = ServiceSpec()
    status: ServiceStatus = ServiceStatus()
