"""Several plans as one statement: what reads the same rows for the same groups at the same moment reads them once."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from mendline.query import Plan, Source, plan
from mendline.store.plans.aggregates import aggregated
from mendline.store.plans.conditions import condition_sql
from mendline.store.plans.narrowing import one_function
from mendline.store.plans.origins import origin_of
from mendline.store.plans.rollups import rolled_up
from mendline.store.plans.statement import Span, Statement, aggregates_of, grouped, key_sql, terms_of
from mendline.store.plans.summaries import are_told
from mendline.store.plans.terms import Terms

_OF_ROWS = (Source.INVOCATIONS, Source.OPERATIONS)


@dataclass(frozen=True, slots=True)
class Together:
    """A statement of several plans; behind the keys it has for each plan, in order, how many rows it is of, and its
    aggregates."""

    statement: Statement
    keys: int
    aggregates: tuple[int, ...]

    def columns_of(self, found: Sequence[Sequence[Any]]) -> list[Sequence[Sequence[Any]]]:
        """For each plan, the columns that its own statement would answer."""
        told: list[Sequence[Sequence[Any]]] = []
        at = self.keys
        for count in self.aggregates:
            own = [*found[: self.keys], *found[at + 1 : at + 1 + count]] if found else []
            rows = [place for place, number in enumerate(found[at]) if number or not self.keys] if found else []
            told.append([[column[place] for place in rows] for column in own] if rows else [])
            at += 1 + count
        return told


def likeness(asked: Plan, span: Span) -> Hashable | None:
    """What plans of one span have in common that can be read together; None of one that is read alone: a part of the
    rows is found quickly for it, or sums by minute have its answer."""
    if asked.source not in _OF_ROWS:
        return None
    if rolled_up(asked, aggregates_of(asked), span.start_ns, span.end_ns, 0) is not None:
        return None
    return _likeness(asked)


@lru_cache(maxsize=4096)
def _likeness(asked: Plan) -> Hashable | None:
    if any(isinstance(part, plan.Attribute) for part in plan.parts_of(asked.filter)):
        return None
    aggregates, terms = aggregates_of(asked), terms_of(asked.source, Span(0, 1, 1))
    terms.has_summaries = are_told(asked, aggregates)
    keys = tuple(output.value for output in asked.keys)
    for value in keys:
        key_sql(terms, value)
    _columns(asked, aggregates, terms, 0)
    return asked.source, keys, terms.has_summaries, frozenset(terms.needs), bool(one_function(asked.filter))


def statement_together(plans: Sequence[Plan], span: Span) -> Together:
    """Of plans with one `likeness`."""
    first, aggregates = plans[0], [aggregates_of(asked) for asked in plans]
    terms = terms_of(first.source, span)
    terms.has_summaries = are_told(first, aggregates[0])
    keys = [f"{key_sql(terms, output.value)} AS k{number}" for number, output in enumerate(first.keys)]
    columns: list[str] = []
    for at, asked in enumerate(plans):
        columns += _columns(asked, aggregates[at], terms, at)
    functions = sorted({one_function(asked.filter) for asked in plans} - {""})
    where = f"has({terms.parameters.texts(functions)}, {terms.value_of_key('function')})" if functions else "1"
    sql = grouped(keys, columns, origin_of(terms), where)
    counts = tuple(map(len, aggregates))
    return Together(Statement(sql, terms.parameters.values), len(keys), counts)


def _columns(asked: Plan, aggregates: Sequence[plan.Aggregate], terms: Terms, at: int) -> list[str]:
    only = f"({condition_sql(asked.filter, terms)})" if asked.filter else ""
    told = [f"{aggregated(each, terms, only=only)} AS p{at}a{number}" for number, each in enumerate(aggregates)]
    return [f"{f'countIf({only})' if only else 'count()'} AS p{at}n", *told]
