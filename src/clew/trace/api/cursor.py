"""Where an answer ended, as text that the next request gives back."""

from __future__ import annotations

import base64
import binascii

import msgspec

from clew.trace.query import InvalidQuery, Place, Sort, TraceQuery


class Cursor(
    msgspec.Struct, frozen=True, kw_only=True, array_like=True, forbid_unknown_fields=True
):
    """What makes the next page begin where the last one ended, whatever arrives meanwhile.

    The window is in it: of a search that ends now, it would move from page to page.
    """

    sort: Sort
    end_ts_ms: int
    lookback_ms: int
    place: Place


def write_cursor(query: TraceQuery, last: Place) -> str:
    """The cursor behind the trace at ``last`` of the answer to ``query``."""
    cursor = Cursor(
        sort=query.sort, end_ts_ms=query.end_ts_ms, lookback_ms=query.lookback_ms, place=last
    )
    return base64.urlsafe_b64encode(msgspec.msgpack.encode(cursor)).decode().rstrip("=")


def read_cursor(text: str) -> Cursor:
    """The cursor that was written as ``text``. Raises InvalidQuery for any other text."""
    try:
        padded = text.encode("ascii") + b"=" * (-len(text) % 4)
        encoded = base64.b64decode(padded, altchars=b"-_", validate=True)
        cursor = msgspec.msgpack.decode(encoded, type=Cursor)
    except (UnicodeEncodeError, binascii.Error, msgspec.MsgspecError) as error:
        raise _not_ours() from error
    if not all(0 <= number < 2**64 for number in cursor.place):
        raise _not_ours()
    return cursor


def _not_ours() -> InvalidQuery:
    return InvalidQuery(
        "cursor: not one that this server gave", "ask without it for the first page"
    )
