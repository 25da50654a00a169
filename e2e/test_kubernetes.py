"""The post's configuration as it is, on three nodes of a Kubernetes cluster."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from clew.demo.story import in_order, is_the_story
from clew.span.json_v2 import decode_list
from e2e.test_seed import NAMESPACE, can_make_a_namespace

DAEMONSET = "%/io.l5d.k8s.daemonset/default/incoming/l5d/#/io.l5d.k8s/default/http"
LOCALNODE = r"%/io\.l5d\.k8s\.localnode/127\.0\.0\.[123]/#/io\.l5d\.k8s/default/http"


def test_the_posts_configuration_runs_on_three_nodes(tmp_path: Path) -> None:
    if not can_make_a_namespace():
        assert os.environ.get("CI") != "true", "namespaces are needed (unshare, user namespaces)"
        pytest.skip("needs unshare and user namespaces for three nodes with the post's ports")

    done = subprocess.run(
        [*NAMESPACE, sys.executable, "-m", "e2e.kubernetes_world", tmp_path],
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    reply, trace, spread, without_gateway, moved = map(json.loads, done.stdout.splitlines())

    assert re.fullmatch(r"Hello \(127.0.0.\d\) world \(127.0.0.\d\)!!", reply)
    spans = decode_list(json.dumps(trace).encode())
    assert is_the_story(spans)
    ids = [span.service or "" for span in in_order(spans)[1::2]]
    assert ids[0] == f"{DAEMONSET}/hello"
    assert re.fullmatch(f"{LOCALNODE}/hello", ids[1])
    assert ids[2] == f"{DAEMONSET}/world-v1"
    assert re.fullmatch(f"{LOCALNODE}/world-v1", ids[3])

    assert spread == ["127.0.0.1", "127.0.0.2", "127.0.0.3"]
    assert without_gateway == ["127.0.0.1", "127.0.0.2"]
    assert moved == ["127.0.0.3"]
