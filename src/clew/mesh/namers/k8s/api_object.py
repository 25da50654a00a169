"""What is common to all objects of the Kubernetes API. Pure."""

from __future__ import annotations

import msgspec


class ApiObject(msgspec.Struct, frozen=True, rename="camel"):
    """Fields of the API that Go leaves out when they are empty, or writes as null."""


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
