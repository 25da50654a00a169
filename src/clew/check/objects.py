"""What the checks read of Kubernetes objects. Pure.

Go leaves out fields that are empty, or writes them as null: lists and objects may be None.
"""

from __future__ import annotations

from typing import Generic, Literal, TypeVar

import msgspec

T = TypeVar("T")


class _Struct(msgspec.Struct, frozen=True, rename="camel"):
    """Unknown fields are ignored."""


class Metadata(_Struct, frozen=True):
    """What every object has."""

    name: str = ""
    labels: dict[str, str] | None = None


class ObjectList(_Struct, Generic[T], frozen=True):
    """The answer to a list."""

    items: list[T] | None = None


class NodeAddress(_Struct, frozen=True):
    """One of a node's addresses."""

    type: str
    """``InternalIP``, ``ExternalIP``, ``Hostname``, ``InternalDNS`` or ``ExternalDNS``."""
    address: str


class NodeStatus(_Struct, frozen=True):
    """How a node is."""

    addresses: list[NodeAddress] | None = None


class Node(_Struct, frozen=True):
    """A node."""

    metadata: Metadata
    status: NodeStatus = NodeStatus()

    def addresses(self, type: str) -> list[str]:
        """Those of one type."""
        return [each.address for each in self.status.addresses or () if each.type == type]


class ServicePort(_Struct, frozen=True):
    """A port of a Service."""

    port: int
    name: str = ""
    node_port: int = 0
    """0 when nodes have none."""


class ServiceSpec(_Struct, frozen=True):
    """What a Service is to be."""

    type: str = "ClusterIP"
    ports: list[ServicePort] | None = None


class Ingress(_Struct, frozen=True):
    """A place at which a load balancer takes requests."""

    ip: str = ""
    hostname: str = ""


class LoadBalancer(_Struct, frozen=True):
    """Empty until there is one."""

    ingress: list[Ingress] | None = None


class ServiceStatus(_Struct, frozen=True):
    """What a Service has become."""

    load_balancer: LoadBalancer = LoadBalancer()


class Service(_Struct, frozen=True):
    """A Service."""

    metadata: Metadata
    spec: ServiceSpec = ServiceSpec()
    status: ServiceStatus = ServiceStatus()


class Conditions(_Struct, frozen=True):
    """Of an endpoint."""

    ready: bool | None = None
    """None, which is unknown, counts as ready."""


class Endpoint(_Struct, frozen=True):
    """One pod behind a Service."""

    addresses: list[str] | None = None
    conditions: Conditions = Conditions()


class EndpointSlice(_Struct, frozen=True):
    """Some of the pods behind a Service."""

    metadata: Metadata
    endpoints: list[Endpoint] | None = None


class FieldRef(_Struct, frozen=True):
    """A field of the pod."""

    field_path: str = ""


class ValueFrom(_Struct, frozen=True):
    """Where a value comes from."""

    field_ref: FieldRef | None = None


class Variable(_Struct, frozen=True):
    """A variable of a container's environment."""

    name: str
    value: str = ""
    value_from: ValueFrom | None = None

    @property
    def field(self) -> str:
        """The field of the pod that it holds; empty for anything else."""
        source = self.value_from and self.value_from.field_ref
        return source.field_path if source else ""


class ContainerPort(_Struct, frozen=True):
    """A port that a container says it has."""

    container_port: int
    host_port: int = 0
    """0 for none."""


class Container(_Struct, frozen=True):
    """A container of a pod."""

    name: str
    image: str = ""
    ports: list[ContainerPort] | None = None
    env: list[Variable] | None = None


class PodSpec(_Struct, frozen=True):
    """What a pod is to be."""

    containers: list[Container] | None = None
    node_name: str = ""
    service_account_name: str = ""


class Waiting(_Struct, frozen=True):
    """Why a container does not run."""

    reason: str = ""
    message: str = ""


class ContainerState(_Struct, frozen=True):
    """What a container does."""

    waiting: Waiting | None = None


class ContainerStatus(_Struct, frozen=True):
    """How a container is."""

    name: str
    ready: bool = False
    image: str = ""
    state: ContainerState = ContainerState()


class PodStatus(_Struct, frozen=True):
    """How a pod is."""

    phase: str = ""
    """``Pending``, ``Running``, ``Succeeded``, ``Failed`` or ``Unknown``."""
    host_ip: str = msgspec.field(default="", name="hostIP")
    container_statuses: list[ContainerStatus] | None = None
    init_container_statuses: list[ContainerStatus] | None = None


class Pod(_Struct, frozen=True):
    """A pod."""

    metadata: Metadata
    spec: PodSpec = PodSpec()
    status: PodStatus = PodStatus()

    @property
    def app(self) -> str:
        """By its label; its own name without one."""
        return (self.metadata.labels or {}).get("app", self.metadata.name)

    @property
    def is_ready(self) -> bool:
        """Every container takes requests."""
        statuses = self.status.container_statuses or ()
        return bool(statuses) and all(each.ready for each in statuses)


class ReviewStatus(_Struct, frozen=True):
    """The answer to a review."""

    allowed: bool = False
    reason: str = ""


class Review(_Struct, frozen=True):
    """A SelfSubjectAccessReview or SubjectAccessReview that was answered."""

    kind: Literal["SelfSubjectAccessReview", "SubjectAccessReview"]
    status: ReviewStatus = ReviewStatus()


class Version(_Struct, frozen=True):
    """Of the API server."""

    git_version: str = "unknown"
