from __future__ import annotations

from clew.mesh.binding.kept_dtabs import dtab_places, with_dtabs
from clew.mesh.config.linker import Linker, read_linker
from clew.mesh.config.transformers import PortTransformer
from clew.mesh.naming.dtab import Dtab


def linker() -> Linker:
    return read_linker(
        """
        routers:
        - protocol: http
          label: a
          dtab: /svc => /own
          interpreter:
            kind: io.l5d.fs
            dtabFile: a.dtab
            transformers: [{kind: io.l5d.port, port: 4141}]
          servers: [{port: 4140}]
        - protocol: http
          label: b
          dtab: /svc => /own
          servers: [{port: 4141}]
        """,
        "l5d.yaml",
    )


def test_the_dtab_of_a_file_comes_before_the_routers() -> None:
    assert dtab_places(linker()) == {"a.dtab"}
    read = with_dtabs(linker(), {"a.dtab": Dtab.read("/svc => /filed")})
    first, second = read.routers
    assert str(first.dtab) == "/svc=>/filed;/svc=>/own"
    assert first.interpreter.kind == "default"
    assert first.interpreter.transformers == (PortTransformer(port=4141),)
    assert second == linker().routers[1]
    assert dtab_places(read) == set()


def test_without_its_file_a_router_stays_as_it_is() -> None:
    unread = linker()
    assert with_dtabs(unread, {"other.dtab": Dtab()}) is unread
