"""What the API server sends: lists, and the events of watches. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from clew.mesh.namers.k8s.api_object import Item as Header
from clew.mesh.namers.k8s.ingresses import read_ingress
from clew.mesh.namers.k8s.lookups import Kind
from clew.mesh.namers.k8s.objects import (
    Kept,
    Read,
    read_config_map,
    read_dtab,
    read_endpoints,
    read_secret,
    read_service,
    read_slice,
)
from clew.mesh.namers.k8s.reflector import Bookmark, Delete, Failure, Item, Page, Put


@dataclass(frozen=True, slots=True)
class Source:
    """One kind of object that says what a collection holds."""

    group: str
    """``/api/v1`` or ``/apis/<group>/<version>``"""
    plural: str
    read: Read


SOURCES: Mapping[Kind, Sequence[Source]] = {
    Kind.ENDPOINTS: (
        Source("/apis/discovery.k8s.io/v1", "endpointslices", read_slice),
        Source("/api/v1", "endpoints", read_endpoints),
    ),
    Kind.SERVICES: (Source("/api/v1", "services", read_service),),
    Kind.CONFIG_MAPS: (Source("/api/v1", "configmaps", read_config_map),),
    Kind.SECRETS: (Source("/api/v1", "secrets", read_secret),),
    Kind.INGRESSES: (Source("/apis/networking.k8s.io/v1", "ingresses", read_ingress),),
    Kind.DTABS: (Source("/apis/l5d.io/v1alpha1", "dtabs", read_dtab),),
}
"""Best first."""

Event = Put[Kept] | Delete | Bookmark | Failure


class _ListMeta(msgspec.Struct, rename="camel"):
    resource_version: str = ""
    continue_: str = msgspec.field(default="", name="continue")


class _List(msgspec.Struct):
    metadata: _ListMeta
    items: list[msgspec.Raw] | None = None


class _Event(msgspec.Struct):
    type: str
    object: msgspec.Raw


class _Status(msgspec.Struct):
    message: str = ""
    code: int = 0


def read_page(body: bytes, source: Source) -> Page[Kept]:
    """A page of a list. Raises msgspec.MsgspecError."""
    read = msgspec.json.decode(body, type=_List)
    items = [item for raw in read.items or () if (item := _item(raw, source))]
    return Page(items, read.metadata.resource_version, read.metadata.continue_)


def refusal(body: bytes) -> str:
    """Why a request is refused, in the server's words."""
    try:
        return msgspec.json.decode(body, type=_Status).message
    except msgspec.MsgspecError:
        return body[:200].decode(errors="replace")


def _item(raw: msgspec.Raw, source: Source) -> Item[Kept] | None:
    """None for what has not even a name."""
    try:
        header = msgspec.json.decode(raw, type=Header).metadata
    except msgspec.MsgspecError:
        return None
    try:
        value = source.read(bytes(raw))
    except msgspec.MsgspecError:
        value = None
    return Item(header.key, header.resource_version, value)


def read_event(line: bytes, source: Source) -> Event | None:
    """None for what makes no sense, and for kinds of events that may come."""
    try:
        event = msgspec.json.decode(line, type=_Event)
        match event.type:
            case "ADDED" | "MODIFIED":
                item = _item(event.object, source)
                return None if item is None else Put(item)
            case "DELETED":
                header = msgspec.json.decode(event.object, type=Header).metadata
                return Delete(header.key, header.resource_version)
            case "BOOKMARK":
                return Bookmark(_bookmarked(event.object))
            case "ERROR":
                status = msgspec.json.decode(event.object, type=_Status)
                return Failure(status.code, f"the watch ends with an error: {status.message}")
    except msgspec.MsgspecError:
        return None
    return None


class Events:
    """Those of one watch, whose parts may be cut anywhere."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._begun = b""

    @property
    def begun(self) -> int:
        """Bytes of the event that has not come as a whole."""
        return len(self._begun)

    def of(self, part: bytes) -> Iterator[Event]:
        """What has come as a whole with this part."""
        *lines, self._begun = (self._begun + part).split(b"\n")
        for line in lines:
            event = read_event(line, self._source)
            if event is not None:
                yield event


class _BookmarkMeta(msgspec.Struct, rename="camel"):
    resource_version: str = ""


class _Bookmark(msgspec.Struct):
    metadata: _BookmarkMeta


def _bookmarked(raw: msgspec.Raw) -> str:
    return msgspec.json.decode(raw, type=_Bookmark).metadata.resource_version
