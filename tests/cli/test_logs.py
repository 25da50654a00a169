from __future__ import annotations

import logging

from clew.cli.logs import LineFormatter


def record(name: str, message: str) -> logging.LogRecord:
    made = logging.LogRecord(name, logging.WARNING, "file", 1, message, None, None)
    made.created, made.msecs = 1_795_518_111.25, 250.0
    return made


def test_a_line_has_time_level_part_and_message() -> None:
    assert LineFormatter().format(record("clew.mesh.envoy.process", "Envoy ended")) == (
        "2026-11-24T11:01:51.250Z WARNING mesh.envoy.process: Envoy ended"
    )


def test_more_lines_are_indented_so_that_events_can_be_told_apart() -> None:
    assert LineFormatter().format(record("watchfiles", "one\ntwo")).endswith(": one\n  two")
