"""The parser of whole queries: source, filter, and the stages between pipes.

Stages may come in any order but for `limit`, which is last; the pipe before a keyword may be left out.
"""

from __future__ import annotations

from typing import NoReturn

from mendline.errors import MisplacedError, QuerySyntaxError
from mendline.query.faults import HERE, Edit, clipped, fault
from mendline.query.functions import find_aggregate
from mendline.query.nearness import nearest
from mendline.query.sentence import Query, Window
from mendline.query.source import Source, find_source
from mendline.query.stages import StageReader
from mendline.query.syntax import And, Call, Node, Outside, Span, Usual, parts_of
from mendline.query.tokens import Kind, Token
from mendline.query.values import COMPARING

_STAGES = {
    "over": "window", "every": "every", "where": "where", "having": "where", "filter": "where", "sort": "sort",
    "order": "sort", "limit": "limit", "take": "limit", "head": "limit", "top": "limit", "since": "range",
    "last": "range", "between": "range", "by": "by", "group": "by", "for": "hold",
}  # fmt: skip
_ONLY_BEHIND_A_PIPE = frozenset({"take", "head", "last", "top"})
_KEYWORDS = frozenset(_STAGES) - _ONLY_BEHIND_A_PIPE
_COMPARING_WORDS = ("in", "not", "not-in", "outside", "is", "between", "and", "or", "like", "contains")


def parse(text: str) -> Query:
    """The tree of a query. Raises QueryTextError for what is none, in time linear in its length."""
    return _QueryReader(text).query()


class _QueryReader(StageReader):
    """One text, read once."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.source: Source | None = None
        self.filter: Node | None = None
        self.limit_at: Span | None = None

    def query(self) -> Query:
        """All of the text."""
        self._read_source()
        token = self.peek()
        if not (token.kind is Kind.END or token.is_mark("|", ";") or token.word in _KEYWORDS):
            if not self.begins_columns(token) and token.word not in ("stats", "summarize"):
                self.filter = self.condition()
            if self.peek().kind is Kind.WORD and self.peek().word not in _KEYWORDS:
                self.read_columns()
        self._read_stages()
        return self._finished()

    def _read_source(self) -> None:
        start = self.peek()
        if start.word == "from":
            self.take()
        token = self.peek()
        source = find_source(token.text) if token.kind is Kind.WORD else None
        after = self.peek_after(token)
        called = after.is_mark("(") and not after.blank
        if (
            source
            and not called
            and not after.is_mark(*COMPARING)
            and after.word not in ("in", "not-in", "like", "contains")
        ):
            self.take()
            self.source = source
        elif start.word == "from":
            self.go_back(start)

    def begins_columns(self, token: Token) -> bool:
        """Whether an aggregate begins here that is not compared with anything: the pipe before it was left out."""
        if self.in_call or token.kind is not Kind.WORD or find_aggregate(token.text) is None:
            return False
        if not self.peek_after(token).is_mark("("):
            return False
        self.sum()
        after = self.peek()
        self.go_back(token)
        return not after.is_mark(*COMPARING, ")") and after.word not in _COMPARING_WORDS

    # -- stages ----------------------------------------------------------------------------------------------

    def _read_stages(self) -> None:
        while True:
            pipe = self.accept_mark("|")
            token = self.peek()
            if token.kind is Kind.END:
                return
            if token.is_mark(";") and self.peek_after(token).kind is Kind.END:
                self.take()
                return
            if not pipe and token.word not in _KEYWORDS:
                self._no_stage(token)
            if self.limit_at is not None:
                self._behind_limit(token, self.limit_at)
            self._stage(token)

    def _no_stage(self, token: Token) -> NoReturn:
        if token.is_mark(")"):
            edits = (Edit(token.start, token.end, ""),)
            self.fail(token, "a pipe or the end", edits, advice="The bracket was never opened.")
        before, behind = self.text[: token.start], self.text[token.end : token.end + 3]
        if token.is_mark(",") and before[-1:].isdecimal() and behind.isdecimal() and len(behind) == 3:
            advice = "Thousands are written together: 1000."
            self.fail(token, "'|' or the end", (Edit(token.start, token.end, ""),), advice=advice)
        if token.is_mark(",") and before[-1:].isdecimal() and behind[:1].isdecimal():
            advice = "Parts of a number stand behind a point: 1.5."
            self.fail(token, "'|' or the end", (Edit(token.start, token.end, "."),), advice=advice)
        self.fail(token, "'|' or the end", (Edit(token.start, token.start, "| "),))

    def _behind_limit(self, token: Token, limit: Span) -> NoReturn:
        moved = self.text[: limit.start].rstrip().removesuffix("|").rstrip()
        rest = self.text[limit.end :].partition("#")[0].rstrip()
        written = self.text[limit.start : limit.end]
        raise fault(
            MisplacedError,
            self.text,
            token.at,
            f"{clipped(self.text[token.start : token.end])}{HERE} stands behind 'limit', which comes last",
            "Aggregates see all rows; 'limit' cuts what is shown.",
            edits=[Edit(0, len(self.text), f"{moved}{rest} | {written}")],
        )

    def _stage(self, token: Token) -> None:
        kind = _STAGES.get(token.word)
        after = self.peek_after(token)
        if kind is None or (after.is_mark("(") and token.word in _ONLY_BEHIND_A_PIPE):
            if token.kind is Kind.WORD and after.kind in (Kind.WORD, Kind.NUMBER) and after.word not in ("by", "group"):
                self._check_keyword(token)
            self.read_columns()
            return
        self.take()
        if kind == "window":
            self.read_window(token)
        elif kind == "every":
            self.read_every(token)
        elif kind == "where":
            self._read_condition()
        elif kind == "sort":
            self.read_sort(token)
        elif kind == "limit":
            self.read_limit(token)
            self.limit_at = token.at.to(Span(self._position, self._position))
        elif kind == "range":
            self.read_range(token)
        elif kind == "by":
            self.read_keys(token)
        else:
            self.read_hold(token)

    def _check_keyword(self, token: Token) -> None:
        """Raises for a stage whose first word is a keyword with a mistake in it."""
        near = nearest(token.word, _STAGES, most=2)
        if near and find_aggregate(token.text) is None and token.word not in ("stats", "summarize"):
            edits = (Edit(token.start, token.end, near),)
            self.fail(token, "an aggregate, or over, where, sort, limit", edits, advice=f"Did you mean '{near}'?")

    def _read_condition(self) -> None:
        """A condition; before any columns and without aggregates it is one on rows, as in a pipeline."""
        condition = self.condition()
        if self.columns or self.keys or _aggregates(condition):
            self.conditions.append(condition)
        else:
            self.filter = _all([each for each in (self.filter, condition) if each])

    # -- the whole -------------------------------------------------------------------------------------------

    def _finished(self) -> Query:
        window = self._whole_window()
        self._part_filter(window)
        looks_at_many = _aggregates(self.filter)
        source = self.source or (Source.FUNCTIONS if looks_at_many else Source.INVOCATIONS)
        if looks_at_many and source is not Source.FUNCTIONS:
            self._misplaced_aggregate(looks_at_many[0], source)
        return Query(
            source, self.filter, tuple(self.columns), tuple(self.keys), self.range, window, _all(self.conditions),
            self.hold, self.order, self.limit, at=Span(0, len(self.text)),
        )  # fmt: skip

    def _part_filter(self, window: Window | None) -> None:
        """`error COUNT(Error) > 20 by function`: terms with aggregates are a condition, where more than rows of
        functions is asked for."""
        usual = any(isinstance(part, (Usual, Outside)) for part in parts_of(self.filter))
        if self.source is not None or not (self.keys or self.columns or window or usual):
            return
        terms = self.filter.terms if isinstance(self.filter, And) else (self.filter,)
        kept = [term for term in terms if term and not _aggregates(term)]
        moved = [term for term in terms if term and _aggregates(term)]
        self.filter = _all(kept)
        self.conditions = moved + self.conditions

    def _misplaced_aggregate(self, call: Call, source: Source) -> NoReturn:
        raise fault(
            MisplacedError,
            self.text,
            call.at,
            f"{clipped(str(call))}{HERE} looks at many rows, but a filter looks at one",
            f"Aggregates come behind a pipe: {source} | {call} | where {call} > 5.",
            edits=[Edit(call.at.start, call.at.start, "| where ")],
        )

    def _whole_window(self) -> Window | None:
        """The window, which may have been written as `[5m]`, or only as `every 5m`."""
        length = self.bracket_window
        if self.window and length and str(self.window.length) != str(length):
            raise fault(
                QuerySyntaxError,
                self.text,
                length.at,
                f"'[{length}]'{HERE} and 'over {self.window.length}' say two things",
                "Keep 'over'.",
                edits=[Edit(self.text.rfind("[", 0, length.at.start), length.at.end + 1, "")],
            )
        if self.window:
            return Window(self.window.length, self.every, at=self.window.at)
        chosen = length or self.every
        return Window(chosen, self.every, at=chosen.at) if chosen else None


def _aggregates(node: Node | None) -> list[Call]:
    return [part for part in parts_of(node) if isinstance(part, Call) and find_aggregate(part.function)]


def _all(conditions: list[Node]) -> Node | None:
    """Several conditions, all of which hold."""
    flat = [inner for each in conditions for inner in (each.terms if isinstance(each, And) else (each,))]
    if len(flat) < 2:
        return flat[0] if flat else None
    return And(tuple(flat), at=flat[0].at.to(flat[-1].at))
