"""What a person calls a service, out of what the wire calls it.

A router's service name is its address (``0.0.0.0/4140``), a client's its bound id
(``%/io.l5d.port/4141/#/io.l5d.fs/hello``). People say ``hello``. The pages work out the same names
for services that they meet before the server lists them.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

_ROUTER = re.compile(r"(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-f]*:[0-9a-f:.]*)/\d{1,5}")
_INET = re.compile(r"/?\$/inet/([^/]+)/(\d+)")
_KIND = re.compile(r"^(?:io\.l5d\.)?(?:k8s\.)?")
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Alias:
    """How a service is shown."""

    text: str
    """The short name in front."""
    chips: tuple[str, ...] = ()
    """What the short name leaves out: ``port 4141``, ``fs``."""
    router: bool = False
    """Whether it is a router of the mesh, which is shown by its label instead."""
    bound: tuple[str, ...] = ()
    """The segments of the bound name, where ``text`` is the last; empty for other names."""


def alias(service: str) -> Alias:
    """The alias of one service on its own."""
    if _ROUTER.fullmatch(service):
        return Alias(service, chips=(service,), router=True)
    if inet := _INET.match(service):
        return Alias(inet[1], chips=(f"inet :{inet[2]}",))
    transformers, marker, name = service.partition("#/")
    bound = tuple(filter(None, name.split("/")))
    if not marker or not bound:
        return Alias(_cut(service))
    chips = (*_transformer_chip(transformers), _namer_chip(bound))
    return Alias(_cut(bound[-1]), chips=chips, bound=bound)


def aliases(services: Iterable[str]) -> dict[str, Alias]:
    """The alias of each service among the others.

    Bound names that would share one add the first segment in which they differ: ``cart prod``,
    ``cart stage``.
    """
    found = {service: alias(service) for service in services}
    sharing: dict[str, list[str]] = defaultdict(list)
    for service, its in found.items():
        if its.bound:
            sharing[its.text].append(service)
    for group in sharing.values():
        at = _first_difference([found[service].bound for service in group])
        for service in group if at is not None else ():
            its = found[service]
            if at is not None and at < len(its.bound):
                found[service] = replace(its, text=f"{its.text} {_KIND.sub('', its.bound[at])}")
    return found


def _first_difference(paths: Sequence[tuple[str, ...]]) -> int | None:
    for at, segments in enumerate(zip_longest(*paths)):
        if len(set(segments)) > 1:
            return at
    return None


def _transformer_chip(transformers: str) -> tuple[str, ...]:
    """``%/io.l5d.port/4141/`` as ``port 4141``: the kind and its last argument."""
    kind, *arguments = [part for part in transformers.split("/") if part not in ("", "%")] or [""]
    if not kind:
        return ()
    return (" ".join([_KIND.sub("", kind), *arguments[-1:]]),)


def _namer_chip(bound: tuple[str, ...]) -> str:
    """``io.l5d.k8s/prod/http/cart`` as ``k8s prod``: without port and name."""
    return " ".join([_KIND.sub("", bound[0]), *bound[1:-2]])


def _cut(text: str) -> str:
    """Names of any length, so that no page has to lay them out: the middle gives way."""
    if len(text) <= _LONGEST:
        return text
    half = (_LONGEST - 1) // 2
    return f"{text[: _LONGEST - 1 - half]}…{text[-half:]}"
