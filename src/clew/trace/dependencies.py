"""Who calls whom: the links that the spans of whole traces show."""

from __future__ import annotations

import msgspec


class DependencyLink(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """Calls from one service to another."""

    parent: str
    """The calling service."""
    child: str
    """The called service."""
    call_count: int
    error_count: int = 0
    """How many of the calls failed; left out of JSON when none did."""
