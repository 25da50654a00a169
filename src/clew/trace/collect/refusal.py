"""What goes wrong with a request that brings spans, as an HTTP status."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping

from starlette.requests import ClientDisconnect

from clew.span.detect import UnexpectedFormat
from clew.span.errors import MalformedSpans
from clew.trace.collect.body import BodyTooLarge, BrokenGzip
from clew.trace.collect.counts import Counts
from clew.trace.collect.log import LogFailed
from clew.trace.collect.room import NoRoom

_LONGEST_ANSWER = 1000
"""Characters: a decoder may quote what it was sent."""
_CLOSE = {"Connection": "close"}
"""After these the rest of the body may still be on its way, and nobody wants it."""
_AGAIN = {"Retry-After": "1"}


class Refusal(Exception):
    """The answer to a request whose spans are not taken."""

    def __init__(self, status: int, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message[:_LONGEST_ANSWER]
        self.headers = headers


@contextlib.contextmanager
def refusals(counts: Counts, transport: str) -> Iterator[None]:
    """Raise Refusal for everything that can be wrong with a request, and count it."""
    try:
        yield
    except (UnexpectedFormat, MalformedSpans, BrokenGzip) as error:
        counts.message_dropped(transport)
        raise Refusal(400, str(error)) from error
    except ClientDisconnect as error:
        counts.message_dropped(transport)
        raise Refusal(400, "the sender went away") from error
    except TimeoutError as error:
        counts.message_dropped(transport)
        raise Refusal(408, "the body took too long to arrive", _CLOSE) from error
    except BodyTooLarge as error:
        counts.message_dropped(transport)
        raise Refusal(413, str(error), _CLOSE) from error
    except NoRoom as error:
        counts.message_refused(transport, "full")
        raise Refusal(503, str(error), _AGAIN) from error
    except LogFailed as error:
        counts.message_refused(transport, "log")
        raise Refusal(503, str(error), _AGAIN) from error
