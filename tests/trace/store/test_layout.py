"""Which tables are made on one server, and which on a cluster."""

from __future__ import annotations

import re

import pytest

from clew.trace.store import sql
from clew.trace.store.layout import Layout

TABLES = (
    "spans",
    "trace_time",
    "displaced",
    "names",
    "red_minute",
    "tag_values",
    "links",
    "service_slots",
)
VIEWS = ("trace_time_mv", "displaced_mv", "names_mv", "red_minute_mv", "tag_values_mv")


def made(layout: Layout) -> list[str]:
    """What is made, in order."""
    statements = sql.schema(layout, "db", ["a'b"])
    pattern = re.compile(r"CREATE (?:TABLE|MATERIALIZED VIEW) IF NOT EXISTS (\w+)")
    return [found[1] for statement in statements if (found := pattern.search(statement))]


def test_one_server_has_each_table_once() -> None:
    assert sorted(made(Layout())) == sorted([*TABLES, *VIEWS])
    text = "\n".join(sql.schema(Layout(), "db", []))
    assert not re.search(r"_local|Replicated|Distributed|ON CLUSTER|\$", text)


def test_a_cluster_has_rows_on_each_server_and_all_rows_on_every() -> None:
    layout = Layout(cluster="main")
    local = [f"{table}_local" for table in TABLES]
    assert sorted(made(layout)) == sorted([*local, *VIEWS, *TABLES])
    text = "\n".join(sql.schema(layout, "db", []))
    # nothing that is written goes from a view to all servers
    assert set(re.findall(r" TO (\w+) AS", text)) <= set(local)
    assert set(re.findall(r"FROM (\w+)", text)) == {"spans_local"}
    assert "ENGINE = Distributed('main', 'db', 'spans_local', trace_lo)" in text


@pytest.mark.parametrize(
    ("layout", "replicated", "everywhere"),
    [
        (Layout(cluster="main"), False, False),
        (Layout(cluster="main", on_cluster=True), False, True),
        (Layout(cluster="main", on_cluster=True, replicated=True), True, True),
    ],
)
def test_what_is_replicated_and_who_is_told(
    layout: Layout, replicated: bool, everywhere: bool
) -> None:
    statements = sql.schema(layout, "db", [])
    engines = [found for text in statements for found in re.findall(r"ENGINE = (\w*Tree)", text)]
    assert len(engines) == len(TABLES)
    assert all(engine.startswith("Replicated") == replicated for engine in engines)
    assert all(("ON CLUSTER 'main'" in text) == everywhere for text in statements)


def test_sizes_are_of_all_shards() -> None:
    assert Layout().parts == "system.parts"
    assert Layout(cluster="main").parts == "cluster('main', system.parts)"


def test_a_trace_is_asked_of_its_shard() -> None:
    assert Layout().settings == {}
    assert Layout(cluster="main").settings["distributed_product_mode"] == "local"
