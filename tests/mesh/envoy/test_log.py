from __future__ import annotations

import logging

import pytest

from clew.mesh.envoy.log import level_flags, read_line


@pytest.mark.parametrize(
    ("line", "level", "text"),
    [
        ("[warning][main] caught ENVOY_SIGTERM", logging.WARNING, "main: caught ENVOY_SIGTERM"),
        (
            r"[critical][main] error `no   such\n field: \'nod\'`",
            logging.CRITICAL,
            "main: error `no such field: 'nod'`",
        ),
        ("[info][upstream] lds", logging.DEBUG, "upstream: lds"),
        ("[debug][config] ", logging.DEBUG, "config:"),
        ("Segmentation fault", logging.ERROR, "Segmentation fault"),
        ("[loud][main] what", logging.ERROR, "[loud][main] what"),
    ],
)
def test_a_line_of_envoy_keeps_its_level(line: str, level: int, text: str) -> None:
    assert read_line(line) == (level, text)


@pytest.mark.parametrize(
    ("ours", "envoys"),
    [(logging.DEBUG, "info"), (logging.INFO, "warning"), (logging.ERROR, "error")],
)
def test_envoy_is_asked_for_no_more_than_we_show(ours: int, envoys: str) -> None:
    assert level_flags(ours)[:2] == ["--log-level", envoys]
