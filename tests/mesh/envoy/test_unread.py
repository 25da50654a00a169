from __future__ import annotations

import re

import pytest

from clew.mesh.envoy.unread import UNREAD
from clew.mesh.serve import idle_names, metrics, scrape

NAME = "cluster.outgoing/svc/a~b;dtab=/host=>/srv/v2"
STATUSES = ["upstream_rq_200", "upstream_rq_2xx", "upstream_rq_503", "upstream_rq_5xx"]
OUTCOMES = ["upstream_rq_completed", "upstream_rq_time", "upstream_cx_connect_ms"]
USES = ["upstream_rq_total", "upstream_rq_active", "upstream_cx_none_healthy"]
COUNTS = [*metrics._SERVICE.values(), *metrics._ONLY_CLIENT.values()]


def kept(statistic: str) -> bool:
    return re.fullmatch(UNREAD, statistic) is None


@pytest.mark.parametrize("name", [*STATUSES, *OUTCOMES, *USES, *COUNTS])
def test_what_is_read_of_a_name_is_kept(name: str) -> None:
    statistic = f"{NAME}.{name}"
    read = re.search(scrape.NEEDED, statistic) or re.search(idle_names.USES, statistic)
    assert (read is not None, kept(statistic)) == (True, True)


@pytest.mark.parametrize(
    "name",
    [
        "external.upstream_rq_200",
        "circuit_breakers.high.cx_open",
        "membership_total",
        "outlier_detection.ejections_enforced_consecutive_5xx",
        "upstream_cx_destroy",
        "upstream_cx_length_ms",
        "upstream_rq_pending_total",
        "upstream_rq_retry_success",
    ],
)
def test_what_nobody_reads_of_a_name_is_not(name: str) -> None:
    assert not kept(f"{NAME}.{name}")


def test_listeners_and_the_ways_to_the_mesh_keep_all_of_theirs() -> None:
    assert kept("http.outgoing/0.downstream_cx_length_ms")
    assert kept("cluster.xds.upstream_cx_destroy")
    assert kept("cluster.spans.upstream_rq_pending_total")
