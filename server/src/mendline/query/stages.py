"""The parser of the stages between pipes: columns, keys, windows, ranges of time, order, limits, and holding."""

from __future__ import annotations

from typing import NoReturn

from mendline.errors import MisplacedError, QuerySyntaxError
from mendline.query.expressions import ExpressionReader
from mendline.query.faults import HERE, Edit, clipped, fault
from mendline.query.fields import is_moment
from mendline.query.functions import find_aggregate
from mendline.query.names import ALL_NAMES, function_without_brackets
from mendline.query.sentence import Calendar, Hold, Order, Range, Window
from mendline.query.syntax import Call, Name, Node, Number, Text
from mendline.query.tokens import Kind, Token
from mendline.query.values import COMPARING

MOST_ROWS = 10_000
_MOST_EVALUATIONS = 100
_CALENDAR = {"today": Calendar.TODAY, "day": Calendar.TODAY, "month": Calendar.THIS_MONTH}


class StageReader(ExpressionReader):
    """Reads stages; what was read stands in attributes."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.columns: list[Node] = []
        self.keys: list[Node] = []
        self.range: Range | None = None
        self.window: Window | None = None
        self.every: Number | None = None
        self.conditions: list[Node] = []
        self.hold: Hold | None = None
        self.order: tuple[Order, ...] = ()
        self.limit: int | None = None

    def once(self, token: Token, is_set: object) -> None:
        """Raises where a stage that stands once stands again."""
        if is_set:
            raise fault(
                QuerySyntaxError,
                self.text,
                token.at,
                f"'{token.text}'{HERE} stands for the second time",
                "Keep one of the two.",
            )

    # -- columns and keys ------------------------------------------------------------------------------------

    def read_columns(self) -> None:
        """Aggregates, and keys behind them."""
        self.accept_word("stats", "summarize")
        while self.peek().word not in ("by", "group"):
            column = self.sum()
            if isinstance(column, Name) and column.name.lower() in ("count", "rate"):  # Splunk's `stats count by …`
                column = Call(column.name.lower(), at=column.at)
            elif isinstance(column, Name) and find_aggregate(column.name) and self.peek().word in ALL_NAMES:
                raise function_without_brackets(column, column.name, self.text)  # `| avg duration by function`
            self.columns.append(column)
            if self.peek().word == "as":
                self._no_other_name()
            if self.peek().is_mark(*COMPARING):
                self._no_comparison(column)
            if not self.accept_mark(","):
                break
        if by := self.accept_word("by", "group"):
            self.read_keys(by)

    def _no_other_name(self) -> NoReturn:
        word, name = self.take(), self.take()
        raise fault(
            QuerySyntaxError,
            self.text,
            word.at.to(name.at),
            f"'as'{HERE} gives a name, but columns keep the one under which they are written",
            "Leave it out.",
            edits=[Edit(self._end_before(word), name.end, "")],
        )

    def _no_comparison(self, column: Node) -> NoReturn:
        token = self.take()
        raise fault(
            MisplacedError,
            self.text,
            token.at,
            f"{clipped(token.text)}{HERE} compares, but columns are only shown",
            f"Conditions stand behind 'where': | {column} | where {column} {token.text} …",
            edits=[Edit(self._end_before(token), token.start, f" | where {column} ")],
        )

    def _end_before(self, token: Token) -> int:
        return len(self.text[: token.start].rstrip())

    def read_keys(self, token: Token) -> None:
        """What follows `by`."""
        if token.word == "group":
            self.expect_word("by", "after 'group'")
        self.once(token, self.keys)
        bracket = self.accept_mark("(")
        self._key()
        while self.accept_mark(","):
            self._key()
        if bracket:
            self.expect_mark(")", "to close the bracket")

    def _key(self) -> None:
        """One key; `bin(5m)` and `bucket(time, 5m)` are no keys but steps of time."""
        key = self.sum()
        if isinstance(key, Call) and key.function == "bucket" and not self.every:
            *of, step = key.arguments or (key,)
            moment = not of or (len(of) == 1 and isinstance(of[0], Name) and is_moment(of[0].name))
            if moment and isinstance(step, Number):
                self.every = step
                return
        self.keys.append(key)

    # -- time ------------------------------------------------------------------------------------------------

    def read_window(self, token: Token) -> None:
        """What follows `over`."""
        self.once(token, self.window)
        self.accept_word("the")
        this = self.accept_word("this")
        self.accept_word("last")
        word = self.peek()
        length: Number | Calendar
        if word.word in _CALENDAR and (this or word.word == "today"):
            self.take()
            length = _CALENDAR[word.word]
        elif word.word in ("month", "months"):
            self.fail(
                word,
                "a duration such as 10m after 'over'",
                (Edit(word.start, word.end, "this month"),),
                advice="Months differ in length: write 30d, or 'over this month'.",
            )
        else:
            length = self.duration("after 'over'")
        self.window = Window(length, at=token.at.to(word.at))
        if every := self.accept_word("every"):
            self.read_every(every)

    def read_every(self, token: Token) -> None:
        """What follows `every`."""
        self.once(token, self.every)
        self.every = self.duration("after 'every'")

    def read_range(self, token: Token) -> None:
        """What follows `since` or `between`."""
        self.once(token, self.range)
        first = self._moment()
        last = None
        if token.word == "between":
            self.expect_word("and", "between two moments")
            last = self._moment()
        self.range = Range(first, last, at=token.at.to((last or first).at))

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

    # -- order and limits ------------------------------------------------------------------------------------

    def read_sort(self, token: Token) -> None:
        """What follows `sort` or `order by`."""
        self.once(token, self.order)
        if not self.accept_word("by") and token.word == "order":
            self.expect_word("by", "after 'order'")
        keys = [self._sort_key()]
        while self.accept_mark(","):
            keys.append(self._sort_key())
        self.order = tuple(keys)

    def _sort_key(self, *, descending: bool = False) -> Order:
        minus = self.accept_mark("-")
        expression = self.sum()
        direction = self.accept_word("asc", "desc", "ascending", "descending")
        turned = direction.word.startswith("desc") if direction else descending or minus is not None
        return Order(expression, turned, at=expression.at)

    def read_limit(self, keyword: Token) -> None:
        """What follows `limit`; `top 10 by x` is also an order."""
        token = self.take()
        if token.kind is not Kind.NUMBER or not token.text.isdecimal() or not 1 <= int(token.text[:9]) <= MOST_ROWS:
            self._no_limit(token)
        self.limit = int(token.text)
        if keyword.word == "top" and self.accept_word("by"):
            self.once(keyword, self.order)
            self.order = (self._sort_key(descending=True),)

    def _no_limit(self, token: Token) -> NoReturn:
        digits = token.text.lstrip("-")[:9]
        near = str(min(max(int(digits), 1), MOST_ROWS)) if digits.isdecimal() else ""
        edits = (Edit(token.start, token.end, near),) if near else ()
        self.fail(token, f"a whole number from 1 to {MOST_ROWS:,} after 'limit'", edits)

    # -- holding ---------------------------------------------------------------------------------------------

    def read_hold(self, token: Token) -> None:
        """What follows `for`."""
        if not self.conditions:
            raise fault(
                MisplacedError,
                self.text,
                token.at,
                f"'for'{HERE} says how long a condition must hold, but there is none",
                "Write it behind a condition: | where count() > 5 for 10m.",
            )
        self.once(token, self.hold)
        number = self.take()
        if number.kind is not Kind.NUMBER:
            self.fail(number, "'3 of 5', '10m' or '10 in a row' after 'for'")
        if number.text.isdecimal() and self.peek().word in ("of", "out", "in", "times", "consecutive", ""):
            self.hold = self._times(token, number)
            return
        self.go_back(number)
        self.hold = Hold(length=self.duration("after 'for'"), at=token.at.to(number.at))

    def _times(self, token: Token, number: Token) -> Hold:
        times = of = int(number.text[:6])
        end = number
        if self.accept_word("out", "of"):
            self.accept_word("of")
            end = self.take()
            if end.kind is not Kind.NUMBER or not end.text.isdecimal():
                self.fail(end, f"a number, as in '{times} of {times + 2}'")
            of = int(end.text[:6])
        elif self.accept_word("times", "in"):
            self.accept_word("in")
            self.expect_word("a", "as in '10 in a row'")
            end = self.expect_word("row", "as in '10 in a row'")
        else:
            self.fail(
                self.peek(),
                f"'of' or 'in a row' after 'for {times}'",
                (Edit(number.end, number.end, " in a row"),),
                advice=f"Write 'for {times} in a row', 'for {times} of {times + 2}' or 'for {times}m'.",
            )
        if not 1 <= times <= of <= _MOST_EVALUATIONS:
            self._wrong_times(number, end, times, of)
        return Hold(times, of, at=token.at.to(end.at))

    def _wrong_times(self, number: Token, end: Token, times: int, of: int) -> NoReturn:
        at = number.at.to(end.at)
        swapped = 1 <= of < times <= _MOST_EVALUATIONS
        raise fault(
            QuerySyntaxError,
            self.text,
            at,
            f"'{self.text[at.start : at.end]}'{HERE} can never hold",
            f"Write for 3 of 5, of at most {_MOST_EVALUATIONS} evaluations.",
            edits=[Edit(at.start, at.end, f"{of} of {times}")] if swapped else (),
        )
