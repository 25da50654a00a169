"""What is wrong with what operators edit beside the linker file: said once, until it is mended."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection

log = logging.getLogger(__name__)

LAST_GOOD_STAYS = "the last good dtab stays"

Refused = Callable[[str, str], None]
"""Told a place and what is wrong there: the empty text once it is mended."""


class Complaints:
    """One for each place that is wrong."""

    def __init__(self, refused: Refused = lambda _, __: None) -> None:
        """``refused`` is called from where :meth:`about` is."""
        self._refused = refused
        self._told: dict[str, str] = {}

    def about(self, place: str, what: str, then: str) -> None:
        """``what`` is wrong there; ``then`` says what goes on."""
        if self._told.get(place) != what:
            self._told[place] = what
            self._refused(place, what)
            log.error("%s; %s", what, then)

    def mended(self, place: str) -> None:
        """All is well there, as it may have been before."""
        if self._told.pop(place, None):
            self._refused(place, "")

    def only(self, places: Collection[str]) -> None:
        """Forget all that is not about these."""
        for place in self._told.keys() - set(places):
            self.mended(place)
