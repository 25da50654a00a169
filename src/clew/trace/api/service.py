"""How a service is shown, on every page and to everyone the same."""

from __future__ import annotations

import msgspec

from clew.trace.store import SpanStore
from clew.trace.store.alias import Alias, aliases


class Service(msgspec.Struct, frozen=True, kw_only=True):
    """A service that recorded spans."""

    name: str
    """The raw name, as spans have it."""
    alias: str
    """The short name."""
    chips: tuple[str, ...]
    """What the short name leaves out."""
    slot: int | None
    """Which mark it has, for good; None for a router, which has a mark of its own."""
    router: bool


def list_services(store: SpanStore) -> list[Service]:
    """Every local service, sorted by raw name. Aliases that are new get their slots here."""
    named = aliases(store.services())
    shown = [its.text for its in named.values() if not its.router]
    slots = {given.service: given.slot for given in store.service_slots(shown)}
    return [_service(name, its, slots.get(its.text)) for name, its in named.items()]


def _service(name: str, its: Alias, slot: int | None) -> Service:
    return Service(
        name=name,
        alias=its.text,
        chips=its.chips,
        slot=None if its.router else slot,
        router=its.router,
    )
