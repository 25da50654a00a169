"""What the Ingress resources of a cluster say about names: rules by host and path."""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import assert_never

from clew.mesh.naming.path import Path


class Match(enum.Enum):
    """How a rule's text is compared with a request's path, which is without its query."""

    EXACT = "exact"
    PREFIX = "prefix"
    """By whole segments: ``/a`` and ``/a/`` are for ``/a``, ``/a/`` and ``/a/b``."""
    PATTERN = "pattern"
    """An RE2 that fits the path as a whole."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What requests it is for, and how these are named."""

    host: str
    """As the request has it, without a port. ``*.`` in front stands for one label more; empty for
    every host."""
    match: Match
    path: str
    """Empty for every path, as the prefix ``/`` is."""
    name: Path
    """``/<namespace>/<port>/<service>``"""

    @property
    def is_for_one_host(self) -> bool:
        """Whether it names a whole host."""
        return bool(self.host) and not self.host.startswith("*")

    def fits(self, host: str, path: str) -> bool:
        """Whether it is for such requests."""
        if self.host.startswith("*"):
            label, dot, domain = host.partition(".")
            if not label or dot + domain != self.host[1:]:
                return False
        elif self.host not in ("", host):
            return False
        match self.match:
            case Match.EXACT:
                return path == self.path
            case Match.PREFIX:
                prefix = self.path.rstrip("/")
                return path == prefix or path.startswith(f"{prefix}/") or not prefix
            case Match.PATTERN:
                return not self.path or re.fullmatch(self.path, path) is not None
            case _:
                assert_never(self.match)


@dataclass(frozen=True, slots=True)
class Rules:
    """Of them, the first that fits a request counts."""

    rules: tuple[Rule, ...] = ()

    def name(self, host: str, path: str) -> Path | None:
        """Of a request, of the host without a port and the path without its query."""
        return next((rule.name for rule in self.rules if rule.fits(host, path)), None)

    @staticmethod
    def of(rules: Iterable[Rule]) -> Rules:
        """The most special first: by host, then by path; else in the order given."""
        return Rules(tuple(sorted(rules, key=_generality)))


def _generality(rule: Rule) -> tuple[int, int, int, bool]:
    """A whole host before the longer of others before none; a longer path before a shorter one."""
    kind = 0 if rule.is_for_one_host else 1 if rule.host else 2
    path = rule.path.rstrip("/") if rule.match is Match.PREFIX else rule.path
    return kind, -len(rule.host) if kind == 1 else 0, -len(path), rule.match is not Match.EXACT
