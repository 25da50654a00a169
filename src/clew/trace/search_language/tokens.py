"""The words, texts and signs of a search, each with its place."""

from __future__ import annotations

import enum
import re
from collections.abc import Iterator
from typing import NamedTuple

from clew.errors import ClewError


class InvalidSearch(ClewError):
    """A search that cannot be read; the message begins with line:column of the character."""

    def __init__(self, text: str, at: int, problem: str) -> None:
        line, column = text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
        super().__init__(f"q: {line}:{column}: {problem}")
        self.line, self.column = line, column


class TokenKind(enum.Enum):
    """What kind of token it is."""

    WORD = "word"
    QUOTED = "quoted"
    OPERATOR = "operator"
    BRACKET = "bracket"
    END = "end"


class Token(NamedTuple):
    """A piece of a search."""

    kind: TokenKind
    text: str
    """As it is meant: of a quoted text what is between the quotes."""
    at: int
    """How many characters are before it."""


_BLANK = re.compile(r"\s*")
_TOKENS = (
    (TokenKind.OPERATOR, re.compile(r"!=|=~|!~|<=|>=|=|<|>")),
    (TokenKind.BRACKET, re.compile(r"[(){}]")),
    (TokenKind.QUOTED, re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)),
    (TokenKind.WORD, re.compile(r'[^\s(){}"=!<>~]+')),
)
_ESCAPED = re.compile(r'\\(["\\])')


def tokens(text: str) -> Iterator[Token]:
    """The tokens of ``text``, the last of kind END. Raises InvalidSearch where none begins."""
    at = 0
    while True:
        at = _end(_BLANK, text, at)
        if at == len(text):
            yield Token(TokenKind.END, "", at)
            return
        for kind, pattern in _TOKENS:
            if match := pattern.match(text, at):
                meant = (
                    _ESCAPED.sub(r"\1", match[0][1:-1]) if kind is TokenKind.QUOTED else match[0]
                )
                yield Token(kind, meant, at)
                at = match.end()
                break
        else:
            raise InvalidSearch(text, at, _why(text[at]))


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    match = pattern.match(text, at)
    return match.end() if match else at


def _why(character: str) -> str:
    match character:
        case '"':
            return "expected a closing '\"' for this one"
        case "!":
            return "expected '!=' or '!~'; a condition is negated by NOT"
        case _:
            return f"expected a condition, found '{character}'; '=~' matches"
