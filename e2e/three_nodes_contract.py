"""What the post's configuration does on three nodes, whatever the API server is."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from clew.demo.story import in_order, is_the_story
from clew.span.json_v2 import decode_list
from e2e.namespace import played

DAEMONSET = "%/io.l5d.k8s.daemonset/default/incoming/l5d/#/io.l5d.k8s/default/http"
LOCALNODE = r"%/io\.l5d\.k8s\.localnode/10\.1\.0\.[123]/#/io\.l5d\.k8s/default/http"
Seen = Mapping[str, Any]


def seen_on_three_nodes(work: Path, environment: Mapping[str, str]) -> Seen:
    """What ``kubernetes_world.py`` prints."""
    printed = played("e2e.kubernetes_world", work, "three nodes with the post's ports", environment)
    seen: Seen = json.loads(printed)
    return seen


# the first test waits for the whole scene, which a busy machine plays slowly
@pytest.mark.timeout(300)
class ThreeNodesContract:
    """``seen`` is a fixture of the module that inherits it."""

    def test_one_request_is_one_trace_with_the_posts_ids(self, seen: Seen) -> None:
        story = seen["story"]
        assert re.fullmatch(r"Hello \(10.1.0.\d\) world \(10.1.0.\d\)!!", story["reply"])
        spans = decode_list(json.dumps(story["trace"]).encode())
        assert is_the_story(spans)
        ids = [span.service or "" for span in in_order(spans)[1::2]]
        assert ids[0] == f"{DAEMONSET}/hello"
        assert re.fullmatch(f"{LOCALNODE}/hello", ids[1])
        assert ids[2] == f"{DAEMONSET}/world-v1"
        assert re.fullmatch(f"{LOCALNODE}/world-v1", ids[3])

    def test_requests_are_spread_over_the_nodes(self, seen: Seen) -> None:
        assert seen["story"]["served by"] == ["10.1.0.1", "10.1.0.2", "10.1.0.3"]

    def test_a_node_whose_gateway_is_not_ready_gets_none(self, seen: Seen) -> None:
        assert seen["gateway not ready"] == ["10.1.0.1", "10.1.0.2"]

    def test_requests_follow_pods_to_another_node(self, seen: Seen) -> None:
        assert seen["moved"] == ["10.1.0.3"]

    @pytest.mark.parametrize("what", ["flap", "rolling upgrade"])
    def test_no_request_fails(self, seen: Seen, what: str) -> None:
        assert seen[what]["sent"] > 40
        assert seen[what]["failures"] == [], seen[what]

    def test_no_request_fails_that_needs_no_lost_node(self, seen: Seen) -> None:
        assert seen["node lost"]["noticed"]["sent"] > 20
        assert seen["node lost"]["noticed"]["failures"] == [], seen["node lost"]

    def test_requests_go_around_a_node_that_swallows_packets(self, seen: Seen) -> None:
        swallows = seen["node swallows"]
        if swallows is None:
            assert os.environ.get("CI") != "true", "iptables is needed"
            pytest.skip("needs iptables in the namespace to make packets vanish")
        # retries have a budget, which so many lost attempts exhaust until accrual sees them
        at_first, then = swallows["at first"], swallows["then"]
        assert {each[:3] for each in at_first["failures"]} <= {"502", "503", "504"}, at_first
        assert len(at_first["failures"]) < at_first["sent"], at_first
        assert then["sent"] > 20
        assert then["failures"] == []
