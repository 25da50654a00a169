"""Golden cases of compile: one file each, a linker file, what the world is, what Envoy gets.

The last document has the sections that the case is about; ``CLEW_WRITE_GOLDEN=1`` writes them anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path as File
from typing import Any

import yaml
from google.protobuf import json_format
from google.protobuf.any_pb2 import Any as PackedAny

from clew.mesh.compile import Admission, Compiled, Limits, compile_linker
from clew.mesh.config.linker import read_linker
from clew.mesh.naming.answer import Answer, Broken, Missing, Waiting
from clew.mesh.naming.bound import Address, Addresses, AddrNeg, Bound
from clew.mesh.naming.path import Path
from clew.mesh.xds.snapshot import CLUSTER, ENDPOINT, LISTENER, ROUTE, SECRET, TypeUrl

SEPARATOR = "\n---\n"
_KINDS = {
    "listeners": LISTENER,
    "routes": ROUTE,
    "clusters": CLUSTER,
    "endpoints": ENDPOINT,
    "secrets": SECRET,
}


@dataclass(frozen=True)
class Case:
    """A golden file, read."""

    file: File
    linker: str
    world: Mapping[str, Any]
    expected: Mapping[str, Any]

    @staticmethod
    def read(file: File) -> Case:
        linker, world, expected = file.read_text().split(SEPARATOR)
        return Case(file, linker, yaml.safe_load(world), yaml.safe_load(expected))

    def compile(self) -> Compiled:
        linker = read_linker(self.linker, self.file.name)
        answers = {
            Path.read(path): answer(Path.read(path), said)
            for path, said in self.world.get("answers", {}).items()
        }
        return compile_linker(
            linker,
            self.world.get("asked", []),
            answers,
            admission=Admission(**self.world.get("admission", {})),
            limits=Limits(**self.world.get("limits", {})),
            files={path: text.encode() for path, text in self.world.get("files", {}).items()},
        )

    def write(self, sections: Mapping[str, Any]) -> None:
        world = self.file.read_text().split(SEPARATOR)[1]
        expected = yaml.safe_dump(dict(sections), sort_keys=False, width=100)
        self.file.write_text(SEPARATOR.join([self.linker, world, expected]))


def answer(path: Path, said: Any) -> Answer:
    """``missing``, ``waiting``, ``{broken: why}``, or a list of ``host port [* weight]``."""
    match said:
        case "missing":
            return Missing()
        case "waiting":
            return Waiting()
        case {"broken": why}:
            return Broken(why)
        case {"gone": id}:
            return Bound(Path.read(id), AddrNeg())
        case {"id": id, "endpoints": lines, "residual": residual}:
            members = frozenset(map(address, lines))
            return Bound(Path.read(id), Addresses(members), Path.read(residual))
        case [*lines]:
            return Bound(path, Addresses(frozenset(map(address, lines))))
    raise AssertionError(f"what is {said!r}?")


def address(line: str) -> Address:
    place, _, weight = line.partition("*")
    host, port = place.split()
    return Address(host, int(port), float(weight or 1))


def shown(compiled: Compiled, section: str) -> Any:
    """One section of what a case expects, as YAML holds it."""
    match section:
        case "wanted":
            return sorted(map(str, compiled.wanted))
        case "refused":
            return sorted(compiled.refused)
        case "states":
            return {name: named.state.value for name, named in compiled.names.items()}
    kind = _KINDS[section]
    resources = compiled.snapshot.of_type(kind)
    return {name: _message(kind, resources[name].body) for name in sorted(resources)}


def _message(kind: TypeUrl, body: bytes) -> Any:
    packed = json_format.MessageToDict(
        PackedAny(type_url=kind, value=body), preserving_proto_field_name=True
    )
    del packed["@type"]
    return _shortened(packed)


def _shortened(value: Any) -> Any:
    """The table of l5d-sample has 250 entries that differ in one number: three are enough."""
    if isinstance(value, list):
        return [_shortened(each) for each in value]
    if not isinstance(value, dict):
        return value
    if set(value) >= {"0.25", "1.0"}:
        kept = {key: _shortened(value[key]) for key in ("0.25", "1.0")}
        return kept | {"and": f"{len(value) - len(kept)} more"}
    return {key: _shortened(value[key]) for key in sorted(value)}
