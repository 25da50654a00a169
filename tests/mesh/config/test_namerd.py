from __future__ import annotations

import pytest

from clew.mesh.config.interfaces import HttpController
from clew.mesh.config.linker import ConfigError
from clew.mesh.config.namerd import read_namerd
from clew.mesh.config.notes import notes
from clew.mesh.config.storage import DirectoryStorage, InMemoryStorage
from clew.mesh.naming.dtab import Dtab

MEMORY = "storage: {kind: io.l5d.inMemory}\n"
HTTP = "interfaces: [{kind: io.l5d.httpController}]\n"


def test_a_file_of_namerds_own_examples() -> None:
    namerd = read_namerd(
        """\
admin: {ip: 0.0.0.0}
storage:
  kind: io.l5d.inMemory
  namespaces:
    default: |
      # web alone
      /svc => /#/io.l5d.fs;
    internal: ""
namers:
- {kind: io.l5d.fs, rootDir: disco}
interfaces:
- {kind: io.l5d.thriftNameInterpreter, port: 4100, cache: {bindingCacheActive: 10}}
- {kind: io.l5d.httpController, ip: 0.0.0.0}
""",
        "namerd.yml",
    )

    assert namerd.storage == InMemoryStorage(
        namespaces={"default": Dtab.read("/svc => /#/io.l5d.fs"), "internal": Dtab()}
    )
    assert namerd.controllers == (HttpController(ip="0.0.0.0", port=4180),)
    assert namerd.admin.port == 9991
    assert notes(namerd) == (
        "interfaces[0] (io.l5d.thriftNameInterpreter) has no effect: meshes ask "
        "io.l5d.httpController, by their interpreter io.l5d.namerd.http",
    )


def test_dtabs_in_files() -> None:
    namerd = read_namerd(f"storage: {{kind: io.clew.fs, directory: dtabs}}\n{HTTP}", "namerd.yml")

    assert namerd.storage == DirectoryStorage(directory="dtabs")


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        pytest.param(
            "",
            ["1: the file is empty (it needs 'storage' and 'interfaces')"],
            id="empty",
        ),
        pytest.param(
            MEMORY,
            ["1: At least one interface must be specified in the configuration."],
            id="no interfaces",
        ),
        pytest.param(
            f"{MEMORY}interfaces: [{{kind: io.l5d.mesh}}]",
            [
                "2: none of the interfaces is io.l5d.httpController, which is the one that clew "
                "serves; add it, and let meshes use the interpreter io.l5d.namerd.http"
            ],
            id="none that is served",
        ),
        pytest.param(
            f"storage: {{kind: io.l5d.zk, zkAddrs: []}}\n{HTTP}",
            [
                "1: storage: io.l5d.zk is not available in this version of clew; use io.clew.fs "
                "with a directory, or io.l5d.inMemory"
            ],
            id="a storage that is elsewhere",
        ),
        pytest.param(
            f"{MEMORY}{HTTP}admin: {{port: 4180}}",
            ["2: port 4180 of 127.0.0.1 is taken already"],
            id="one port twice",
        ),
        pytest.param(
            f"{MEMORY}{HTTP}namers:\n- {{kind: io.l5d.fs, rootDir: a, prefix: /x}}\n"
            "- {kind: io.l5d.fs, rootDir: b, prefix: /x/y}",
            ["5: the prefixes /x and /x/y of two namers overlap"],
            id="namers that overlap",
        ),
        pytest.param(
            f"storage:\n  kind: io.l5d.inMemory\n  namespaces:\n    a: /svc = /b\n    b: []\n"
            f"    b: /c\n{HTTP}",
            [
                "4: storage.namespaces.a: '>' expected but ' ' found at '/svc =[ ]/b'",
                "5: storage.namespaces.b: a list is not a single value",
                "6: key 'b' is here for the second time in storage.namespaces",
            ],
            id="dtabs that are none",
        ),
        pytest.param(
            f"storage: {{kind: io.l5d.inMemory, namespaces: [a]}}\n{HTTP}",
            ["1: storage.namespaces: a list is not a mapping"],
            id="a list of namespaces",
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_line(text: str, problems: list[str]) -> None:
    with pytest.raises(ConfigError) as refused:
        read_namerd(text, "namerd.yml")

    assert str(refused.value).splitlines() == [f"namerd.yml:{line}" for line in problems]
