"""The SQL beside this file: the schema and one file a query, with ``$parts`` that are filled in."""

from __future__ import annotations

import functools
import importlib.resources
import re
import string
from collections.abc import Iterator, Sequence

from clew.trace.store.engine import literal
from clew.trace.store.layout import Layout

_TABLE = re.compile(r"CREATE TABLE IF NOT EXISTS (\w+)\$local")


def query(name: str, **parts: str) -> str:
    """The query of ``queries/<name>.sql``."""
    return _text(f"queries/{name}.sql").substitute(parts)


def schema(layout: Layout, database: str, autocomplete_keys: Sequence[str]) -> list[str]:
    """The statements of ``schema.sql``, which make or complete a store in ``database``."""
    keys = ", ".join(map(literal, autocomplete_keys))
    durable = "fsync_after_insert = 1, fsync_part_directory = 1"
    text = _text("schema.sql").substitute(
        local=layout.local,
        on=layout.on,
        replicated="Replicated" if layout.replicated else "",
        durable=durable,
        insert_settings=f"non_replicated_deduplication_window = {layout.tokens},"
        f" replicated_deduplication_window = {layout.tokens},"
        f" replicated_deduplication_window_seconds = 604800, {durable}",
        autocomplete_keys=f"CAST([{keys}], 'Array(String)')",
    )
    statements = [statement for statement in text.split(";\n") if statement.strip()]
    return [*statements, *(_distributed(layout, database) if layout.cluster else ())]


def _distributed(layout: Layout, database: str) -> Iterator[str]:
    """The tables that are all rows of a cluster together."""
    for table in _TABLE.findall(_text("schema.sql").template):
        where = [literal(layout.cluster), literal(database), literal(table + layout.local)]
        if key := layout.SHARDED_BY.get(table):
            where.append(key)
        yield (
            f"CREATE TABLE IF NOT EXISTS {table} {layout.on} AS {table}{layout.local}"
            f" ENGINE = Distributed({', '.join(where)})"
        )


@functools.cache
def _text(name: str) -> string.Template:
    return string.Template(importlib.resources.files(__package__).joinpath(name).read_text())
