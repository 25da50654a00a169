"""The configuration of the post itself, on the ports and addresses that it names."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from clew.demo.story import is_the_story
from clew.span.json_v2 import decode_list
from clew.span.model import Span

NAMESPACE = ("unshare", "--map-root-user", "--net", "--mount")


def can_make_a_namespace() -> bool:
    if not shutil.which("unshare"):
        return False
    return subprocess.run([*NAMESPACE, "true"], capture_output=True, check=False).returncode == 0


def test_the_posts_configuration_runs_and_its_trace_is_found_as_in_the_post(
    tmp_path: Path,
) -> None:
    if not can_make_a_namespace():
        assert os.environ.get("CI") != "true", "namespaces are needed (unshare, user namespaces)"
        pytest.skip("needs unshare and user namespaces for ports 4140, 4141 and 9990 of its own")

    done = subprocess.run(
        [*NAMESPACE, sys.executable, "-m", "e2e.seed_world", tmp_path],
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    reply, traces = done.stdout.splitlines()

    assert re.fullmatch(r"Hello \(10.0.0.1\) world \(10.0.0.2\)!!", reply)
    (trace,) = decode_traces(traces)
    assert is_the_story(trace)
    names = {span.service for span in trace}
    assert {"0.0.0.0/4140", "0.0.0.0/4141", "%/io.l5d.port/4141/#/io.l5d.fs/hello"} <= names


def decode_traces(text: str) -> list[list[Span]]:
    return [decode_list(json.dumps(trace).encode()) for trace in json.loads(text)]
