"""Old manifests, rewritten by ``clew install --upgrade-from``, do what they did."""

from __future__ import annotations

import json
import re
from pathlib import Path

from clew.demo.story import in_order, is_the_story
from clew.span.json_v2 import decode_list
from e2e.namespace import played
from e2e.three_nodes_contract import DAEMONSET, LOCALNODE


def test_manifests_as_those_of_the_post_make_one_trace_of_8_spans(tmp_path: Path) -> None:
    seen = json.loads(played("e2e.upgraded_world", tmp_path, "the post's ports"))
    assert re.fullmatch(r"Hello \(10.1.0.1\) world \(10.1.0.1\)!!", seen["reply"])
    spans = decode_list(json.dumps(seen["trace"]).encode())
    assert is_the_story(spans)
    ids = [span.service or "" for span in in_order(spans)[1::2]]
    assert ids[0] == f"{DAEMONSET}/hello"
    assert re.fullmatch(f"{LOCALNODE}/hello", ids[1])
