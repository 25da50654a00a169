"""As much of Helm's language as the chart uses, so that its text can be compared without Helm."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

_PARTS = re.compile(r"(\s*\{\{-.*?\}\}|\{\{.*?\}\})")
_TRIMMING = re.compile(r"\s*\{\{- (.*) \}\}")


def rendered(template: str, values: Mapping[str, Any], namespace: str, max_disk: str) -> str:
    """``max_disk`` is what the one helper says."""
    parts = iter(_PARTS.split(template))
    return "".join(_until_end(parts, values, namespace, max_disk, True)[0])


def _until_end(
    parts: Iterator[str], values: Mapping[str, Any], namespace: str, max_disk: str, shown: bool
) -> tuple[list[str], str]:
    """The text up to an ``else`` or ``end`` of this level, and that word; empty at the end."""
    text: list[str] = []
    for part in parts:
        trimming = _TRIMMING.fullmatch(part)
        if trimming is None:
            text.append(_value(part, values, namespace, max_disk))
        elif trimming[1] in ("else", "end"):
            return text if shown else [], trimming[1]
        else:
            chosen = _holds(trimming[1].removeprefix("if "), values)
            inner, word = _until_end(parts, values, namespace, max_disk, chosen)
            text += inner
            if word == "else":
                text += _until_end(parts, values, namespace, max_disk, not chosen)[0]
    return text, ""


def _holds(condition: str, values: Mapping[str, Any]) -> bool:
    path = condition.removeprefix("not ").removeprefix(".Values.").split(".")
    value: Any = values
    for key in path:
        value = value[key]
    return bool(value) is not condition.startswith("not ")


def _value(part: str, values: Mapping[str, Any], namespace: str, max_disk: str) -> str:
    match re.findall(r'[\w.:"]+', part) if part.startswith("{{") else []:
        case []:
            return part
        case [".Release.Namespace"]:
            return namespace
        case ["include", '"clew.maxDisk"', "."]:
            return max_disk
        case ["split", '":"', name, index]:
            # also of an empty one, whose branch is not shown
            return f"{values[name.removeprefix('.Values.')]}:".split(":")[int(index[2:])]
        case ["get", "dict", *_]:
            *pairs, name = re.findall(r'"[^"]*"|\.Values\.\w+', part)
            texts: dict[str, str] = dict(zip(pairs[::2], pairs[1::2], strict=True))
            # empty where there is none, as Helm has it
            return texts.get(f'"{values[name.removeprefix(".Values.")]}"', "").strip('"')
        case [name]:
            return str(values[name.removeprefix(".Values.")])
        case other:
            raise AssertionError(f"not known here: {other}")
