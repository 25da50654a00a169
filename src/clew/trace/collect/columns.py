"""Spans as columns: the last form before the store.

Arrow arrays are made over buffers, not by ``pa.array``: that would import pandas (50 MB, 0.3 s)
only to ask whether its argument comes from it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Sized
from itertools import chain

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from clew.span.model import Endpoint, Kind, Micros, Span
from clew.trace.store import SPAN_SCHEMA

_MINUTE = 60_000_000
_OLDEST = 7 * 24 * 60 * _MINUTE
_NEWEST = 60 * _MINUTE
_NOWHERE = Endpoint()
_KINDS = {None: 0} | {kind: number for number, kind in enumerate(Kind, start=1)}


def table(spans: Sequence[Span], arrival: Micros) -> pa.Table:
    """``spans`` as rows of :data:`~clew.trace.store.SPAN_SCHEMA`, received at ``arrival``."""
    trace_hi, trace_lo = _trace_ids([span.trace_id for span in spans])
    ts = np.array([span.timestamp or 0 for span in spans], np.int64)
    tags = [span.tags for span in spans]
    keys = list(chain.from_iterable(tags))
    values = list(chain.from_iterable(map(dict.values, tags)))
    annotations = list(chain.from_iterable(span.annotations for span in spans))
    annotation_ends = _offsets([span.annotations for span in spans])
    columns = {
        "trace_hi": _numbers(trace_hi),
        "trace_lo": _numbers(trace_lo),
        "id": _numbers(_ids([span.id for span in spans])),
        "parent_id": _numbers(_ids([span.parent_id or "0" * 16 for span in spans])),
        "kind": _numbers(np.array([_KINDS[span.kind] for span in spans], np.int8)),
        "name": _texts([span.name or "" for span in spans]),
        "ts": _numbers(ts),
        "duration": _numbers(np.array([span.duration or 0 for span in spans], np.uint64)),
        **_endpoints("", [span.local_endpoint or _NOWHERE for span in spans]),
        **_endpoints("remote_", [span.remote_endpoint or _NOWHERE for span in spans]),
        "ann_ts": _lists(
            "ann_ts",
            annotation_ends,
            _numbers(np.array([annotation.timestamp for annotation in annotations], np.int64)),
        ),
        "ann_value": _lists(
            "ann_value", annotation_ends, _texts([annotation.value for annotation in annotations])
        ),
        "tags": _maps("tags", _offsets(tags), keys, values),
        "debug": _flags(span.debug for span in spans),
        "shared": _flags(span.shared for span in spans),
        "bucket": _numbers(buckets(ts, arrival)),
    }
    return pa.Table.from_arrays([columns[name] for name in SPAN_SCHEMA.names], schema=SPAN_SCHEMA)


def buckets(ts: npt.NDArray[np.int64], arrival: Micros) -> npt.NDArray[np.uint32]:
    """The minute under which each span is filed: of its start, if that is near its arrival.

    A wrong clock must not open a partition in 1970 or 2090, so the start is clamped to the week
    before arrival and the hour after it; a span without a start is filed under its arrival.
    """
    known = np.where(ts == 0, arrival, ts)
    clamped = np.clip(known, arrival - _OLDEST, arrival + _NEWEST)
    return np.asarray(np.maximum(clamped, 0) // _MINUTE, np.uint32)


def _trace_ids(ids: list[str]) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint64]]:
    halves = _ids([trace_id.rjust(32, "0") for trace_id in ids])
    return halves[0::2].copy(), halves[1::2].copy()


def _ids(ids: list[str]) -> npt.NDArray[np.uint64]:
    """Each 16 lower-hex characters as a number. The spans are normal, so nothing is checked."""
    return np.frombuffer(bytes.fromhex("".join(ids)), ">u8").astype(np.uint64)


def _endpoints(side: str, endpoints: list[Endpoint]) -> dict[str, pa.Array]:
    return {
        f"{side}service": _texts([endpoint.service_name or "" for endpoint in endpoints]),
        f"{side}ipv4": _texts([endpoint.ipv4 or "" for endpoint in endpoints]),
        f"{side}ipv6": _texts([endpoint.ipv6 or "" for endpoint in endpoints]),
        f"{side}port": _numbers(
            np.array([endpoint.port or 0 for endpoint in endpoints], np.uint16)
        ),
    }


def _numbers(values: npt.NDArray[np.generic]) -> pa.Array:
    return pa.Array.from_buffers(
        pa.from_numpy_dtype(values.dtype), len(values), [None, pa.py_buffer(values)]
    )


def _flags(values: Iterable[bool]) -> pa.Array:
    flags = np.fromiter(values, np.bool_)
    bits = np.packbits(flags, bitorder="little")
    return pa.Array.from_buffers(pa.bool_(), len(flags), [None, pa.py_buffer(bits)])


def _texts(values: list[str]) -> pa.Array:
    joined = "".join(values)
    if joined.isascii():
        data, offsets = joined.encode(), _offsets(values)
    else:
        # a lone surrogate must not make the whole batch unwritable
        encoded = [value.encode("utf-8", "replace") for value in values]
        data, offsets = b"".join(encoded), _offsets(encoded)
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(data)]
    return pa.Array.from_buffers(pa.string(), len(values), buffers)


def _offsets(parts: Sequence[Sized]) -> npt.NDArray[np.int32]:
    """Where each of ``parts`` begins when they are put one after the other, and where all end."""
    lengths = np.fromiter(map(len, parts), np.int32, len(parts))
    offsets = np.zeros(len(parts) + 1, np.int32)
    np.cumsum(lengths, out=offsets[1:])
    return offsets


def _lists(column: str, offsets: npt.NDArray[np.int32], items: pa.Array) -> pa.Array:
    type_ = SPAN_SCHEMA.field(column).type
    buffers = [None, pa.py_buffer(offsets)]
    return pa.Array.from_buffers(type_, len(offsets) - 1, buffers, children=[items])


def _maps(
    column: str, offsets: npt.NDArray[np.int32], keys: list[str], values: list[str]
) -> pa.Array:
    type_ = SPAN_SCHEMA.field(column).type
    entry = pa.struct([type_.key_field, type_.item_field])
    entries = pa.Array.from_buffers(
        entry, len(keys), [None], children=[_texts(keys), _texts(values)]
    )
    return pa.Array.from_buffers(
        type_, len(offsets) - 1, [None, pa.py_buffer(offsets)], children=[entries]
    )
