"""The fast path: sums by function and minute, where they give the same answer as the rows would."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mendline.model.histogram import BUCKET_BASE
from mendline.query import Plan, Source, plan
from mendline.query.syntax import Relation
from mendline.store.plans import texts
from mendline.store.plans.parameters import Parameters

_KEYS = ("function", "account", "region")
_MINUTE_NS = 60 * 10**9
_PERCENTILES_FROM_NS = 3 * 3600 * 10**9  # below, rows are read quickly and percentiles are exact
_FINE_NS = 10 * _MINUTE_NS
_COUNTS = {"error": "errors", "cold_start": "cold_starts", "timed_out": "timeouts"}


@dataclass(frozen=True, slots=True)
class Rollup:
    """How a plan is answered from function_minutes."""

    asked: Plan
    approximate: bool
    origin: str = "function_minutes AS r"

    def where(self, parameters: Parameters) -> str:
        """The condition of minutes in the range that fit the filter."""
        own = _condition(self.asked.filter, parameters) if self.asked.filter else "1"
        return (
            "r.minute >= toDateTime(fromUnixTimestamp64Nano({start_ns:Int64}), 'UTC')"
            f" AND r.minute < toDateTime(fromUnixTimestamp64Nano({{end_ns:Int64}}), 'UTC') AND {own}"
        )

    def aggregate(self, aggregate: plan.Aggregate, window_ns: str) -> str:
        """The SQL of one aggregate."""
        count = f"sum(r.{_counted(aggregate) or 'invocations'})"
        match aggregate.function:
            case "count":
                return f"toInt64({count})"
            case "rate":
                return f"({count} / ({window_ns} / 1e9))"
            case "ratio":
                return f"({count} / nullIf(sum(r.invocations), 0))"
            case "sum":
                return "sum(r.total_duration_ns)"
            case "avg":
                return "(sum(r.total_duration_ns) / nullIf(sum(r.invocations), 0))"
            case _:
                return _quantile(aggregate.quantile or 0.0, is_fine=int(window_ns) <= _FINE_NS)


def rolled_up(
    asked: Plan, aggregates: Sequence[plan.Aggregate], start_ns: int, end_ns: int, every_ns: int
) -> Rollup | None:
    """How to answer from sums by minute; None where these cannot give the same answer."""
    if asked.source is not Source.INVOCATIONS or start_ns % _MINUTE_NS or end_ns % _MINUTE_NS or every_ns % _MINUTE_NS:
        return None
    if asked.window and asked.window.length_ns and asked.window.length_ns % _MINUTE_NS:
        return None
    if not all(isinstance(key.value, plan.Column) and key.value.key in _KEYS for key in asked.keys):
        return None
    if asked.filter is not None and not _is_of_keys(asked.filter):
        return None
    percentiles = any(each.function == "percentile" for each in aggregates)
    if not all(map(_has, aggregates)) or (percentiles and end_ns - start_ns < _PERCENTILES_FROM_NS):
        return None
    return Rollup(asked, approximate=percentiles)


def _has(aggregate: plan.Aggregate) -> bool:
    if aggregate.function in ("count", "rate", "ratio"):
        return aggregate.condition is None or _counted(aggregate) is not None
    of_duration = isinstance(aggregate.argument, plan.Column) and aggregate.argument.key == "duration"
    return of_duration and aggregate.function in ("sum", "avg", "percentile")


def _counted(aggregate: plan.Aggregate) -> str | None:
    condition = aggregate.condition
    if isinstance(condition, plan.Flag) and isinstance(condition.of, plan.Column):
        return _COUNTS.get(condition.of.key)
    return None


def _is_of_keys(condition: plan.Condition) -> bool:
    if isinstance(condition, (plan.And, plan.Or)):
        return all(map(_is_of_keys, condition.terms))
    if isinstance(condition, plan.Not):
        return _is_of_keys(condition.term)
    of = condition.left if isinstance(condition, plan.Compare) else getattr(condition, "of", None)
    if not (isinstance(of, plan.Column) and of.key in _KEYS):
        return False
    if isinstance(condition, plan.Compare):
        texts_only = isinstance(condition.right, plan.Constant) and isinstance(condition.right.value, str)
        return texts_only and condition.relation in (Relation.EQUAL, Relation.UNEQUAL)
    return isinstance(condition, (plan.Like, plan.OneOf))


def _condition(condition: plan.Condition, parameters: Parameters) -> str:
    match condition:
        case plan.And(terms):
            return "(" + " AND ".join(_condition(term, parameters) for term in terms) + ")"
        case plan.Or(terms):
            return "(" + " OR ".join(_condition(term, parameters) for term in terms) + ")"
        case plan.Not(term):
            return f"(NOT {_condition(term, parameters)})"
        case plan.Compare(plan.Column(key), relation, plan.Constant(value)):
            return f"(r.{key} {relation} {parameters.text(str(value))})"
        case plan.Like(plan.Column(key), pattern):
            return f"(r.{key} LIKE {parameters.text(texts.like(pattern))})"
        case plan.OneOf(plan.Column(key), values):
            return f"has({parameters.texts([str(each.value) for each in values])}, toString(r.{key}))"
    raise AssertionError("unreachable: _is_of_keys lets nothing else through")


def _quantile(q: float, *, is_fine: bool) -> str:
    """The quantile in ns, between two values in proportion (model.histogram.quantile): each is that of its bucket. What
    is made once has a name, the same in all quantiles of a statement."""
    bucket, reached = _PACKED if is_fine else _SUMMED
    rank = f"({q!r} * (reached[-1] - 1))"
    below = _in_bucket(bucket, f"arrayFirstIndex(x -> x > {rank}, reached)")
    above = _in_bucket(bucket, f"arrayFirstIndex(x -> x >= {rank} + 1, reached)")
    between = f"({rank} - floor({rank}))"
    return f"if(({reached} AS reached)[-1] = 0, NULL, {below} * (1 - {between}) + {above} * {between})"


def _in_bucket(bucket: str, at: str) -> str:
    return f"2 * pow({BUCKET_BASE}, {bucket.format(at=at)}) / ({BUCKET_BASE} + 1) * 1e6"


_SUMMED = "summed.1[{at}]", "arrayCumSum((sumMap(r.`durationMap.bucket`, r.`durationMap.count`) AS summed).2)"
# Of a few rows it is five times quicker to sort buckets with their counts (packed into one number, in which what is
# subtracted comes first) than to sum them.
_PACKING = "(b, c) -> bitShiftLeft(toUInt64(b + 32768), 40) + toUInt64(c + 549755813888)"
_SORTED = f"arraySort(groupArrayArray(arrayMap({_PACKING}, r.`durationMap.bucket`, r.`durationMap.count`)))"
_PACKED = (
    "(toInt64(bitShiftRight(packed[{at}], 40)) - 32768)",
    f"arrayCumSum(x -> toInt64(bitAnd(x, 1099511627775)) - 549755813888, ({_SORTED} AS packed))",
)
"""The SQL of the bucket at a place, and of how many are counted up to each place."""
