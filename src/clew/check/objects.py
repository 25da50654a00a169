"""What only the checks read of Kubernetes objects. Pure."""

from __future__ import annotations

from typing import Generic, Literal, TypeVar

import msgspec

from clew.mesh.namers.k8s.api_object import ApiObject, Metadata

T = TypeVar("T")


class ObjectList(ApiObject, Generic[T], frozen=True):
    """The answer to a list."""

    items: list[T] | None = None


class NodeAddress(ApiObject, frozen=True):
    """One of a node's addresses."""

    type: str
    """``InternalIP``, ``ExternalIP``, ``Hostname``, ``InternalDNS`` or ``ExternalDNS``."""
    address: str


class NodeStatus(ApiObject, frozen=True):
    """How a node is."""

    addresses: list[NodeAddress] | None = None


class Node(ApiObject, frozen=True):
    """A node."""

    metadata: Metadata
    status: NodeStatus = NodeStatus()

    def addresses(self, type: str) -> list[str]:
        """Those of one type."""
        return [each.address for each in self.status.addresses or () if each.type == type]


class FieldRef(ApiObject, frozen=True):
    """A field of the pod."""

    field_path: str = ""


class ValueFrom(ApiObject, frozen=True):
    """Where a value comes from."""

    field_ref: FieldRef | None = None


class Variable(ApiObject, frozen=True):
    """A variable of a container's environment."""

    name: str
    value: str = ""
    value_from: ValueFrom | None = None

    @property
    def field(self) -> str:
        """The field of the pod that it holds; empty for anything else."""
        source = self.value_from and self.value_from.field_ref
        return source.field_path if source else ""


class ContainerPort(ApiObject, frozen=True):
    """A port that a container says it has."""

    container_port: int
    host_port: int = 0
    """0 for none."""


class Container(ApiObject, frozen=True):
    """A container of a pod."""

    name: str
    image: str = ""
    ports: list[ContainerPort] | None = None
    env: list[Variable] | None = None


class PodSpec(ApiObject, frozen=True):
    """What a pod is to be."""

    containers: list[Container] | None = None
    node_name: str = ""
    service_account_name: str = ""


class Waiting(ApiObject, frozen=True):
    """Why a container does not run."""

    reason: str = ""
    message: str = ""


class ContainerState(ApiObject, frozen=True):
    """What a container does."""

    waiting: Waiting | None = None


class ContainerStatus(ApiObject, frozen=True):
    """How a container is."""

    name: str
    ready: bool = False
    image: str = ""
    state: ContainerState = ContainerState()


class PodStatus(ApiObject, frozen=True):
    """How a pod is."""

    phase: str = ""
    """``Pending``, ``Running``, ``Succeeded``, ``Failed`` or ``Unknown``."""
    host_ip: str = msgspec.field(default="", name="hostIP")
    container_statuses: list[ContainerStatus] | None = None
    init_container_statuses: list[ContainerStatus] | None = None


class Pod(ApiObject, frozen=True):
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


class ReviewStatus(ApiObject, frozen=True):
    """The answer to a review."""

    allowed: bool = False
    reason: str = ""


class Review(ApiObject, frozen=True):
    """A SelfSubjectAccessReview or SubjectAccessReview that was answered."""

    kind: Literal["SelfSubjectAccessReview", "SubjectAccessReview"]
    status: ReviewStatus = ReviewStatus()


class Version(ApiObject, frozen=True):
    """Of the API server."""

    git_version: str = "unknown"
