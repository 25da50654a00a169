"""What a file asks for that changes nothing here, for the log of a mesh that starts."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from clew.mesh.config.linker import Linker
from clew.mesh.config.namerd import Namerd
from clew.mesh.config.section import KindSection, Section


def notes(file: Linker | Namerd) -> tuple[str, ...]:
    """One sentence for each key, such as ``routers[0].originator has no effect: …``."""
    return tuple(_notes(file, ""))


def _notes(section: Section, at: str) -> Iterator[str]:
    if section.idle:
        kind = f" ({section.kind})" if isinstance(section, KindSection) else ""
        yield f"{at}{kind} has no effect: {section.idle}"
        return
    for field in msgspec.structs.fields(section):
        value = getattr(section, field.name)
        place = f"{at}.{field.encode_name}".lstrip(".")
        if value == field.default:
            continue
        if why := section.no_effect.get(field.name):
            yield f"{place} has no effect: {why}"
            continue
        for inner, inner_place in _inside(value, place):
            yield from _notes(inner, inner_place)


def _inside(value: object, place: str) -> Iterator[tuple[Section, str]]:
    if isinstance(value, Section):
        yield value, place
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            if isinstance(item, Section):
                yield item, f"{place}[{index}]"
