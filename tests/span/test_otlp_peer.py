from __future__ import annotations

import re
from pathlib import Path

from clew.span.model import Kind
from clew.span.otlp_peer import remote_endpoint

RANKS = re.findall(
    r"^\| \d+ \| `([\w.]+)` \| (?:`([\w.]+)` )?\|$",
    (Path(__file__).parents[2] / "docs/otlp.md").read_text(),
    re.MULTILINE,
)


def test_the_other_side_is_found_by_the_rank_that_the_page_tells() -> None:
    assert len(RANKS) == 11
    tags = {key: key for key, _ in RANKS} | {port: "7" for _, port in RANKS if port}
    for key, port in RANKS:
        found = remote_endpoint(Kind.CLIENT, tags)
        assert found is not None
        assert (found.service_name, found.port) == (key, 7 if port else None)
        del tags[key]
    assert remote_endpoint(Kind.CLIENT, tags) is None
