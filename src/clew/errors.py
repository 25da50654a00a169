"""The one exception that the command line shows as a message instead of a traceback."""

from __future__ import annotations


class ClewError(Exception):
    """What went wrong, where, and what to do about it.

    Subclasses live beside the code that raises them. ``message`` is one sentence that names the
    place (``FILE:LINE: …`` when there is one); ``hint`` is the remedy, empty when the message says
    it already.
    """

    exit_code = 2

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} ({self.hint})" if self.hint else self.message
