from __future__ import annotations

from clew.mesh.config.linker import read_linker
from clew.mesh.serve.mesh_page import Running, mesh_document
from clew.mesh.serve.refusals import Refusal

LINKER = """
routers:
- protocol: http
  label: out
  dtab: /svc => /#/io.l5d.fs; /svc/a => 0.9*/x & 0.1*/y;
  dstPrefix: /svc
  servers:
  - port: 4140
  - {port: 4150, ip: 0.0.0.0, tls: auto}
  - {port: 4151, tls: {kind: auto, permissive: true}}
"""


def test_the_pages_are_told_what_they_cannot_find_elsewhere() -> None:
    running = Running(version="1", envoy="2", started=3, configured=4)
    refused = [Refusal(file="linkerd.yaml", why="line 2", since=5)]
    linker = read_linker(LINKER, "linkerd.yaml")
    assert mesh_document(running, linker, refused, [("127.0.0.1", 9411)]) == {
        "version": "1",
        "envoy": "2",
        "started": 3,
        "configured": 4,
        "refused": [{"file": "linkerd.yaml", "why": "line 2", "since": 5}],
        "collectors": [{"host": "127.0.0.1", "port": 9411}],
        "routers": [
            {
                "label": "out",
                "protocol": "http",
                "prefix": "/svc",
                "servers": ["127.0.0.1/4140", "0.0.0.0/4150", "127.0.0.1/4151"],
                "auto_tls": {"0.0.0.0/4150": "strict", "127.0.0.1/4151": "permissive"},
                "interpreter": "default",
                "dtab": [
                    {"prefix": "/svc", "dst": "/#/io.l5d.fs"},
                    {"prefix": "/svc/a", "dst": "0.90*/x & 0.10*/y"},
                ],
            }
        ],
    }
