"""The one way of reading names from text: a cursor that says what it expected and where."""

from __future__ import annotations

import math
import unicodedata
from typing import NoReturn

from clew.errors import ClewError

LABEL_CHARS = frozenset("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_:.#$%-")
"""What a label may hold as it is; every other byte is written ``\\xHH``."""

_NUMBER = "0123456789."
_NAMED = {"": "end of input", "\n": "end of line"}
_HEX = frozenset("0123456789abcdefABCDEF")
_SPACES = frozenset("\t\n\v\f\r\x1c\x1d\x1e\x1f")
_NO_BREAK = frozenset("\u00a0\u2007\u202f")


class ParseError(ClewError, ValueError):
    """Text that is not a name, in Finagle's words: ``'/' expected but 'i' found at '[i]nv'``."""

    def __init__(self, expected: str, text: str, offset: int) -> None:
        found = _NAMED.get(text[offset : offset + 1]) or f"'{text[offset]}'"
        self.problem = f"{expected} expected but {found} found"
        self.text = text
        self.offset = offset
        """Where in ``text``; its length when the text ended too early."""
        super().__init__(f"{self.problem} at '{_bracketed(text, offset)}'")

    @property
    def line(self) -> int:
        """The line of the offending character, the first being 0.

        A text that ends too early is wrong on the last line that says something.
        """
        return self.text.count("\n", 0, min(self.offset, len(self.text.rstrip())))

    @property
    def in_line(self) -> str:
        """The message with only the offending line of a text of many."""
        start = self.text.rfind("\n", 0, self.offset) + 1
        if not self.text[start:].strip():
            start = self.text.rfind("\n", 0, len(self.text.rstrip())) + 1
            line = self.text[start:].rstrip()
            return f"{self.problem} at '{_bracketed(line, len(line))}'"
        line = self.text[start:].partition("\n")[0]
        return f"{self.problem} at '{_bracketed(line, self.offset - start)}'"


def _bracketed(text: str, offset: int) -> str:
    return f"{text[:offset]}[{text[offset : offset + 1]}]{text[offset + 1 :]}"


class Scanner:
    """Reads the characters of ``text`` from left to right. ``peek`` is empty at the end."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    @property
    def peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def next(self) -> str:
        """The character under the cursor, which moves on."""
        char = self.peek
        self._at += 1
        return char

    def take(self, char: str) -> bool:
        """Move past ``char`` if it is there."""
        if self.peek != char:
            return False
        self._at += 1
        return True

    def expect(self, char: str) -> None:
        if not self.take(char):
            self.fail(f"'{char}'")

    def expect_end(self) -> None:
        self.skip_blank()
        if self.peek:
            self.fail("end of input")

    def fail(self, expected: str) -> NoReturn:
        raise ParseError(expected, self._text, self._at)

    def skip_blank(self) -> None:
        """Skip white space, and comments from ``#`` to the end of the line."""
        while char := self.peek:
            if char == "#":
                end = self._text.find("\n", self._at)
                self._at = len(self._text) if end < 0 else end
            elif not _is_space(char):
                return
            self._at += 1
        self._at = min(self._at, len(self._text))

    def starts_label(self) -> bool:
        return self.peek in LABEL_CHARS or self.peek == "\\"

    def label(self) -> bytes:
        """One segment of a path."""
        label = bytearray()
        while True:
            if self.take("\\"):
                self.expect("x")
                label.append(int(self._hex() + self._hex(), 16))
            elif self.peek in LABEL_CHARS:
                label += self.next().encode()
            else:
                self.fail("label char")
            if not self.starts_label():
                return bytes(label)

    def labels(self) -> tuple[bytes, ...]:
        """A path: ``/`` alone is the empty one."""
        self.skip_blank()
        self.expect("/")
        if not self.starts_label():
            return ()
        labels = [self.label()]
        while self.take("/"):
            labels.append(self.label())
        return tuple(labels)

    def starts_number(self) -> bool:
        return bool(self.peek) and self.peek in _NUMBER

    def number(self) -> float:
        """Digits with at most one dot; no sign, no exponent."""
        start = self._at
        while self.starts_number():
            if self.peek == "." and "." in self._text[start : self._at]:
                self.fail("number char")
            self._at += 1
        digits = self._text[start : self._at]
        if digits == "." or not math.isfinite(float(digits)):
            self._at = start
            self.fail("weight")
        return float(digits)

    def _hex(self) -> str:
        if self.peek not in _HEX:
            self.fail("hex char")
        return self.next()


def show_label(label: bytes) -> str:
    """The label as it is when all its bytes may stand so, else every byte as ``\\xHH``."""
    text = label.decode("latin-1")
    if LABEL_CHARS.issuperset(text):
        return text
    return "".join(f"\\x{byte:02x}" for byte in label)


def _is_space(char: str) -> bool:
    """Java's white space, which has no no-break space in it."""
    return char in _SPACES or (
        unicodedata.category(char) in ("Zs", "Zl", "Zp") and char not in _NO_BREAK
    )
