"""Dtabs as bodies of requests and answers: ``application/dtab`` and ``application/json``. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable

import msgspec

from clew.errors import ClewError
from clew.mesh.naming.dtab import Dentry, Dtab, Prefix
from clew.mesh.naming.nametree import read_tree
from clew.mesh.naming.path import ParseError
from clew.mesh.naming.scanner import Scanner

JSON, TEXT = "application/json", "application/dtab"


class BadDtab(ClewError):
    """A body that is no dtab."""


class Rule(msgspec.Struct, frozen=True):
    """A dentry in JSON."""

    prefix: str
    dst: str


def read_body(body: bytes, media_type: str) -> Dtab:
    """Raises BadDtab."""
    try:
        match media_type:
            case "application/dtab":
                return Dtab.read(body.decode())
            case "application/json":
                rules = msgspec.json.decode(body, type=list[Rule])
                return dtab_of(rules)
    except ParseError as error:
        raise BadDtab(f"Malformed dtab: {error}") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadDtab(f"Malformed dtab: {error}") from error
    raise BadDtab(f"Unsupported content type '{media_type}'", f"send {TEXT} or {JSON}")


def show(dtab: Dtab, media_type: str) -> str:
    """On one line, which is ended."""
    if media_type == TEXT:
        return f"{dtab.exact}\n"
    return json.dumps(dtab.document(exact=True), separators=(",", ":")) + "\n"


def dtab_of(rules: Iterable[Rule]) -> Dtab:
    """What :meth:`Dtab.document` has made. Raises ParseError."""
    return Dtab(tuple(map(_dentry, rules)))


def _dentry(rule: Rule) -> Dentry:
    scanner = Scanner(rule.dst)
    tree = read_tree(scanner)
    scanner.expect_end()
    return Dentry(Prefix.read(rule.prefix), tree)
