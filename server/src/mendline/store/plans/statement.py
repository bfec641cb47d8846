"""A plan as one statement: of rows, of groups over a range, or of a series of evaluations."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mendline.errors import StoreError
from mendline.query import Plan, Source, plan
from mendline.query.fields import find_field
from mendline.query.plan import parts_of
from mendline.query.types import Kind
from mendline.store.plans.aggregates import aggregated
from mendline.store.plans.conditions import condition_sql
from mendline.store.plans.narrowing import narrowed, of_function, of_service
from mendline.store.plans.origins import origin_of
from mendline.store.plans.parameters import Parameters
from mendline.store.plans.rollups import Rollup, rolled_up
from mendline.store.plans.summaries import are_told
from mendline.store.plans.terms import Terms, kind_of

MOST_GROUPS = 50_000
ROW_COLUMNS = {
    Source.INVOCATIONS: ("time", "function", "duration", "error", "error.type", "error.message", "cold_start",
                         "trigger", "version", "memory.used", "request_id", "trace_id", "span_id"),
    Source.OPERATIONS: ("time", "service", "resource", "duration", "error", "error.type", "trace_id", "span_id"),
    Source.TRACES: ("time", "entry", "duration", "error", "spans", "errors", "functions", "trace_id"),
    Source.LOGS: ("time", "level", "function", "message", "request_id", "trace_id", "span_id"),
    Source.FUNCTIONS: ("function", "account", "region", "invocations", "errors", "health", "cold_starts", "timeouts",
                       "cost", "time"),
    Source.METRICS: ("time", "name", "value", "service"),
}  # fmt: skip
"""The columns of rows that are shown themselves."""
_TIES = {
    Source.INVOCATIONS: ("r.trace_id", "r.span_id", "r.request_id"),
    Source.OPERATIONS: ("r.trace_id", "r.span_id"),
    Source.TRACES: ("r.id",),
    Source.LOGS: ("r.trace_id", "r.span_id", "r.request_id", "r.body", "r.severity_number", "r.function"),
    Source.FUNCTIONS: ("r.`account`", "r.`region`", "r.`function`"),
    Source.METRICS: ("r.name", "r.series"),
}
"""What decides the order of rows that are equal in all that was asked for, behind their time."""


@dataclass(frozen=True, slots=True)
class Span:
    """Nanoseconds since 1970: rows with start_ns <= time < end_ns; `now_ns` is the present."""

    start_ns: int
    end_ns: int
    now_ns: int


@dataclass(frozen=True, slots=True)
class Steps:
    """Evaluations at `first_ns`, then every `every_ns`, `count` of them; each looks back `window_ns`."""

    first_ns: int
    every_ns: int
    count: int
    window_ns: int


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL and its parameters. `aggregates` are those that it answers as columns `a0`, `a1` …; keys are `k0` …, the
    evaluation is `step`, counted from 0. `origin` says what is read: `raw` rows or `rollup`."""

    sql: str
    parameters: Mapping[str, Any]
    aggregates: tuple[plan.Aggregate, ...] = ()
    origin: str = "raw"
    approximate: bool = False


def rows_statement(asked: Plan, span: Span, limit: int, offset: int = 0) -> Statement:
    """The rows of a plan that is not aggregated, in its order; columns are those of ROW_COLUMNS."""
    terms = terms_of(asked.source, span)
    shown = [f"{_shown(terms, key, asked.source)} AS `{key}`" for key in ROW_COLUMNS[asked.source]]
    where = where_of(asked, terms)
    order = [f"{terms.value(key.value)} {'DESC' if key.descending else 'ASC'} NULLS LAST" for key in asked.order]
    order += [f"{terms.began_ns()} DESC", *_TIES[asked.source]]
    terms.parameters.values.update(limit=limit, offset=offset)
    sql = (
        f"SELECT {', '.join(shown)}\nFROM {origin_of(terms)}\nWHERE {where}\nORDER BY {', '.join(order)}\n"
        "LIMIT {limit:UInt32} OFFSET {offset:UInt32}"
    )
    return Statement(sql, terms.parameters.values)


def groups_statement(asked: Plan, span: Span, steps: Steps | None = None) -> Statement:
    """The groups of an aggregated plan: its keys, and every aggregate that its columns, condition and order need."""
    aggregates = aggregates_of(asked)
    rollup = rolled_up(asked, aggregates, span.start_ns, span.end_ns, steps.every_ns if steps else 0)
    if rollup is not None:
        return _of_rollup(asked, span, steps, aggregates, rollup)
    terms = terms_of(asked.source, span)
    terms.has_summaries = are_told(asked, aggregates)
    keys = [f"{key_sql(terms, output.value)} AS k{number}" for number, output in enumerate(asked.keys)]
    window_ns = str(steps.window_ns) if steps else ""
    columns = [f"{aggregated(each, terms, window_ns)} AS a{number}" for number, each in enumerate(aggregates)]
    where = where_of(asked, terms)
    if steps:
        keys.insert(0, _step_of(terms.began_ns(), terms.parameters, steps))
        if steps.window_ns < steps.every_ns:
            terms.seen = _seen(terms.parameters, steps)
            where = f"({where}) AND {terms.seen(terms.began_ns())}"
    return Statement(
        grouped([*keys], columns, origin_of(terms), where),
        terms.parameters.values,
        aggregates,
        "raw",
        approximate=False,
    )


def aggregates_of(asked: Plan) -> tuple[plan.Aggregate, ...]:
    """Every aggregate that the answer of a plan is made of, each once."""
    wanted = (asked.columns, asked.condition, asked.order)
    found = [part for part in parts_of(wanted) if isinstance(part, plan.Aggregate)]
    return tuple(dict.fromkeys(found))


def terms_of(source: Source, span: Span) -> Terms:
    """What compiles the values of a plan over a range."""
    return Terms(source, Parameters(start_ns=span.start_ns, end_ns=span.end_ns), span.now_ns)


def where_of(asked: Plan, terms: Terms) -> str:
    """The condition of the rows of a plan."""
    if asked.source is Source.OPERATIONS:
        terms.narrowed = narrowed(asked.filter, asked.source, terms.parameters)
        terms.narrowed += of_service(asked.filter, terms.parameters)
    elif asked.source is Source.INVOCATIONS:
        terms.narrowed = of_function(asked.filter, terms.parameters)
    return condition_sql(asked.filter, terms) if asked.filter else "1"


def grouped(keys: Sequence[str], columns: Sequence[str], origin: str, where: str) -> str:
    """The SQL of groups: by `keys`, each as `… AS name`."""
    names = list(map(_name_of, keys))
    by = f"\nGROUP BY {', '.join(names)}" if names else ""
    return f"SELECT {', '.join([*keys, *columns])}\nFROM {origin}\nWHERE {where}{by}\nLIMIT {MOST_GROUPS + 1}"


def _name_of(column: str) -> str:
    return column.rpartition(" AS ")[2]


def key_sql(terms: Terms, value: plan.Value) -> str:
    """What rows are grouped by; of several values of a row, by each."""
    sql = terms.value(value)
    if terms.is_array(value):
        return f"arrayJoin(if(empty({sql}), [''], {sql}))"
    return terms.number(value) if kind_of(value) is Kind.TIME else sql


def column_of(name: str, source: Source) -> plan.Column:
    """The column of a field that the code names, and no person. Raises StoreError."""
    field = find_field(name, source)
    if field is None:
        raise StoreError(f"'{name}' is no field of {source}; this is a fault of Mendline.")
    return plan.Column(field.key, field.type, field.many)


def _shown(terms: Terms, key: str, source: Source) -> str:
    column = column_of(key, source)
    sql = terms.value(column)
    return f"toUnixTimestamp64Nano({sql})" if column.type.kind is Kind.TIME else sql


def _step_of(moment: str, parameters: Parameters, steps: Steps) -> str:
    """Numbers of the evaluations that see what was at a moment (ns): those at or after it by at most the window
    (exclusive). Where windows follow one another, there is one, and no row has to be repeated."""
    first, every = parameters.number(steps.first_ns), parameters.number(steps.every_ns)
    since = f"toInt64(floor(({moment} - {first}) / {every})) + 1"
    if steps.window_ns == steps.every_ns:
        return f"toUInt32(greatest(0, {since})) AS step"
    window, last = parameters.number(steps.window_ns), parameters.number(steps.count - 1)
    until = f"toInt64(floor(({moment} - {first} + {window}) / {every}))"
    return (
        f"arrayJoin(range(toUInt32(greatest(0, {since})), toUInt32(greatest(0, least({last}, {until}) + 1)))) AS step"
    )


def _seen(parameters: Parameters, steps: Steps) -> Callable[[str], str]:
    """The condition of a moment (ns) that lies in a window, where there is time between windows."""
    first, every, window = map(parameters.number, (steps.first_ns - steps.window_ns, steps.every_ns, steps.window_ns))
    return lambda moment: f"({moment} - {first}) % {every} < {window}"


def _of_rollup(
    asked: Plan, span: Span, steps: Steps | None, aggregates: tuple[plan.Aggregate, ...], rollup: Rollup
) -> Statement:
    parameters = Parameters(start_ns=span.start_ns, end_ns=span.end_ns)
    length = str(steps.window_ns) if steps else str(span.end_ns - span.start_ns)
    keys = [f"r.{output.value.key} AS k{number}" for number, output in enumerate(asked.keys)]  # type: ignore[union-attr]
    if steps:
        keys.insert(0, _step_of("toInt64(toUnixTimestamp(r.minute)) * 1000000000", parameters, steps))
    sums = [f"{rollup.aggregate(each, length)} AS a{at}" for at, each in enumerate(aggregates) if each.quantile is None]
    if rollup.approximate:
        sums.append(rollup.durations(length))
    sql = grouped(keys, sums, rollup.origin, rollup.where(parameters))
    if rollup.approximate:
        sql = rollup.with_percentiles(sql, list(map(_name_of, keys)), aggregates, length)
    return Statement(sql, parameters.values, aggregates, "rollup", approximate=rollup.approximate)
