from __future__ import annotations

import pytest

from clew.mesh.xds.latency_log import Seen, read_line

LINES = [
    ("127.0.0.1:80 31035 40 out/svc/a", Seen("out/svc/a", "127.0.0.1:80", 0.031035)),
    ("[::1]:80 500 0 out/svc/a b", Seen("out/svc/a b", "[::1]:80", 0.0005)),
    pytest.param(
        "10.0.0.1:80 - 994 out/svc/a",
        Seen("out/svc/a", "10.0.0.1:80", 0.994),
        id="given up before it answered",
    ),
    pytest.param("10.0.0.1:1 - 0 out/svc/a", None, id="refused at once"),
    pytest.param("- - - out/svc/a", None, id="no endpoint"),
    ("", None),
    ("garbage", None),
]


@pytest.mark.parametrize(("line", "seen"), LINES)
def test_what_a_line_says(line: str, seen: Seen | None) -> None:
    assert read_line(line) == seen
