from __future__ import annotations

import json
import logging
import sys

from clew.cli.logs import JsonFormatter, LineFormatter


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


def test_as_json_an_event_is_one_object_in_one_line() -> None:
    event = record("clew.trace.collect.insert", "the store refused spans")
    try:
        raise ValueError("two\nlines, ü")
    except ValueError:
        event.exc_info = sys.exc_info()
    line = JsonFormatter().format(event)
    told = json.loads(line)
    assert "\n" not in line
    assert told.pop("error").endswith("ValueError: two\nlines, ü")
    assert told == {
        "time": "2026-11-24T11:01:51.250Z",
        "level": "warning",
        "part": "trace.collect.insert",
        "message": "the store refused spans",
    }
