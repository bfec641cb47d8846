"""A whole plan over the rows of a store, in plain Python: rows, groups, windows, conditions, order."""

from __future__ import annotations

import functools
import math
from datetime import UTC, datetime

from proof.slow import Slow, _fits, computed, within
from proof.slow_rows import Row

from mendline.query import Source, plan
from mendline.query.functions import AGGREGATES
from mendline.query.plan import OutsideUsual, Usual, parts_of
from mendline.query.sentence import Calendar
from mendline.query.syntax import Relation
from mendline.query.types import Kind
from mendline.store.plans import ROW_COLUMNS

MINUTE = 60 * 10**9
WEEK = 7 * 86400 * 10**9
DAY_AT = "%Y-%m-%dT%H:%M:%S"


class SlowAnswers:
    """Answers plans over rows. `start_ns`, `end_ns`, `now_ns` are the range of the call and the present; `zone` is the
    project's."""

    def __init__(self, rows, start_ns, end_ns, now_ns, zone=UTC, every_ns=60 * 10**9):
        self.source_rows, self.zone, self.every_ns = rows, zone, every_ns
        self.start_ns, self.end_ns, self.now_ns = start_ns, end_ns, now_ns

    def rows(self, asked):
        """The rows of a plan that is not aggregated, as fields in base units, in order."""
        start_ns, end_ns = self._range(asked)
        slow = Slow(self.now_ns, end_ns - start_ns)
        found = [
            row
            for row in self._source(asked.source, start_ns, end_ns)
            if not asked.filter or slow.holds(asked.filter, row)
        ]
        found.sort(key=lambda row: (-row.time_ns, row.tie))
        for order in reversed(asked.order):
            found.sort(
                key=functools.cmp_to_key(_by(lambda row, order=order: slow.value(order.value, row), order.descending))
            )
        return [{key: row.fields[key] for key in ROW_COLUMNS[asked.source]} for row in found]

    def groups(self, asked):
        """The answer of an aggregated plan: rows of (moment or None, values of keys and columns in base units)."""
        start_ns, end_ns = self._range(asked)
        moments, length_ns = self._moments(asked, start_ns, end_ns)
        slow = Slow(self.now_ns, length_ns)
        last = moments[-1] if end_ns >= self.now_ns else end_ns
        rows = self._source(asked.source, moments[0] - length_ns, last)
        kept = [row for row in rows if not asked.filter or slow.holds(asked.filter, row)]
        series = {} if asked.keys else {(): {}}
        for row in kept:
            for group in self._groups_of(slow, asked, row):
                for number in within(moments, row.time_ns, length_ns):
                    series.setdefault(group, {}).setdefault(number, []).append(row)
        if asked.condition is not None and any(map(_counts, parts_of(asked.condition))):
            whole_ns = -(-end_ns // MINUTE) * MINUTE  # groups are known by minutes
            for row in self._source(asked.source, whole_ns - WEEK, whole_ns):
                if not asked.filter or slow.holds(asked.filter, row):
                    for group in self._groups_of(slow, asked, row):
                        series.setdefault(group, {})
        told = [each for group, at in series.items() for each in self._told(slow, asked, group, at, moments)]
        return self._ordered(asked, told)

    def _told(self, slow, asked, group, at, moments):
        """What is told of one group: each moment at which its condition holds as long as it must."""
        known = [Group(slow, asked, group, at.get(number, [])) for number in range(len(moments))]
        if asked.condition is None or any(
            isinstance(part, (Usual, OutsideUsual)) for part in parts_of(asked.condition)
        ):
            truths, times, of = [True] * len(moments), 1, 1
        else:
            truths = [each.holds(asked.condition) for each in known]
            times, of = _needed(asked.hold, asked.window.every_ns if asked.is_series else self.every_ns)
        for number, moment in enumerate(moments):
            if not asked.is_series and number < len(moments) - 1:
                continue
            if sum(truths[max(0, number + 1 - of) : number + 1]) >= times:
                yield (moment if asked.is_series else 0), known[number]

    def _ordered(self, asked, told):
        told.sort(key=lambda each: tuple(_sortable(value) for value in each[1].group))
        for order in reversed(asked.order):
            told.sort(
                key=functools.cmp_to_key(_by(lambda each, order=order: each[1].value(order.value), order.descending))
            )
        told.sort(key=lambda each: each[0])
        outputs = (*asked.keys, *asked.columns)
        return [(moment, [known.value(output.value) for output in outputs]) for moment, known in told]

    # -- where and when --------------------------------------------------------------------------------------

    def _source(self, source, start_ns, end_ns):
        if source is not Source.FUNCTIONS:
            return self.source_rows.rows(source, start_ns, end_ns)
        return functions_of(self.source_rows.rows(Source.INVOCATIONS, start_ns, end_ns), end_ns - start_ns)

    def _range(self, asked):
        if asked.range is None:
            return self.start_ns, self.end_ns
        slow = Slow(self.now_ns, 0)
        return slow.value(asked.range.start, None), slow.value(asked.range.end or plan.Moment(), None)

    def _moments(self, asked, start_ns, end_ns):
        """The moments of evaluation, and how far each looks back."""
        window, length_ns = asked.window, end_ns - start_ns
        if window is not None and window.calendar is not None:
            length_ns = end_ns - self._begun(window.calendar, end_ns)
        elif window is not None:
            length_ns = window.length_ns
        if asked.is_series:
            step = window.every_ns
            return [number * step for number in range(start_ns // step + 1, -(-end_ns // step) + 1)], length_ns
        if asked.hold is not None and asked.condition is not None:
            _, of = _needed(asked.hold, self.every_ns)
            return [end_ns - number * self.every_ns for number in reversed(range(of))], length_ns
        return [end_ns], length_ns

    def _begun(self, calendar, end_ns):
        local = datetime.fromtimestamp((end_ns - 1000) / 1e9, self.zone)
        day = 1 if calendar is Calendar.THIS_MONTH else local.day
        return round(datetime(local.year, local.month, day, tzinfo=self.zone).timestamp()) * 10**9

    def _groups_of(self, slow, asked, row):
        groups = [()]
        for output in asked.keys:
            found = slow.value(output.value, row)
            ones = found or [""] if isinstance(found, list) else [found]
            groups = [(*group, one) for group in groups for one in ones]
        return groups


class Group:
    """A group at one moment: values are made when they are asked for."""

    def __init__(self, slow, asked, group, rows):
        self.slow, self.group, self.rows = slow, group, rows
        self.made = {output.value: value for output, value in zip(asked.keys, group, strict=True)}

    def value(self, value):
        """Of a key, an aggregate, or what is computed of them."""
        if value in self.made:
            return self.made[value]
        match value:
            case plan.Constant(constant):
                return constant
            case plan.Aggregate():
                found = self.slow.aggregate(value, self.rows)
                self.made[value] = found = (
                    found if found is None or not isinstance(found, float) or math.isfinite(found) else None
                )
                return found
            case plan.Arithmetic(sign, left, right):
                return computed(sign, self.value(left), self.value(right))
            case plan.Bucket(operand, step):
                number = self.value(operand)
                return None if number is None else math.floor(number / step) * step
        raise AssertionError(value)

    def holds(self, condition):
        """A condition of the group: its values are what a row's fields are."""
        match condition:
            case plan.And(terms):
                return all(map(self.holds, terms))
            case plan.Or(terms):
                return any(map(self.holds, terms))
            case plan.Not(term):
                return not self.holds(term)
            case plan.Flag(of):
                return bool(self.value(of))
            case plan.Exists(of):
                return self.value(of) not in (None, "")
            case plan.Like(of, pattern):
                return self.value(of) is not None and _fits(pattern, self.value(of))
            case plan.OneOf(of, values):
                return self.value(of) in [constant.value for constant in values]
            case plan.Compare(left, relation, right):
                one, other = self.value(left), self.value(right)
                if one is None or other is None:
                    return relation is Relation.UNEQUAL and other is not None
                return (
                    {
                        Relation.EQUAL: one == other,
                        Relation.UNEQUAL: one != other,
                        Relation.MORE: one > other,
                        Relation.LEAST: one >= other,
                        Relation.LESS: one < other,
                        Relation.MOST: one <= other,
                    }[relation]
                    if isinstance(one, str) == isinstance(other, str)
                    else one != other
                )
        raise AssertionError(condition)


def functions_of(invocations, length_ns):
    """Rows of functions, made of rows of invocations."""
    groups = {}
    for row in invocations:
        groups.setdefault(tuple(row.fields[key] for key in ("account", "region", "function")), []).append(row)
    return [_function(place, rows, length_ns) for place, rows in groups.items()]


def _function(place, rows, length_ns):
    newest = max(rows, key=lambda row: (row.time_ns, row.fields["request_id"]))
    known = sum(row.weight for row in rows)
    errors, cold, late = (
        sum(row.weight for row in rows if row.fields[key]) for key in ("error", "cold_start", "timed_out")
    )
    costs = [row.fields["cost"] * row.weight for row in rows if row.fields["cost"] is not None]
    fields = {
        **dict(zip(("account", "region", "function"), place, strict=True)),
        **{key: newest.fields[key] for key in ("version", "timeout", "memory.size", "runtime", "project", "time")},
        "cost": sum(costs) if costs else None,
        "cost.monthly": sum(costs) * 30 * 86400 * 1e9 / length_ns if costs else None,
        "invocations": known,
        "errors": errors,
        "cold_starts": cold,
        "timeouts": late,
        "health": 1 - errors / known,
        "error": errors > 0,
        "cold_start": cold > 0,
        "timed_out": late > 0,
    }
    row = Row(fields, newest.own, newest.resource, [], newest.time_ns, newest.time_ns, tie=place)
    row.invocations = rows
    return row


def _counts(part):
    return isinstance(part, plan.Aggregate) and part.function in AGGREGATES and AGGREGATES[part.function].counts


def _needed(hold, every_ns):
    if hold is None:
        return 1, 1
    if hold.length_ns is not None:
        return (math.ceil(hold.length_ns / every_ns) + 1,) * 2
    return hold.times, hold.of


def _sortable(value):
    return (value is None, value if value is not None else 0)


def _by(value_of, descending):
    """Compares by a value; what has none is last."""

    def compare(left, right):
        one, other = value_of(left), value_of(right)
        if one == other:
            return 0
        if one is None or other is None:
            return 1 if one is None else -1
        return (1 if one > other else -1) * (-1 if descending else 1)

    return compare


def shown(value, type_):
    """A value in base units as an answer has it."""
    if value is None:
        return None
    if type_.kind is Kind.TIME:
        return datetime.fromtimestamp(value // 10**9, UTC).strftime(DAY_AT) + f".{value // 10**6 % 1000:03}Z"
    if type_.kind is Kind.BOOL:
        return bool(value)
    if type_.kind is Kind.NUMBER and not isinstance(value, str):
        return float(value) / float(type_.unit.scale)
    return value
