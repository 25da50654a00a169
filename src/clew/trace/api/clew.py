"""``GET /api/clew/…``: what the pages need beyond Zipkin's API."""

from __future__ import annotations

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from clew.trace.api.asking import Desk, json_of
from clew.trace.api.settings import ApiSettings
from clew.trace.store import SpanStore
from clew.trace.store.alias import Alias, aliases


class Service(msgspec.Struct, frozen=True, kw_only=True):
    """How a service is shown on every page."""

    name: str
    """The raw name, as spans have it."""
    alias: str
    """The short name."""
    chips: tuple[str, ...]
    """What the short name leaves out."""
    slot: int | None
    """Which mark it has, for good; None for a router, which has a mark of its own."""
    router: bool


def routes(store: SpanStore, settings: ApiSettings) -> list[BaseRoute]:
    """Our paths, below both prefixes."""

    def services(request: Request) -> Response:
        return json_of(list_services(store) if settings.search_enabled else [])

    return Desk(settings.at_once).routes("/clew/services", services)


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
