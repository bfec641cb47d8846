"""The fast path: sums by function and minute, where they give the same answer as the rows would."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mendline.errors import StoreError
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
        """The SQL of one aggregate that is no percentile."""
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
        raise StoreError(f"Sums by minute have no aggregate '{aggregate.function}'; this is a fault of Mendline.")

    def durations(self, window_ns: str) -> str:
        """The columns of a group that its percentiles are made of."""
        return _durations_of(window_ns)[0]

    def with_percentiles(
        self, grouped: str, keys: Sequence[str], aggregates: Sequence[plan.Aggregate], window_ns: str
    ) -> str:
        """A statement of groups with their percentiles, in ns: between two values in proportion
        (model.histogram.quantile), each that of its bucket. Ranks are computed before they are looked for: else they
        would be anew for each bucket."""
        quantiles = {f"a{at}": each.quantile for at, each in enumerate(aggregates)}
        ranks = ", ".join(
            f"{q!r} * (reached[-1] - 1) AS {name}_at,"
            f" toInt64(floor({name}_at)) AS {name}_from, toInt64(ceil({name}_at)) AS {name}_to"
            for name, q in quantiles.items()
            if q is not None
        )
        bucket = _durations_of(window_ns)[1]
        told = [name if q is None else _between(name, bucket) for name, q in quantiles.items()]
        return f"SELECT {', '.join([*keys, *told])}\nFROM (SELECT *, {ranks} FROM (\n{grouped}))"


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


def _durations_of(window_ns: str) -> tuple[str, str]:
    return _PACKED if int(window_ns) <= _FINE_NS else _SUMMED


def _between(name: str, bucket: str) -> str:
    below, above = (_value_at(f"{name}_{end}", bucket) for end in ("from", "to"))
    share = f"({name}_at - {name}_from)"
    return f"if(reached[-1] = 0, NULL, {below} * (1 - {share}) + {above} * {share}) AS {name}"


def _value_at(rank: str, bucket: str) -> str:
    place = f"arrayFirstIndex(x -> x > {rank}, reached)"
    return f"2e6 / ({BUCKET_BASE} + 1) * pow({BUCKET_BASE}, {bucket.format(at=place)})"


_SUMMED = (
    "(sumMap(r.`durationMap.bucket`, r.`durationMap.count`) AS summed).1 AS buckets, arrayCumSum(summed.2) AS reached",
    "buckets[{at}]",
)
# Of a few rows it is five times quicker to sort buckets with their counts (packed into one number, in which what is
# subtracted comes first) than to sum them.
_PACKING = "(b, c) -> bitShiftLeft(toUInt64(b + 32768), 40) + toUInt64(c + 549755813888)"
_PACKED = (
    f"arraySort(groupArrayArray(arrayMap({_PACKING}, r.`durationMap.bucket`, r.`durationMap.count`))) AS buckets,"
    " arrayCumSum(x -> toInt64(bitAnd(x, 1099511627775)) - 549755813888, buckets) AS reached",
    "toInt64(bitShiftRight(buckets[{at}], 40)) - 32768",
)
"""The SQL of a group's buckets and how many are counted up to each, and of the bucket at a place."""
