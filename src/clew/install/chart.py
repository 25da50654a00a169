"""A Helm chart, made of what is printed: options become values, and the text stays the same.

The objects are made with marks in place of options, which then become the values' templates. Where
an option decides more than a text they are made for both cases, and what differs becomes a choice.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from functools import cache
from typing import Any

from clew import __version__
from clew.install import options as rules
from clew.install.objects import Object
from clew.install.options import Options
from clew.install.render import PARTS
from clew.install.written import written


@dataclass(frozen=True, slots=True)
class Value:
    """How an option stands in the chart."""

    option: str
    marks: Mapping[str, str]
    """What stands for it in the text, and the template in place of that."""
    mark: Any
    """The option, when it is marked."""
    switch: bool = False
    """Whether leaving it empty changes more than a text."""
    rule: Mapping[str, Any] | None = None
    """What JSON schema says of it, beside its type."""

    @property
    def name(self) -> str:
        """``outgoingPort``, as values are named."""
        first, *rest = self.option.split("_")
        return first + "".join(word.capitalize() for word in rest)


def _text(option: str, mark: Any, *, switch: bool = False, **rule: Any) -> Value:
    """An option that is written as it is, and what JSON schema says of it."""
    value = Value(option, {}, mark, switch, rule)
    return replace(value, marks={str(mark): f"{{{{ .Values.{value.name} }}}}"})


def _whole(pattern: re.Pattern[str]) -> str:
    return f"^({pattern.pattern})$"


_STEP = "send"
"""Whose texts stand nowhere else."""


def _by_step(side: int) -> str:
    """What stands for servers, or for clients."""
    pairs = " ".join(f'"{step}" "{texts[side]}"' for step, texts in rules.TLS.items())
    return f"{{{{ get (dict {pairs}) .Values.tls }}}}"


_PORT: Mapping[str, Any] = {"minimum": 1, "maximum": 65535}
_COLLECTOR = '{{{{ (split ":" .Values.collector)._{} }}}}'

VALUES: Sequence[Value] = (
    _text("image", "marked-image", pattern=_whole(rules.IMAGE)),
    _text("outgoing_port", 61001, **_PORT),
    _text("incoming_port", 61002, **_PORT),
    _text("admin_port", 61003, **_PORT),
    _text("service_type", "marked-type", enum=list(rules.SERVICE_TYPES)),
    Value("host_network", {}, True, switch=True),
    Value(
        "tls",
        {rules.TLS[_STEP][side]: _by_step(side) for side in range(2)},
        _STEP,
        switch=True,
        rule={"enum": ["", *rules.TLS]},
    ),
    Value(
        "collector",
        {"marked-collector": _COLLECTOR.format(0), "61004": _COLLECTOR.format(1)},
        "marked-collector:61004",
        switch=True,
        rule={"pattern": f"^$|{_whole(rules.COLLECTOR)}"},
    ),
    _text("sample_rate", 0.61005, minimum=0, maximum=1),
    _text("store", "clickhouse://marked-store", switch=True, pattern=f"^$|{_whole(rules.STORE)}"),
    _text("store_secret", "marked-secret", pattern=_whole(rules.NAME)),
    Value(
        "storage",
        {"61006Gi": "{{ .Values.storage }}"},
        "61006Gi",
        rule={"pattern": _whole(rules.QUANTITY)},
    ),
    _text("storage_class", "marked-class", switch=True, pattern=f"^$|{_whole(rules.NAME)}"),
)
"""Every option but the namespace, which is that of the release, and a linker file of one's own, of
which too much else follows."""

_NAMESPACE = "marked-namespace"
_MARKED = Options(namespace=_NAMESPACE, **{each.option: each.mark for each in VALUES})
_TEMPLATES = {
    # longer ones first: what is derived from an option may begin with its mark
    _MARKED.max_disk: '{{ include "clew.maxDisk" . }}',
    _NAMESPACE: "{{ .Release.Namespace }}",
    **{mark: template for each in VALUES for mark, template in each.marks.items()},
}
_SWITCHES = tuple(each for each in VALUES if each.switch)

_HELPERS = """\
{{- define "clew.maxDisk" -}}
{{- $units := dict UNITS -}}
{{- $number := regexFind "^[0-9]+" .Values.storage | int64 -}}
{{- div (mul $number (get $units (regexFind "[A-Z]i$" .Values.storage)) 4) 5000000 -}}
MB
{{- end -}}
"""
_CHART = f"""\
apiVersion: v2
name: clew
description: A service mesh that shows what it does, its traces, and the apps of the blog post
type: application
version: {__version__}
appVersion: {__version__}
"""
_END = "{{- end }}\n"
_ABOUT = "# made by clew install --chart; each value is the option of that name"


def chart(options: Options) -> Mapping[str, str]:
    """The text of each file, by its path in the chart; ``options`` are the defaults of values.

    Raises InstallError for options that make no manifest.
    """
    options.check()
    units = " ".join(f'"{unit}" {size}' for unit, size in rules.UNITS.items())
    return {
        "Chart.yaml": _CHART,
        "values.yaml": f"{_ABOUT}\n{written(_values(options))}",
        "values.schema.json": json.dumps(_schema(), indent=2) + "\n",
        "templates/_helpers.tpl": _HELPERS.replace("UNITS", units),
        **{f"templates/{part}.yaml": _part(part, make) for part, make in PARTS.items()},
    }


def _values(options: Options) -> Object:
    return {"parts": dict.fromkeys(PARTS, True)} | {
        each.name: getattr(options, each.option) for each in VALUES
    }


def _schema() -> Object:
    types = {bool: "boolean", int: "integer", float: "number", str: "string"}
    parts = {part: {"type": "boolean"} for part in PARTS}
    properties: Object = {
        "parts": {"type": "object", "additionalProperties": False, "properties": parts}
    }
    for each in VALUES:
        default = getattr(Options(), each.option)
        properties[each.name] = {"type": types[type(default)], **(each.rule or {})}
    return {
        "$schema": "https://json-schema.org/draft-07/schema#",
        "type": "object",
        "properties": {**properties, "global": {"type": "object"}},
        "additionalProperties": False,
    }


@cache
def _part(part: str, make: Callable[[Options], list[Object]]) -> str:
    """Its templates, which no option changes."""
    lines = _switched(lambda options: _marked(make(options)), _MARKED, _SWITCHES)
    return "".join([f"{{{{- if .Values.parts.{part} }}}}\n", *map(_template, lines), _END])


def _marked(objects: Sequence[Object]) -> Sequence[str]:
    text = "".join(f"---\n{written(each)}" for each in objects)
    assert "{{" not in text, "Helm would take this for a template"
    for mark, template in _TEMPLATES.items():
        text = text.replace(mark, template)
    return text.splitlines(keepends=True)


@dataclass(frozen=True, slots=True)
class _Choice:
    """Lines that depend on whether a value is empty."""

    value: str
    chosen: tuple[_Line, ...]
    empty: tuple[_Line, ...]


_Line = str | _Choice


def _switched(
    make: Callable[[Options], Sequence[str]], options: Options, switches: Sequence[Value]
) -> Sequence[_Line]:
    """What is made of ``options``, with each of the switches marked and left empty."""
    if not switches:
        return make(options)
    switch, *rest = switches
    off = replace(options, **{switch.option: getattr(Options(), switch.option)})
    chosen, empty = _switched(make, options, rest), _switched(make, off, rest)
    lines: list[_Line] = []
    for tag, i, j, k, end in SequenceMatcher(None, chosen, empty, autojunk=False).get_opcodes():
        if tag == "equal":
            lines += chosen[i:j]
        else:
            lines.append(_Choice(switch.name, tuple(chosen[i:j]), tuple(empty[k:end])))
    return lines


def _template(line: _Line) -> str:
    if isinstance(line, str):
        return line
    chosen, empty = ("".join(map(_template, lines)) for lines in (line.chosen, line.empty))
    if not chosen:
        return f"{{{{- if not .Values.{line.value} }}}}\n{empty}{_END}"
    otherwise = f"{{{{- else }}}}\n{empty}" if empty else ""
    return f"{{{{- if .Values.{line.value} }}}}\n{chosen}{otherwise}{_END}"
