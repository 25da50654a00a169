"""How the policies of several matching prefixes become one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

import msgspec

from clew.mesh.config.section import Section

Policy = TypeVar("Policy", bound=Section)


def overlay(base: Policy, layers: Iterable[Policy]) -> Policy:
    """``base`` with every key that a layer sets; later layers win. Other keys stay."""
    names = [field.name for field in msgspec.structs.fields(base)]
    for layer in layers:
        set_here = {name: getattr(layer, name) for name in names}
        base = msgspec.structs.replace(
            base, **{name: value for name, value in set_here.items() if value is not None}
        )
    return base
