"""The configuration of the post itself, on the ports and addresses that it names."""

import json
import re
from pathlib import Path

from clew.demo.story import is_the_story
from clew.span.json_v2 import decode_list
from clew.span.model import Span
from e2e.namespace import played


def test_the_posts_configuration_runs_and_its_trace_is_found_as_in_the_post(
    tmp_path: Path,
) -> None:
    printed = played("e2e.seed_world", tmp_path, "ports 4140, 4141 and 9990 of its own")
    reply, traces = printed.splitlines()

    assert re.fullmatch(r"Hello \(10.0.0.1\) world \(10.0.0.2\)!!", reply)
    (trace,) = decode_traces(traces)
    assert is_the_story(trace)
    names = {span.service for span in trace}
    assert {"0.0.0.0/4140", "0.0.0.0/4141", "%/io.l5d.port/4141/#/io.l5d.fs/hello"} <= names


def decode_traces(text: str) -> list[list[Span]]:
    return [decode_list(json.dumps(trace).encode()) for trace in json.loads(text)]
