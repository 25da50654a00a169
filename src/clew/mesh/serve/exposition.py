"""Metrics written as Linkerd writes them: Prometheus text, and ``metrics.json``. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, assert_never

from clew.mesh.serve.metrics import Count, Distribution, Metric, Scope

_PROMETHEUS_QUANTILES = ("0", "0.5", "0.9", "0.95", "0.99", "0.999", "0.9999", "1")
_JSON_QUANTILES = {
    "min": 0.0,
    "p50": 0.5,
    "p90": 0.9,
    "p95": 0.95,
    "p99": 0.99,
    "p9990": 0.999,
    "p9999": 0.9999,
    "max": 1.0,
}
_STATISTICS = frozenset({"count", "sum", "avg", *_JSON_QUANTILES})


def prometheus_text(metrics: Iterable[Metric], prefix: str = "") -> str:
    """``rt:server:requests{rt="outgoing", server="0.0.0.0/4140"} 12``, one a line.

    ``prefix`` is put in front of each name.
    """
    return "".join(f"{prefix}{line}\n" for metric in metrics for line in _lines(metric))


def influx_lines(metrics: Iterable[Metric], host: str) -> str:
    """InfluxDB's line protocol: ``rt:server,host=h,rt=outgoing,server=0.0.0.0/4140 requests=12``.

    One line for each server, service and client.
    """
    fields: dict[Scope, list[str]] = {}
    for metric in metrics:
        start = len("/".join(part for label in metric.scope.labels for part in label)) + 1
        fields.setdefault(metric.scope, []).extend(
            f"{_influx(key[start:].replace('/', ':').replace('.', '_'))}={value}"
            for key, value in _entries(metric)
        )
    return "".join(
        f"{':'.join(key for key, _ in scope.labels)}{_tags(scope, host)} {','.join(values)}\n"
        for scope, values in fields.items()
        if values
    )


def metrics_json(metrics: Iterable[Metric]) -> dict[str, int | float]:
    """``{"rt/outgoing/server/0.0.0.0/4140/requests": 12}``."""
    return dict(entry for metric in metrics for entry in _entries(metric))


def tree(flat: Mapping[str, int | float]) -> dict[str, Any]:
    """The same, nested at the slashes.

    A value is ``{"counter": n}``, or ``{"stat.p50": n, …}`` for what was measured.
    """
    root: dict[str, Any] = {}
    for key, value in sorted(flat.items()):
        path, _, part = key.rpartition("/")
        name, dot, statistic = part.rpartition(".")
        node = root
        measured = bool(dot) and statistic in _STATISTICS
        for step in (*path.split("/"), name if measured else part):
            node = node.setdefault(step, {})
        node[f"stat.{statistic}" if measured else "counter"] = value
    return root


def _lines(metric: Metric) -> Iterator[str]:
    name = ":".join((*(key for key, _ in metric.scope.labels), *metric.name.split("/")))
    match metric:
        case Count(scope, _, value):
            yield f"{name}{_braces(scope)} {value}"
        case Distribution(scope, _, total, recent):
            if recent.count:
                for share in _PROMETHEUS_QUANTILES:
                    at = _number(recent.quantile(float(share)))
                    yield f"{name}{_braces(scope, ('quantile', share))} {at}"
                yield f"{name}_avg{_braces(scope)} {_number(recent.sum / recent.count)}"
            yield f"{name}_count{_braces(scope)} {total.count}"
            yield f"{name}_sum{_braces(scope)} {_number(total.sum)}"
        case _:
            assert_never(metric)


def _entries(metric: Metric) -> Iterator[tuple[str, int | float]]:
    key = "/".join(part for label in metric.scope.labels for part in label) + f"/{metric.name}"
    match metric:
        case Count(_, _, value):
            yield key, value
        case Distribution(_, _, _, recent):
            if not recent.count:
                return
            yield f"{key}.count", recent.count
            yield f"{key}.sum", _number(recent.sum)
            yield f"{key}.avg", _number(recent.sum / recent.count)
            for name, share in _JSON_QUANTILES.items():
                yield f"{key}.{name}", _number(recent.quantile(share))
        case _:
            assert_never(metric)


def _tags(scope: Scope, host: str) -> str:
    tags = sorted((("host", host), *scope.labels))
    return "".join(f",{key}={_influx(value)}" for key, value in tags if value)


def _influx(text: str) -> str:
    return re.sub(r"([,= \\])", r"\\\1", text)


def _braces(scope: Scope, *more: tuple[str, str]) -> str:
    return (
        "{" + ", ".join(f'{key}="{_escaped(value)}"' for key, value in (*scope.labels, *more)) + "}"
    )


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _number(value: float) -> int | float:
    """Rounded to microseconds, without ``.0``."""
    rounded = round(value, 3)
    return int(rounded) if rounded.is_integer() else rounded
