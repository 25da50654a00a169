"""The parser of searches: one method a rule of the grammar in docs/query.md."""

from __future__ import annotations

from typing import NoReturn

from clew.span.model import Kind
from clew.trace.search_language import regex
from clew.trace.search_language.expression import (
    And,
    Comparison,
    Condition,
    Duration,
    Equals,
    Exists,
    Expression,
    Field,
    Flag,
    Is,
    Matches,
    Not,
    Number,
    OneSpan,
    Or,
    Tag,
    Text,
)
from clew.trace.search_language.numbers import micros, number
from clew.trace.search_language.tokens import InvalidSearch, Token, TokenKind, tokens

MOST_CONDITIONS = 100
"""So that no search costs without bound."""
DEEPEST = 30
"""How many brackets and NOTs may be open at once."""

_KEYWORDS = frozenset(("and", "or", "not", "exists"))
_TEXTS = {text.value: text for text in Text}
_FLAGS = {flag.value: flag for flag in Flag}
_COMPARISONS = {comparison.value: comparison for comparison in Comparison}
_EQUALITY = ("=", "!=")
_ON_TEXT = (*_EQUALITY, "=~", "!~")
_ON_TAG = (*_ON_TEXT, "<", "<=", ">", ">=")


def parse(text: str) -> Expression:
    """The expression that ``text`` is. Raises InvalidSearch for the first that is wrong."""
    return _Parser(text).whole()


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = list(tokens(text))
        self._next = 0
        self._conditions = 0
        self._depth = 0
        self._in_one_span = False

    def whole(self) -> Expression:
        expression = self._or()
        if self._token.kind is not TokenKind.END:
            self._expected("'AND', 'OR' or the end")
        return expression

    def _or(self) -> Expression:
        parts = [self._and()]
        while self._take_keyword("or"):
            parts.append(self._and())
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def _and(self) -> Expression:
        parts = [self._not()]
        while self._take_keyword("and") or self._begins_another():
            parts.append(self._not())
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def _not(self) -> Expression:
        begin = self._token
        if self._take_keyword("not"):
            self._deeper(begin)
            part = Not(self._not())
            self._depth -= 1
            return part
        return self._primary()

    def _primary(self) -> Expression:
        begin = self._token
        if self._take("("):
            return self._until(")", begin)
        if begin.text == "{" and begin.kind is TokenKind.BRACKET:
            if self._in_one_span:
                self._expected("a condition: a group for one span holds no other")
            self._advance()
            self._in_one_span = True
            part = self._until("}", begin)
            self._in_one_span = False
            return OneSpan(part)
        return self._condition()

    def _until(self, closing: str, begin: Token) -> Expression:
        self._deeper(begin)
        expression = self._or()
        if not self._take(closing):
            self._expected(f"'AND', 'OR' or '{closing}'")
        self._depth -= 1
        return expression

    def _condition(self) -> Condition:
        key = self._token
        if key.kind not in (TokenKind.WORD, TokenKind.QUOTED) or self._is_keyword(key):
            self._expected("a condition")
        self._conditions += 1
        if self._conditions > MOST_CONDITIONS:
            self._fail(key, f"expected at most {MOST_CONDITIONS} conditions")
        self._advance()
        if key.kind is TokenKind.QUOTED:
            return self._tag(Tag(key.text))
        if key.text == "duration":
            return self._duration()
        if flag := _FLAGS.get(key.text):
            return self._flag(flag)
        if field := _TEXTS.get(key.text):
            return self._text_field(field)
        return self._tag(Tag(key.text))

    def _duration(self) -> Condition:
        if not (sign := self._operator(tuple(_COMPARISONS), "duration")):
            return Duration(Comparison.GREATER, 0)
        value = self._value(sign)
        if (than := micros(value.text)) is None:
            self._fail(value, f"expected a duration as 250ms or 1.5s, found '{value.text}'")
        return Duration(_COMPARISONS[sign], than)

    def _flag(self, flag: Flag) -> Condition:
        if not (sign := self._operator(_EQUALITY, flag.value)):
            return Is(flag, True)
        value = self._value(sign)
        if value.text not in ("true", "false"):
            self._fail(value, f"expected true or false, found '{value.text}'")
        return Is(flag, (value.text == "true") == (sign == "="))

    def _text_field(self, field: Text) -> Condition:
        signs = _EQUALITY if field is Text.KIND else _ON_TEXT
        if not (sign := self._operator(signs, field.value)):
            return Exists(field)
        value = self._value(sign)
        if sign not in _EQUALITY:
            return self._regex(field, sign, value)
        match field:
            case Text.KIND:
                meant = value.text.upper()
                if meant not in (kind.value for kind in Kind):
                    self._fail(
                        value,
                        f"expected client, server, producer or consumer, found '{value.text}'",
                    )
            case Text.ANNOTATION:
                meant = value.text
            case _:
                meant = value.text.lower()  # as names are kept
        return Equals(field, meant, negated=sign == "!=")

    def _tag(self, tag: Tag) -> Condition:
        if not (sign := self._operator(_ON_TAG, "a tag")):
            return Exists(tag)
        value = self._value(sign)
        if sign in _EQUALITY:
            return Equals(tag, value.text, negated=sign == "!=")
        if sign in _ON_TEXT:
            return self._regex(tag, sign, value)
        if (than := number(value.text)) is None:
            self._fail(value, f"expected a number after '{sign}', found '{value.text}'")
        return Number(tag, _COMPARISONS[sign], than)

    def _regex(self, field: Field, sign: str, value: Token) -> Matches:
        if problem := regex.problem(value.text):
            self._fail(value, f"expected a regular expression: {problem}")
        return Matches(field, value.text, negated=sign == "!~")

    def _operator(self, allowed: tuple[str, ...], key: str) -> str:
        """The operator behind a key; empty when there is none, or when it is ``exists``."""
        if self._take_keyword("exists"):
            return ""
        token = self._token
        if token.kind is not TokenKind.OPERATOR:
            return ""
        if token.text not in allowed:
            signs = " ".join(allowed)
            self._fail(token, f"expected {signs} or exists after {key}, found '{token.text}'")
        self._advance()
        return token.text

    def _value(self, sign: str) -> Token:
        token = self._token
        if token.kind not in (TokenKind.WORD, TokenKind.QUOTED) or self._is_keyword(token):
            self._expected(f"a value after '{sign}'")
        self._advance()
        return token

    def _begins_another(self) -> bool:
        """Whether a condition follows without AND."""
        token = self._token
        match token.kind:
            case TokenKind.QUOTED:
                return True
            case TokenKind.WORD:
                return not self._is_keyword(token) or token.text.lower() == "not"
            case TokenKind.BRACKET:
                return token.text in "({"
            case _:
                return False

    @property
    def _token(self) -> Token:
        return self._tokens[self._next]

    def _advance(self) -> None:
        self._next += 1

    def _take(self, bracket: str) -> bool:
        if self._token.kind is not TokenKind.BRACKET or self._token.text != bracket:
            return False
        self._advance()
        return True

    def _take_keyword(self, keyword: str) -> bool:
        if not self._is_keyword(self._token) or self._token.text.lower() != keyword:
            return False
        self._advance()
        return True

    @staticmethod
    def _is_keyword(token: Token) -> bool:
        return token.kind is TokenKind.WORD and token.text.lower() in _KEYWORDS

    def _deeper(self, begin: Token) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            self._fail(begin, f"expected at most {DEEPEST} brackets and NOTs inside each other")

    def _expected(self, what: str) -> NoReturn:
        token = self._token
        found = "the end" if token.kind is TokenKind.END else f"'{token.text}'"
        hint = "; put it in quotes to mean the word" if self._is_keyword(token) else ""
        self._fail(token, f"expected {what}, found {found}{hint}")

    def _fail(self, token: Token, problem: str) -> NoReturn:
        raise InvalidSearch(self._text, token.at, problem)
