"""The SQL beside this file: the schema and one file a query, with ``$parts`` that are filled in."""

from __future__ import annotations

import functools
import importlib.resources
import string
from collections.abc import Sequence

from clew.trace.store.engine import literal

_INSERT_SETTINGS = (
    "non_replicated_deduplication_window = 1000, fsync_after_insert = 1, fsync_part_directory = 1"
)


def query(name: str, **parts: str) -> str:
    """The query of ``queries/<name>.sql``."""
    return _text(f"queries/{name}.sql").substitute(parts)


def schema(autocomplete_keys: Sequence[str]) -> list[str]:
    """The statements of ``schema.sql``, which make or complete a store."""
    keys = ", ".join(map(literal, autocomplete_keys))
    text = _text("schema.sql").substitute(
        insert_settings=_INSERT_SETTINGS,
        autocomplete_keys=f"CAST([{keys}], 'Array(String)')",
    )
    return [statement for statement in text.split(";\n") if statement.strip()]


@functools.cache
def _text(name: str) -> string.Template:
    return string.Template(importlib.resources.files(__package__).joinpath(name).read_text())
