"""A table as a page of its own. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape


def table_page(title: str, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """HTML without scripts."""
    head = "".join(f"<th>{escape(heading)}</th>" for heading in headings)
    body = "".join(
        f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>\n" for row in rows
    )
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{escape(title)}</title>"
        "<style>body{font:14px system-ui;margin:2em}th,td{padding:.3em 1em .3em 0;"
        "text-align:left;border-bottom:1px solid #ccc}</style>"
        f"<h1>{escape(title)}</h1><table><thead><tr>{head}</tr></thead>\n"
        f"<tbody>\n{body}</tbody></table></html>\n"
    )
