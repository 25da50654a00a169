"""What every decoder of a list of spans raises."""

from __future__ import annotations

from clew.errors import ClewError


class MalformedSpans(ClewError):
    """A list of spans that cannot be read. One bad span refuses the whole list, as in Zipkin.

    ``encoding`` is Zipkin's word for it: ``json``, ``proto3`` or ``TBinary``; ``type`` is what was
    being read.
    """

    def __init__(self, what: str, encoding: str, type: str = "List<Span>") -> None:
        super().__init__(f"{what} reading {type} from {encoding}")
