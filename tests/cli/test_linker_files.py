from __future__ import annotations

import pytest

from clew.cli.linker_files import NoLinkerFile, linker_texts

MANIFEST = """\
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: l5d-config
data:
  other.txt: nothing
  config.yaml: |-
    admin:
      port: 9990
    routers:
    - protocol: http
---
apiVersion: v1
kind: Service
metadata: {name: l5d}
"""


def line(texts: list[str], word: str) -> int:
    """The line of the only text that has ``word``; 1 is the first."""
    (text,) = texts
    return text[: text.index(word)].count("\n") + 1


def test_a_linker_file_is_itself() -> None:
    for text in ("routers:\n- protocol: http\n", '{"routers": []}', "not: [yaml", "", "5"):
        assert linker_texts(text, "f") == [text]


@pytest.mark.parametrize(
    ("text", "word", "expected"),
    [
        pytest.param(MANIFEST, "routers", 11, id="a literal block"),
        pytest.param(MANIFEST.replace("|-", ">-"), "routers", 11, id="a folded block"),
        pytest.param(
            MANIFEST.replace("admin:", "admin: }"), "routers", 11, id="one with a mistake in it"
        ),
        pytest.param(
            'apiVersion: v1\nkind: ConfigMap\ndata:\n  l: "routers: []"\n',
            "routers",
            4,
            id="quoted",
        ),
        pytest.param(
            "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: ConfigMap\n"
            "  data:\n    l: |\n      # hello\n      routers: []\n",
            "routers",
            9,
            id="in a list",
        ),
        pytest.param(
            'apiVersion: v1\nkind: ConfigMap\ndata:\n  l: |\n    {\n    "routers": []}\n',
            "routers",
            6,
            id="JSON",
        ),
    ],
)
def test_entries_of_config_maps_keep_their_lines(text: str, word: str, expected: int) -> None:
    assert line(linker_texts(text, "m.yml"), word) == expected


def test_every_linker_file_of_a_manifest_is_found() -> None:
    assert len(linker_texts(MANIFEST + MANIFEST, "m.yml")) == 2


def test_a_manifest_without_one_is_told() -> None:
    with pytest.raises(NoLinkerFile, match=r"m\.yml: no ConfigMap in it holds a Linkerd file"):
        linker_texts(MANIFEST.replace("routers:", "storage:"), "m.yml")
