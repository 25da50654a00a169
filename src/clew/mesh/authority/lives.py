"""How long roots and leaves live."""

from __future__ import annotations

from dataclasses import dataclass

MINUTE, DAY = 60.0, 86_400.0
ROOT_SHARE = 2 / 3
"""Of its life, after which a root gets a successor."""
LEAF_SHARE = 1 / 2
"""Of its life, after which a leaf is renewed."""


@dataclass(frozen=True, slots=True)
class Lives:
    """All in seconds."""

    root: float = 365 * DAY
    leaf: float = DAY
    settle: float = DAY
    """After which a new root signs: by then every mesh has heard of it."""
    skew: float = 5 * MINUTE
    """How far the clocks of two nodes may be apart; certificates begin so much earlier."""
