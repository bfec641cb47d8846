"""The parser of whole queries: source, filter, and the stages between pipes.

Stages may come in any order but for `limit`, which is last; the pipe before a keyword may be left out.
"""

from __future__ import annotations

from mendline.errors import MisplacedError, QuerySyntaxError
from mendline.query.expressions import ExpressionReader
from mendline.query.faults import Edit, clipped, fault
from mendline.query.functions import find_aggregate
from mendline.query.sentence import Calendar, Hold, Order, Query, Range, Window
from mendline.query.source import Source, find_source
from mendline.query.syntax import And, Call, Node, Number, Span, Text, parts_of
from mendline.query.tokens import Kind, Token
from mendline.query.values import COMPARING

MOST_ROWS = 10_000
_STAGES = {
    "over": "window", "every": "every", "where": "where", "having": "where", "filter": "where", "sort": "sort",
    "order": "sort", "limit": "limit", "take": "limit", "head": "limit", "since": "range", "last": "range",
    "between": "range", "by": "by", "group": "by", "for": "hold",
}  # fmt: skip
_BARE_STAGES = frozenset(_STAGES) - {"take", "head", "last"}  # that a pipe may be missing before
_CALENDAR = {"today": Calendar.TODAY, "day": Calendar.TODAY, "month": Calendar.THIS_MONTH}


def parse(text: str) -> Query:
    """The tree of a query. Raises QueryTextError for what is none, in time linear in its length."""
    return _QueryReader(text).query()


class _QueryReader(ExpressionReader):
    """One text, read once; what was read so far stands in `found`, the arguments of Query."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.source: Source | None = None
        self.filters: list[Node] = []
        self.columns: list[Node] = []
        self.keys: list[Node] = []
        self.range: Range | None = None
        self.window: Window | None = None
        self.every: Number | None = None
        self.conditions: list[Node] = []
        self.hold: Hold | None = None
        self.order: tuple[Order, ...] = ()
        self.limit: int | None = None

    def query(self) -> Query:
        """All of the text."""
        self._read_source()
        token = self.peek()
        if token.kind is not Kind.END and not token.is_mark("|", ";") and token.word not in _BARE_STAGES:
            if self._begins_columns(token):
                self._columns()
            else:
                self.filters.append(self.condition())
        self._read_stages()
        return self._finished()

    def _read_source(self) -> None:
        start = self.peek()
        if start.word == "from":
            self.take()
        token = self.peek()
        source = find_source(token.text) if token.kind is Kind.WORD else None
        after = self.peek_after(token)
        if source and not after.is_mark(*COMPARING, "(") and after.word not in ("in", "not-in", "like", "contains"):
            self.take()
            self.source = source
        elif start.word == "from":
            self.go_back(start)

    def _begins_columns(self, token: Token) -> bool:
        """Whether the query begins with aggregates that are not compared with anything."""
        if token.kind is not Kind.WORD or find_aggregate(token.text) is None or not self.peek_after(token).is_mark("("):
            return False
        self.sum()
        after = self.peek()
        self.go_back(token)
        words = ("in", "not", "not-in", "outside", "is", "between", "and", "or")
        return not after.is_mark(*COMPARING) and after.word not in words

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
            if not pipe and token.word not in _BARE_STAGES:
                self._no_stage(token)
            if self.limit is not None and token.word != "for":
                raise fault(
                    MisplacedError,
                    self.text,
                    token.at,
                    "'limit' comes last, but something stands behind it",
                    "Move 'limit' to the end.",
                )
            self._stage(token)

    def _no_stage(self, token: Token) -> None:
        if token.is_mark(")"):
            self.fail(
                token, "a pipe or the end", (Edit(token.start, token.end, ""),), advice="The bracket was never opened."
            )
        self.fail(token, "'|' or the end", (Edit(token.start, token.start, "| "),))

    def _stage(self, token: Token) -> None:
        kind = _STAGES.get(token.word)
        if kind is None or (self.peek_after(token).is_mark("(") and token.word in ("last", "filter")):
            self._columns()
            return
        self.take()
        if kind == "window":
            self._window(token)
        elif kind == "every":
            self._every(token)
        elif kind == "where":
            self._where()
        elif kind == "sort":
            self._sort(token)
        elif kind == "limit":
            self._limit()
        elif kind == "range":
            self._range(token)
        elif kind == "by":
            self._by(token)
        else:
            self._hold(token)

    def _once(self, token: Token, is_set: object) -> None:
        """Raises where a stage that stands once stands again."""
        if is_set:
            raise fault(
                QuerySyntaxError,
                self.text,
                token.at,
                f"'{token.text}' stands here for the second time",
                "Keep one of the two.",
            )

    def _columns(self) -> None:
        if self.peek().word in ("stats", "summarize"):
            self.take()
        while self.peek().word not in ("by", "group"):
            self.columns.append(self.sum())
            if self.peek().word == "as":
                self._no_other_name()
            if not self.accept_mark(","):
                break
        if by := self.accept_word("by", "group"):
            self._by(by)

    def _no_other_name(self) -> None:
        word, name = self.take(), self.take()
        raise fault(
            QuerySyntaxError,
            self.text,
            word.at.to(name.at),
            "Columns keep the name under which they are written; 'as' stands",
            "Leave it out.",
            edits=[Edit(self._before(word), name.end, "")],
        )

    def _before(self, token: Token) -> int:
        return len(self.text[: token.start].rstrip())

    def _by(self, token: Token) -> None:
        if token.word == "group":
            self.expect_word("by", "after 'group'")
        self._once(token, self.keys)
        bracket = self.accept_mark("(")
        self._key()
        while self.accept_mark(","):
            self._key()
        if bracket:
            self.expect_mark(")", "closes the bracket")

    def _key(self) -> None:
        """One key; `bin(5m)` is no key but a step of time."""
        key = self.sum()
        if isinstance(key, Call) and key.function == "bucket" and len(key.arguments) == 1:
            step = key.arguments[0]
            if isinstance(step, Number) and not self.every:
                self.every = step
                return
        self.keys.append(key)

    def _window(self, token: Token) -> None:
        self._once(token, self.window)
        self.accept_word("the")
        this = self.accept_word("this")
        self.accept_word("last")
        word = self.peek()
        length: Number | Calendar
        if word.word in _CALENDAR and (this or word.word == "today"):
            self.take()
            length = _CALENDAR[word.word]
        else:
            if word.word in ("month", "day", "year", "week") and not this:
                pass
            length = self.duration("after 'over'")
        self.window = Window(length, at=token.at.to(word.at))
        if every := self.accept_word("every"):
            self._every(every)

    def _every(self, token: Token) -> None:
        self._once(token, self.every)
        self.every = self.duration("after 'every'")

    def _where(self) -> None:
        self.conditions.append(self.condition())

    def _sort(self, token: Token) -> None:
        self._once(token, self.order)
        self.accept_word("by") or (token.word == "order" and self.expect_word("by", "after 'order'"))
        keys = [self._sort_key()]
        while self.accept_mark(","):
            keys.append(self._sort_key())
        self.order = tuple(keys)

    def _sort_key(self) -> Order:
        minus = self.accept_mark("-")
        expression = self.sum()
        direction = self.accept_word("asc", "desc", "ascending", "descending")
        descending = bool(minus) or (direction is not None and direction.word.startswith("desc"))
        return Order(expression, descending, at=expression.at)

    def _limit(self) -> None:
        token = self.take()
        if token.kind is not Kind.NUMBER or not token.text.isdigit() or not 1 <= int(token.text[:9]) <= MOST_ROWS:
            self.fail(token, f"a whole number from 1 to {MOST_ROWS:,} after 'limit'")
        self.limit = int(token.text)

    def _range(self, token: Token) -> None:
        self._once(token, self.range)
        first = self._moment()
        last = None
        if token.word == "between":
            self.expect_word("and", "between two moments")
            last = self._moment()
        end = last or first
        self.range = Range(first, last, at=token.at.to(end.at))

    def _moment(self) -> Number | Text:
        token = self.take(value=True)
        found: Number | Text
        if token.kind is Kind.NUMBER:
            found = self.number(token)
        elif token.kind in (Kind.WORD, Kind.STRING):
            found = Text(token.text, at=token.at)
        else:
            self.fail(token, "a moment: 2h (ago), or 2026-05-01T10:00Z")
        self.accept_word("ago")
        return found

    def _hold(self, token: Token) -> None:
        if not self.conditions:
            raise fault(
                MisplacedError,
                self.text,
                token.at,
                "'for' says how long a condition must hold, but there is none",
                "Write it behind a condition: | where count() > 5 for 10m.",
            )
        self._once(token, self.hold)
        number = self.take()
        if number.kind is not Kind.NUMBER:
            self.fail(number, "'3 of 5', '10m' or '10 in a row' after 'for'")
        if not number.text.isdigit() or self.peek().word not in ("of", "out", "in", "times", "consecutive", ""):
            self.go_back(number)
            self.hold = Hold(length=self.duration("after 'for'"), at=token.at.to(number.at))
            return
        self.hold = self._times(token, number)

    def _times(self, token: Token, number: Token) -> Hold:
        times = of = int(number.text[:6])
        if self.accept_word("out", "of"):
            self.accept_word("of")
            total = self.take()
            if total.kind is not Kind.NUMBER or not total.text.isdigit():
                self.fail(total, f"a number, as in '{times} of {times + 2}'")
            of = int(total.text[:6])
        elif self.accept_word("times", "in"):
            self.accept_word("in")
            self.expect_word("a", "as in '10 in a row'")
            self.expect_word("row", "as in '10 in a row'")
        else:
            self.fail(
                self.peek(),
                f"'of' or 'in a row' after 'for {times}'",
                (Edit(number.end, number.end, " in a row"),),
                advice=f"Write 'for {times} in a row', 'for {times} of {times + 2}' or 'for {times}m'.",
            )
        if not 1 <= times <= of <= 100:
            self._wrong_times(token, number, times, of)
        return Hold(times, of, at=token.at.to(number.at))

    def _wrong_times(self, token: Token, number: Token, times: int, of: int) -> None:
        what = (
            f"{clipped(f'{times} of {of}')} evaluations cannot be"
            if times > of or not times
            else "At most 100 evaluations count"
        )
        raise fault(QuerySyntaxError, self.text, token.at.to(number.at), what + ", written", "Write 'for 3 of 5'.")

    # -- the whole -------------------------------------------------------------------------------------------

    def _finished(self) -> Query:
        filter_ = _all(self.filters)
        aggregates = [part for part in parts_of(filter_) if isinstance(part, Call) and find_aggregate(part.function)]
        source = self.source or (Source.FUNCTIONS if aggregates else Source.INVOCATIONS)
        if aggregates and source is not Source.FUNCTIONS:
            self._misplaced_aggregate(aggregates[0], source)
        return Query(
            source,
            filter_,
            tuple(self.columns),
            tuple(self.keys),
            self.range,
            self._whole_window(),
            _all(self.conditions),
            self.hold,
            self.order,
            self.limit,
            at=Span(0, len(self.text)),
        )

    def _misplaced_aggregate(self, call: Call, source: Source) -> None:
        raise fault(
            MisplacedError,
            self.text,
            call.at,
            f"{clipped(str(call))} looks at many {source}, but a filter looks at one, and it stands",
            f"Aggregates come behind a pipe: {source} | {call} | where {call} > 5.",
        )

    def _whole_window(self) -> Window | None:
        """The window, which may have been written as `[5m]`, or only as `every 5m`."""
        length = self.bracket_window
        if self.window and length and str(self.window.length) != str(length):
            raise fault(
                QuerySyntaxError,
                self.text,
                length.at,
                f"'[{length}]' and 'over {self.window.length}' say two things, the first",
                "Keep 'over'.",
                edits=[Edit(self.text.rfind("[", 0, length.at.start), length.at.end + 1, "")],
            )
        if self.window:
            return Window(self.window.length, self.every, at=self.window.at)
        chosen = length or self.every
        return Window(chosen, self.every, at=chosen.at) if chosen else None


def _all(conditions: list[Node]) -> Node | None:
    """Several conditions, all of which hold."""
    flat = [inner for each in conditions for inner in (each.terms if isinstance(each, And) else (each,))]
    if len(flat) < 2:
        return flat[0] if flat else None
    return And(tuple(flat), at=flat[0].at.to(flat[-1].at))
