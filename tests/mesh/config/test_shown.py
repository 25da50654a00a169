from __future__ import annotations

import json

from clew.mesh.config.linker import read_linker
from clew.mesh.config.shown import shown

LINKER = """
namers: [{kind: io.l5d.fs, rootDir: disco}]
routers:
- protocol: http
  dtab: /svc => /#/io.l5d.fs
  client: {kind: io.l5d.static, configs: [{prefix: "/#/io.l5d.fs/{service}", tls: {commonName: x}}]}
  servers: [{port: 4140, addForwardedHeader: {for: {kind: "ip:port"}}}]
"""


def test_a_file_is_shown_by_its_own_words_and_can_be_read_again() -> None:
    linker = read_linker(LINKER, "linkerd.yaml")
    document = shown(linker)
    router = document["routers"][0]
    assert router["protocol"] == "http"
    assert router["dtab"] == "/svc=>/#/io.l5d.fs"
    assert router["dstPrefix"] == "/svc"
    assert router["client"]["configs"][0]["prefix"] == "/#/io.l5d.fs/{service}"
    assert document["namers"][0]["kind"] == "io.l5d.fs"
    again = json.loads(json.dumps(document), object_hook=_without_none)
    assert read_linker(json.dumps(again), "config.json") == linker


def _without_none(mapping: dict[str, object]) -> dict[str, object]:
    return {key: value for key, value in mapping.items() if value is not None}
