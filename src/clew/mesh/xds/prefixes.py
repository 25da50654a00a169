"""Which prefixes of a static service section a request's name can begin with, as conditions.

Envoy takes the first route whose conditions hold, and Linkerd all prefixes that match. So there is
a route for each set of prefixes that one name can have, the largest first.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from clew.mesh.config.router import Router
from clew.mesh.config.service import PrefixedServicePolicy
from clew.mesh.naming.matcher import PathMatcher
from clew.mesh.naming.path import Path
from clew.mesh.xds.headers import header_is
from clew.mesh.xds.identifiers import one_segment
from clew.mesh.xds.names import logical_prefix

NAME = "l5d-dst-service"
"""The header with a request's logical name."""
_CAPTURE = re.compile(r"\{[A-Za-z0-9:_]+\}")
_ANY = "*"

Shape = tuple[str, ...]
"""What a prefix wants of the segments after the router's own: a text, ``*`` or a pattern."""


@dataclass(frozen=True, slots=True)
class NameCase:
    """Names that begin with the same prefixes."""

    conditions: tuple[Any, ...]
    """Header matchers that must all hold, after those of the cases before did not."""
    policies: tuple[PrefixedServicePolicy, ...]
    """In the file's order."""


def name_cases(router: Router, policies: Sequence[PrefixedServicePolicy]) -> Iterator[NameCase]:
    """In the order in which Envoy should try them; the last holds for every name."""
    shapes = [_shape(policy.prefix, router) for policy in policies]
    for chosen in _sets(sorted({shape for shape in shapes if shape})):
        most_special = [s for s in sorted(chosen) if not any(_implies(t, s) for t in chosen - {s})]
        yield NameCase(
            tuple(_condition(router, shape) for shape in most_special),
            tuple(
                policy
                for policy, shape in zip(policies, shapes, strict=True)
                if shape is not None and (not shape or shape in chosen)
            ),
        )


def _shape(prefix: PathMatcher, router: Router) -> Shape | None:
    """Empty when every name has the prefix, None when no name of this router has it."""
    parts = [part for part in prefix.text.split("/") if part]
    above = router.dst_prefix.segments
    for part, label in zip(parts, above, strict=False):
        if PathMatcher.read(f"/{part}").match(Path((label,))) is None:
            return None
    rest = tuple(parts[len(above) :])
    if not one_segment(router.identifier):
        return rest
    if len(rest) > 1:
        return None
    return () if rest == (_ANY,) else rest


def _sets(shapes: Sequence[Shape]) -> list[frozenset[Shape]]:
    """Sets that a name can begin with all of, and none without what its members imply."""
    sets: list[frozenset[Shape]] = [frozenset()]
    for shape in shapes:
        sets += [each | {shape} for each in sets if all(_agree(shape, other) for other in each)]
    whole = [each for each in sets if all(other in each for other in _implied(each, shapes))]
    return sorted(whole, key=lambda each: (-len(each), sorted(each)))


def _implied(chosen: Collection[Shape], shapes: Sequence[Shape]) -> Iterator[Shape]:
    return (other for shape in chosen for other in shapes if _implies(shape, other))


def _agree(one: Shape, other: Shape) -> bool:
    """Whether a name may begin with both; patterns are not compared with each other."""
    return all(
        _covers(a, b) or _covers(b, a) or (_is_pattern(a) and _is_pattern(b))
        for a, b in zip(one, other, strict=False)
    )


def _implies(special: Shape, general: Shape) -> bool:
    """Whether every name that begins with the first begins with the second."""
    return len(general) <= len(special) and all(
        _covers(wide, narrow) for wide, narrow in zip(general, special, strict=False)
    )


def _covers(wide: str, narrow: str) -> bool:
    """Whether one segment fits wherever the other does."""
    if wide in (_ANY, narrow):
        return True
    if not _is_pattern(wide) or narrow == _ANY or _is_pattern(narrow):
        return False
    return PathMatcher.read(f"/{wide}").match(Path.of(narrow)) is not None


def _is_pattern(text: str) -> bool:
    return _CAPTURE.search(text) is not None


def _condition(router: Router, shape: Shape) -> Any:
    prefix = logical_prefix(router)
    alone = one_segment(router.identifier)
    if alone and not _is_pattern(shape[0]):
        return header_is(NAME, exact=f"{prefix}{shape[0]}")
    segments = "/".join(map(_segment, shape))
    return header_is(NAME, pattern=f"{re.escape(prefix)}{segments}{'' if alone else '(?:/.*)?'}")


def _segment(text: str) -> str:
    if text == _ANY:
        return "[^/]+"
    if not _is_pattern(text):
        return re.escape(text)
    # as in Linkerd only dots are literal, and the match may lie anywhere in the segment
    inner = _CAPTURE.sub("[^/]+", text.replace(".", r"\."))
    return f"[^/]*{inner}[^/]*"
