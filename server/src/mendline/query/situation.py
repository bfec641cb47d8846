"""Where a cursor stands in a query that is being written: what comes next there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from mendline.errors import QuerySyntaxError
from mendline.query.cursor import MOST_CHARACTERS
from mendline.query.functions import Argument, find_aggregate, spelled
from mendline.query.lexer import Lexer
from mendline.query.source import Source, find_source
from mendline.query.tokens import Kind, Token

_COMPARING = (":", "=", "!=", ">", ">=", "<", "<=", "~", "!~")
_WORD = re.compile(r"[\w.@$%*?/\-]")
_VALUE = re.compile(r"[^\s|()\[\]{},\"<>=!~:]")
_STAGES = {
    "over": "over", "every": "every", "where": "where", "having": "where", "sort": "sort", "order": "sort",
    "limit": "limit", "since": "since", "between": "since", "by": "by", "group": "by", "for": "for",
}  # fmt: skip


class Due(StrEnum):
    """What may come next."""

    TERM = "term"  # of a filter
    STAGE = "stage"  # behind a pipe
    NUMBER = "number"  # something to compute with
    KEY = "key"
    GROUP = "group"  # in where and sort: columns and keys
    VALUE = "value"  # of the field on the left
    JOINT = "joint"  # the next stage, and in conditions: and, or
    NEXT = "next"  # as JOINT, or the next term of a filter
    LENGTH = "length"
    HOLD = "hold"
    MOMENT = "moment"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Situation:
    """`word` stands before the cursor and will be replaced, from `start`. `field` is the name left of a comparison,
    where a value is due. `aggregates` are those that the query has, as they are written; `grouped` says that results
    are compared, and not rows. `first`: nothing stands before the word."""

    due: Due
    source: Source
    word: str
    start: int
    field: str = ""
    aggregates: tuple[str, ...] = ()
    first: bool = False
    grouped: bool = False


def situation(text: str, cursor: int) -> Situation:
    """Looks at the text up to the cursor; text that is no query (yet) leads to the best guess."""
    text = text[:MOST_CHARACTERS]
    before = text[: max(cursor, 0)]
    scan = _Scan(before)
    return Situation(
        scan.due, scan.source, scan.word, scan.start, scan.field, _aggregates(text), scan.first, scan.stage == "where"
    )


def _aggregates(text: str) -> tuple[str, ...]:
    """Calls of aggregates in a text, as far as brackets show them."""
    found = re.findall(r"\b(\w[\w.]*)\(([^()|]*)\)", text)
    return tuple(dict.fromkeys(f"{name}({inside})" for name, inside in found if find_aggregate(name)))


def _tokens(text: str) -> Iterator[Token]:
    lexer, position, value = Lexer(text), 0, False
    while position < len(text):
        try:
            token = lexer.token(position, value=value)
        except QuerySyntaxError:
            return
        if token.kind is Kind.END:
            return
        value = token.is_mark(":", "=", "!=")
        position = token.end
        yield token


class _Scan:
    """Reads what stands before the word at the cursor."""

    def __init__(self, before: str) -> None:
        self.source, self.field, self.first = Source.INVOCATIONS, "", True
        self.stage, self.due = "filter", Due.TERM
        self.calls: list[str] = []
        quote = _open_quote(before)
        self.start = quote if quote is not None else _begin(_WORD, before)
        for token in _tokens(before[: self.start]):
            self._step(token)
        if self.due is Due.VALUE and quote is None:
            self.start = max(self.start, _begin(_VALUE, before))
        self.word = before[self.start :]

    def _step(self, token: Token) -> None:
        """What is due after one more token."""
        if self.first and token.kind is Kind.WORD and find_source(token.text):
            self.source, self.due = find_source(token.text) or self.source, Due.TERM
        elif token.is_mark("|"):
            self.stage, self.calls, self.due = "columns", [], Due.STAGE
        elif token.is_mark("("):
            self.calls.append("in" if self.due is Due.VALUE else spelled(self.field))
            self.due = self._of_argument()
        elif token.is_mark(")"):
            aggregate = find_aggregate(self.calls.pop()) if self.calls else None
            self.field = self.field if aggregate and aggregate.argument is Argument.NUMBER else ""
            self.due = self._behind_a_term()
        elif token.is_mark(","):
            self.due = self._of_argument() if self.calls else self._of_stage()
        elif token.is_mark(*_COMPARING):
            self.due = Due.VALUE
        elif token.is_mark("+", "-", "*", "/"):
            self.due = Due.NUMBER if self.stage in ("filter", "columns") else self._of_stage()
        elif token.word in _STAGES and not self.calls:
            self.stage = _STAGES[token.word]
            self.due = self._of_stage()
        elif token.word in ("and", "or", "not") or token.is_mark("!", "&&", "||"):
            self.due = self._of_argument() if self.calls else self._of_stage()
        elif token.word == "in":
            self.due = Due.VALUE
        else:
            self.field = token.text if token.kind is Kind.WORD and self.due is not Due.VALUE else self.field
            self.due = self._behind_a_term()
        self.first = False

    def _behind_a_term(self) -> Due:
        return Due.NEXT if self.stage == "filter" and not self.calls else Due.JOINT

    def _of_stage(self) -> Due:
        return {
            "filter": Due.TERM, "columns": Due.STAGE, "where": Due.GROUP, "sort": Due.GROUP, "by": Due.KEY,
            "over": Due.LENGTH, "every": Due.LENGTH, "for": Due.HOLD, "since": Due.MOMENT, "limit": Due.NOTHING,
        }[self.stage]  # fmt: skip

    def _of_argument(self) -> Due:
        name = self.calls[-1] if self.calls else ""
        aggregate = find_aggregate(name)
        if name == "in":
            return Due.VALUE
        if aggregate is not None:
            return {Argument.CONDITION: Due.TERM, Argument.NUMBER: Due.NUMBER, Argument.VALUE: Due.KEY}[
                aggregate.argument
            ]
        return {"bucket": Due.NUMBER, "exists": Due.KEY, "through": Due.VALUE}.get(name, self._of_stage())


def _open_quote(before: str) -> int | None:
    """Where a quote opens that has not been closed."""
    open_at: int | None = None
    for at, letter in enumerate(before):
        if letter == '"' and before[at - 1 : at] != "\\":
            open_at = at if open_at is None else None
    return open_at


def _begin(letter: re.Pattern[str], text: str) -> int:
    """Where the letters begin with which a text ends."""
    start = len(text)
    while start and letter.match(text, start - 1):
        start -= 1
    return start
