"""Rows of the spans table back into spans, column by column."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from clew.span.model import Annotation, Endpoint, Kind, Micros, Span
from clew.trace.dependencies import Alike, ByLink, Calls

COLUMNS = (
    "trace_hi, trace_lo, id, parent_id, kind, name, ts, duration, service, ipv4, ipv6, port,"
    " remote_service, remote_ipv4, remote_ipv6, remote_port, ann_ts, ann_value, tags, debug, shared"
)
"""What :func:`spans` needs, in any order."""

_KINDS = (None, *Kind)
_ANY_TRACE = "1".rjust(16, "0")


def spans(rows: pa.Table) -> list[Span]:
    """One span a row, in the order of the rows."""
    rows = rows.combine_chunks()
    return [
        Span(
            trace_id=trace_id(hi, lo),
            parent_id=f"{parent:016x}" if parent else None,
            id=f"{own:016x}",
            kind=_KINDS[kind],
            name=name or None,
            timestamp=Micros(ts) if ts else None,
            duration=Micros(duration) if duration else None,
            local_endpoint=local,
            remote_endpoint=remote,
            annotations=annotations,
            tags=tags,
            debug=debug,
            shared=shared,
        )
        for (
            hi, lo, own, parent, kind, name, ts, duration,
            local, remote, annotations, tags, debug, shared,
        ) in zip(
            *(numbers(rows, column) for column in ("trace_hi", "trace_lo", "id", "parent_id")),
            numbers(rows, "kind"),
            texts(rows, "name"),
            numbers(rows, "ts"),
            numbers(rows, "duration"),
            _endpoints(rows, ""),
            _endpoints(rows, "remote_"),
            _annotations(rows),
            _tags(rows),
            rows["debug"].to_pylist(),
            rows["shared"].to_pylist(),
            strict=True,
        )
    ]  # fmt: skip


def trace_id(hi: int, lo: int) -> str:
    """The text of a trace id."""
    return f"{hi:016x}{lo:016x}" if hi else f"{lo:016x}"


def alike(rows: pa.Table) -> Iterator[Alike]:
    """Of each row, which is a trace as lists, what links need, and the traces it stands for."""
    lists = {column: _chunk(rows, column) for column in rows.column_names if column != "durations"}
    if not len(rows):
        return
    ends = _offsets(lists["id"])
    flat = pa.table({column: values.values for column, values in lists.items()})
    firsts = [first for first, end in pairwise(ends) for _ in range(first, end)]
    spans = [
        Span(
            trace_id=_ANY_TRACE,
            parent_id=f"{parent:016x}" if parent else None,
            id=f"{own:016x}",
            kind=_KINDS[kind],
            duration=Micros(place - first + 1) if timed else None,
            local_endpoint=local,
            remote_endpoint=remote,
            tags={"error": ""} if error else {},
            shared=shared,
        )
        for place, (first, own, parent, kind, local, remote, shared, error, timed) in enumerate(
            zip(
                firsts,
                *(numbers(flat, column) for column in ("id", "parent_id", "kind")),
                _endpoints(flat, ""),
                _endpoints(flat, "remote_", ("service",)),
                *(flat[column].to_pylist() for column in ("shared", "error", "timed")),
                strict=True,
            )
        )
    ]
    durations = _chunk(rows, "durations")
    traces, values = _offsets(durations), _array(durations.values.values)
    read = _offsets(durations.values)
    for (first, end), (begin, after) in zip(pairwise(ends), pairwise(traces), strict=True):
        taken = values[read[begin] : read[after]].reshape(after - begin, end - first)
        yield Alike(spans[first:end], taken.astype(np.uint64, copy=False))


def calls(rows: pa.Table) -> ByLink:
    """Calls by who called whom."""
    steps = _chunk(rows, "steps")
    if not len(rows):
        return {}
    counted = _array(steps.values).astype(np.uint64, copy=False)
    return {
        (parent, child): Calls(
            count=count, errors=errors, steps=counted[first:end].copy(), longest=longest
        )
        for parent, child, count, errors, longest, (first, end) in zip(
            *(texts(rows, column) for column in ("parent", "child")),
            *(numbers(rows, column) for column in ("calls", "errors", "longest")),
            pairwise(_offsets(steps)),
            strict=True,
        )
    }


def distinct(spans: Iterable[Span]) -> list[Span]:
    """``spans`` without repetitions of exactly equal ones, in their order."""
    # normal spans are equal when their encodings are, and those can be hashed
    return list({msgspec.msgpack.encode(span): span for span in spans}.values())


def numbers(rows: pa.Table, column: str) -> list[int]:
    """A column of numbers without nulls."""
    values: list[int] = _array(_chunk(rows, column)).tolist()
    return values


def texts(rows: pa.Table, column: str) -> list[str]:
    """A column of text without nulls."""
    return _texts(_chunk(rows, column))


def _chunk(rows: pa.Table, column: str) -> pa.Array:
    chunked = rows[column]
    match chunked.num_chunks:
        case 0:
            return pa.nulls(0, chunked.type)  # combine_chunks() would import pandas
        case 1:
            return chunked.chunk(0)
        case _:
            return pa.concat_arrays(chunked.chunks)


def _array(values: pa.Array) -> npt.NDArray[np.generic]:
    # not to_numpy(), which would import pandas
    dtype = np.dtype(str(values.type))
    data = values.buffers()[1]
    if data is None:
        return np.empty(0, dtype)
    return np.frombuffer(data, dtype)[values.offset : values.offset + len(values)]


def _texts(values: pa.Array) -> list[str]:
    texts: list[str] = values.to_pylist()
    return texts


def _offsets(values: pa.Array) -> list[int]:
    offsets: list[int] = _array(values.offsets).tolist()
    return offsets


def _endpoints(
    rows: pa.Table, side: str, parts: Sequence[str] = ("service", "ipv4", "ipv6", "port")
) -> list[Endpoint | None]:
    """One value for each different endpoint: there are few of them."""
    read = [
        numbers(rows, side + part) if part == "port" else texts(rows, side + part) for part in parts
    ]
    known: dict[tuple[str | int, ...], Endpoint | None] = {}
    endpoints: list[Endpoint | None] = []
    for key in zip(*read, strict=True):
        if key not in known:
            known[key] = _endpoint(*key)
        endpoints.append(known[key])
    return endpoints


def _endpoint(service: str, ipv4: str = "", ipv6: str = "", port: int = 0) -> Endpoint | None:
    if not (service or ipv4 or ipv6 or port):
        return None
    return Endpoint(
        service_name=service or None, ipv4=ipv4 or None, ipv6=ipv6 or None, port=port or None
    )


def _annotations(rows: pa.Table) -> list[tuple[Annotation, ...]]:
    times, values = _chunk(rows, "ann_ts"), _chunk(rows, "ann_value")
    ends = _offsets(times)
    if ends[0] == ends[-1]:
        return [()] * len(times)
    annotations = [
        Annotation(timestamp=Micros(ts), value=value)
        for ts, value in zip(_array(times.values).tolist(), _texts(values.values), strict=True)
    ]
    return [tuple(annotations[a:b]) for a, b in pairwise(ends)]


def _tags(rows: pa.Table) -> list[dict[str, str]]:
    tags = _chunk(rows, "tags")
    ends = _offsets(tags)
    pairs = list(zip(_texts(tags.keys), _texts(tags.items), strict=True))
    return [dict(pairs[a:b]) for a, b in pairwise(ends)]
