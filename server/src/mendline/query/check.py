"""Checks whole queries: from a tree to its canonical spelling and the plan that a store can run.

What passes here does not fail in the store for a reason that could be known before.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from mendline.errors import MisplacedError, QueryUnitError, QueryValueError
from mendline.query import plan
from mendline.query.conditions import ConditionChecker
from mendline.query.faults import HERE, Edit, clipped, replaced
from mendline.query.functions import find_aggregate
from mendline.query.known import NOTHING_KNOWN, Known
from mendline.query.metric_units import metric_unit
from mendline.query.plan import Plan
from mendline.query.scene import Condition, Notice, Place, Scene, Value
from mendline.query.sentence import Calendar, Hold, Order, Query, Range, Window
from mendline.query.source import Source
from mendline.query.syntax import And, Call, Name, Node, Number, Outside, Usual, parts_of
from mendline.query.types import Kind, Type
from mendline.query.units import MILLISECONDS, SECONDS, TIME, print_quantity, read_quantity

_LEAST_WINDOW_NS, _MOST_WINDOW_NS = 10**9, 400 * 86400 * 10**9
_DURATION = Type(Kind.NUMBER, MILLISECONDS)


@dataclass(frozen=True, slots=True)
class Checked:
    """A query that makes sense. `query` is its canonical tree: the same for all spellings of one query."""

    query: Query
    plan: Plan
    notices: tuple[Notice, ...] = ()

    @property
    def text(self) -> str:
        """The canonical text: the identity of the query for caches and policies."""
        return str(self.query)


def check(query: Query, text: str, known: Known = NOTHING_KNOWN) -> Checked:
    """Checks a query that was parsed from a text. Raises QueryTextError."""
    return _QueryChecker(query, text, known).checked()


class _QueryChecker(ConditionChecker):
    """One query."""

    def __init__(self, query: Query, text: str, known: Known) -> None:
        super().__init__(text, known)
        self.query, self.source = query, query.source
        if self.source is Source.METRICS:
            self.value_unit = metric_unit(query.filter, known)

    def checked(self) -> Checked:
        query = self._settled()
        filter_ = self.condition(query.filter, self._rows(Place.FILTER)) if query.filter else None
        keys = self._keys(query)
        columns = self._columns(query, keys)
        aggregated = bool(columns or keys)
        window = self._window(query.window, aggregated=aggregated)
        condition = self._condition(query, keys)
        self._check_usual(condition, query)
        order = self._order(query, keys, aggregated=aggregated)
        range_, planned_range = self._range(query.range)
        hold, planned_hold = self._hold(query.hold)
        canonical = Query(
            self.source,
            filter_.node if filter_ else None,
            tuple(each.node for each in columns),
            tuple(each.node for each in keys),
            range_,
            window,
            condition.node if condition else None,
            hold,
            tuple(Order(value.node, key.descending) for value, key in zip(order, query.order, strict=True)),
            query.limit,
        )
        planned = Plan(
            self.source,
            filter_.plan if filter_ else None,
            planned_range,
            _outputs(columns),
            _outputs(keys),
            _planned_window(window),
            condition.plan if condition else None,
            planned_hold,
            self._planned_order(query, order, columns, keys),
            query.limit,
        )
        return Checked(canonical, planned, tuple(dict.fromkeys(self.notices)))

    def _settled(self) -> Query:
        """The query with what it leaves out: columns that only its condition names, or a count beside keys; and with a
        condition on rows in the filter, where it belongs."""
        query = self.query
        aggregates = tuple(dict.fromkeys(part for part in parts_of(query.condition) if _is_aggregate(part)))
        groups = bool(query.columns or query.keys)
        if query.condition and not groups and (not aggregates or self.source is Source.FUNCTIONS):
            if query.hold:
                self.fail(
                    MisplacedError,
                    query.hold.at,
                    f"'for'{HERE} says how long an aggregate must hold, but the condition has none",
                    "For example | count() | over 10m | where count() > 5 for 3 of 5.",
                )
            both = [each for each in (query.filter, query.condition) if each]
            flat = [term for each in both for term in (each.terms if isinstance(each, And) else (each,))]
            return replace(query, filter=flat[0] if len(flat) == 1 else And(tuple(flat)), condition=None)
        if not query.columns and (aggregates or query.keys):
            return replace(query, columns=aggregates or (Call("count"),))
        return query

    def _rows(self, place: Place) -> Scene:
        """Rows of the source; those of functions have aggregates of their invocations."""
        return Scene(place, self.source, aggregated=Source.INVOCATIONS if self.source is Source.FUNCTIONS else None)

    def _groups(self, place: Place, keys: tuple[Value, ...]) -> Scene:
        return Scene(place, self.source, rows=False, keys={str(key.node): key for key in keys}, aggregated=self.source)

    # -- keys, columns, conditions ---------------------------------------------------------------------------

    def _keys(self, query: Query) -> tuple[Value, ...]:
        scene = Scene(Place.KEY, self.source)
        found = [self.value(key, scene) for key in query.keys]
        for key, node in zip(found, query.keys, strict=True):
            if key.type.kind is Kind.TIME:
                self.fail(
                    MisplacedError,
                    node.at,
                    f"'time'{HERE} differs from row to row and makes no groups",
                    "For one row per step write | over 5m every 5m.",
                    edits=self._step_for(node) if len(query.keys) == 1 and not query.window else (),
                )
        return tuple({str(key.node): key for key in found}.values())

    def _step_for(self, key: Node) -> tuple[Edit, ...]:
        """`by time` as steps of time."""
        start = self.text.lower().rfind("by", 0, key.at.start)
        return (Edit(start, key.at.end, "| over 5m every 5m"),) if start >= 0 else ()

    def _columns(self, query: Query, keys: tuple[Value, ...]) -> tuple[Value, ...]:
        scene = self._groups(Place.COLUMN, keys)
        found = []
        for node in query.columns:
            if not any(_is_aggregate(part) for part in parts_of(node)):
                self._no_aggregate(node)
            found.append(self.value(node, scene))
        return tuple({str(column.node): column for column in found}.values())

    def _no_aggregate(self, node: Node) -> None:
        value = self.value(node, self._rows(Place.KEY))
        better = f"max({value.node})" if value.type.kind is Kind.NUMBER else f"count() by {value.node}"
        self.fail(
            MisplacedError,
            node.at,
            f"{clipped(str(node))}{HERE} is no aggregate, and only aggregates stand behind a pipe",
            f"Did you mean {better}?",
            suggestion=better,
            edits=replaced(node.at, better),
        )

    def _condition(self, query: Query, keys: tuple[Value, ...]) -> Condition | None:
        return self.condition(query.condition, self._groups(Place.CONDITION, keys)) if query.condition else None

    def _check_usual(self, condition: Condition | None, query: Query) -> None:
        usual = next((part for part in parts_of(query.condition) if isinstance(part, (Usual, Outside))), None)
        if condition is None or usual is None or query.window is not None:
            return
        end = query.condition.at.end if query.condition else usual.at.end
        edits = [Edit(end, end, " | over 10m ")]
        self.fail(
            MisplacedError,
            usual.at,
            f"'usual'{HERE} depends on how far the query looks back, and there is no 'over'",
            "Write | over 10m.",
            edits=edits,
        )

    # -- time ------------------------------------------------------------------------------------------------

    def _window(self, window: Window | None, *, aggregated: bool) -> Window | None:
        if window is None:
            return None
        if window.every and not aggregated:
            word = "every" if window.every is window.length else "over"
            start = self.text.lower().rfind(word, 0, window.every.at.start)
            self.fail(
                MisplacedError,
                window.every.at,
                f"'every'{HERE} makes one row per step, but there is nothing to aggregate",
                "Write an aggregate before it: | count() | over 5m every 5m.",
                edits=[Edit(start, start, "count() | ")] if start >= 0 else [],
            )
        length = window.length if isinstance(window.length, Calendar) else self._length(window.length)
        return Window(length, self._length(window.every) if window.every else None)

    def _length(self, node: Number) -> Number:
        """A length of time in its one spelling."""
        found = self.quantity(node, _DURATION)
        written = read_quantity(node.text)
        if written is None or written.unit is None or found.type.dimension != TIME:
            self.fail(
                QueryUnitError,
                node.at,
                f"Expected a duration, but {clipped(node.text)}{HERE} is none",
                "For example 10m.",
                expected="a duration",
            )
        if not _LEAST_WINDOW_NS <= written.value <= _MOST_WINDOW_NS:
            self.fail(
                QueryValueError,
                node.at,
                f"{clipped(node.text)}{HERE} is not between 1s and 400d",
                "Write another length.",
                edits=replaced(node.at, "1s" if written.value < _LEAST_WINDOW_NS else "400d"),
            )
        return Number(print_quantity(written.value, SECONDS), at=node.at)

    def _range(self, range_: Range | None) -> tuple[Range | None, plan.Range | None]:
        if range_ is None:
            return None, None
        start, first = self.moment(range_.first)
        if range_.last is None:
            return Range(first), plan.Range(start)
        end, last = self.moment(range_.last)
        if (start.at and end.at and start.at >= end.at) or (not start.at and not end.at and start.ago_ns <= end.ago_ns):
            self.fail(
                QueryValueError,
                range_.at,
                f"The range{HERE} ends before it begins",
                f"Swap the two: between {last} and {first}.",
                edits=replaced(range_.at, f"between {last} and {first}"),
            )
        return Range(first, last), plan.Range(start, end)

    def _hold(self, hold: Hold | None) -> tuple[Hold | None, plan.Hold | None]:
        if hold is None:
            return None, None
        if hold.length is None:
            return Hold(hold.times, hold.of), plan.Hold(hold.times, hold.of)
        length = self._length(hold.length)
        return Hold(length=length), plan.Hold(length_ns=_nanoseconds(length))

    # -- order -----------------------------------------------------------------------------------------------

    def _order(self, query: Query, keys: tuple[Value, ...], *, aggregated: bool) -> tuple[Value, ...]:
        scene = self._groups(Place.SORT, keys) if aggregated else self._rows(Place.SORT)
        return tuple(self.value(key.expression, scene) for key in query.order)

    def _planned_order(
        self, query: Query, order: tuple[Value, ...], columns: tuple[Value, ...], keys: tuple[Value, ...]
    ) -> tuple[plan.Order, ...]:
        """As written; else rows newest first, and groups by their first column, largest first."""
        if order:
            return tuple(plan.Order(value.plan, key.descending) for value, key in zip(order, query.order, strict=True))
        if columns:
            return (plan.Order(columns[0].plan, descending=True),) if keys else ()
        newest = self.value(Name("time"), self._rows(Place.SORT))
        return (plan.Order(newest.plan, descending=True),)


def _is_aggregate(part: Node) -> bool:
    return isinstance(part, Call) and find_aggregate(part.function) is not None


def _outputs(values: tuple[Value, ...]) -> tuple[plan.Output, ...]:
    return tuple(plan.Output(str(value.node), value.plan, value.type) for value in values)


def _planned_window(window: Window | None) -> plan.Window | None:
    if window is None:
        return None
    every = _nanoseconds(window.every) if window.every else None
    if isinstance(window.length, Calendar):
        return plan.Window(None, window.length, every)
    return plan.Window(_nanoseconds(window.length), None, every)


def _nanoseconds(length: Number) -> int:
    found = read_quantity(length.text)
    return int(found.value) if found else 0
