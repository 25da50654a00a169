"""Whether the ports that a program is to listen on are free, and who has them where not."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import httpx

from clew.check.finding import Finding, ok
from clew.check.listeners import holder
from clew.mesh.envoy.ports import refused
from clew.mesh.naming.bound import Address

SECONDS = 2.0
"""For what listens to say what it is."""

Made = Callable[[str, str, str], Finding]
"""A finding of some level."""


@dataclass(frozen=True, slots=True)
class Program:
    """What is to listen."""

    name: str
    ports: Sequence[tuple[str, Address]]
    """What each is for, ``router outgoing``, and where."""
    greeting: str
    """The URL at which it answers 200 when it runs."""


def findings(program: Program, made: Made) -> Iterator[Finding]:
    """The ports that are free together, each of the others by itself, as what is ``made``."""
    taken = {
        place: (what, error)
        for what, place in program.ports
        if (error := refused(place.host, place.port))
    }
    if taken and _answers(program.greeting):
        yield ok("ports", f"{program.name} runs already: {program.greeting} answers")
        return
    for place, (what, error) in taken.items():
        if error.errno == errno.EADDRINUSE:
            who = holder(place.port) or "a program whose process may not be seen"
            yield made("ports", f"{place} ({what}) is in use by {who}", "stop it, or move the port")
        else:
            seen = f"{place} ({what}) cannot be listened on: {error.strerror}"
            yield made("ports", seen, "take an address of this machine, and a port above 1023")
    if free := [str(place) for _, place in program.ports if place not in taken]:
        yield ok("ports", f"free for {program.name}: {', '.join(free)}")


def _answers(url: str) -> bool:
    try:
        # whether it is there is asked, not who has signed its certificate
        return httpx.get(url, timeout=SECONDS, trust_env=False, verify=False).is_success
    except httpx.HTTPError:
        return False
