"""Exploring: a query as it was asked, or as a series over time, and its answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from mendline.insight.answer_groups import MOST_ROWS
from mendline.insight.answers import answer, explain, read
from mendline.insight.evaluations import Question, span_of
from mendline.model.answer import Answer
from mendline.query import Checked
from mendline.query.over_time import over_time, step_for
from mendline.store.contract import TelemetryStore
from mendline.store.plans import Statement


@dataclass(frozen=True, slots=True)
class Exploration:
    """`asked` is the query of the person, `run` the one that was answered: the same, or that over time. `rows` are the
    rows of the answer that one page shows, and `more` says that others follow."""

    asked: Checked
    run: Checked
    answer: Answer
    rows: Sequence[Sequence[Any]]
    more: bool
    statement: Statement | None


def look(store: TelemetryStore, question: Question, *, as_series: bool, with_plan: bool) -> Exploration:
    """Answers a question; `as_series` as it went over time, where it can be, `with_plan` with what was run.

    Of a query that says itself how many rows it wants, and of groups, all are asked for, and those from
    `question.offset` on are shown. Raises as `answer` does.
    """
    asked = read(store, question.text, question.now)
    as_series = as_series and can_be_series(asked)
    run = _over_time(store, asked, question) if as_series else asked
    is_paged = not run.plan.is_aggregated and run.plan.limit is None
    ask = replace(question, text=run.text if as_series else question.text)
    ask = ask if is_paged else replace(ask, limit=None, offset=0)
    statement = explain(store, ask)[1] if with_plan else None
    found = answer(store, ask)
    if is_paged:
        return Exploration(asked, run, found, found.rows, found.truncated, statement)
    last = question.offset + (question.limit or MOST_ROWS)
    return Exploration(asked, run, found, found.rows[question.offset : last], len(found.rows) > last, statement)


def can_be_series(asked: Checked) -> bool:
    """Whether a query can be looked at over time, and is not already."""
    return not asked.plan.is_series and over_time(asked.query, 60) is not None


def without_condition(asked: Checked) -> str:
    """The text of a query whose condition is left away."""
    return str(replace(asked.query, condition=None, hold=None))


def _over_time(store: TelemetryStore, asked: Checked, question: Question) -> Checked:
    span = span_of(asked.plan, question)
    text = str(over_time(asked.query, step_for((span.end_ns - span.start_ns) / 1e9)))
    return read(store, text, question.now)
