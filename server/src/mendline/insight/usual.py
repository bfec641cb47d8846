"""What is usual for the groups of an answer, at each of its evaluations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from mendline.insight.asked import ask
from mendline.insight.evaluations import Question, evaluations_of
from mendline.insight.learned_series import Group, calls_of
from mendline.insight.steady_state import Asked, SteadyState, steady_state
from mendline.insight.unstruck import without_marked
from mendline.model.band import Band
from mendline.query import Plan, plan
from mendline.query.evaluate import Row
from mendline.query.types import number
from mendline.store.contract import TelemetryStore
from mendline.store.plans import Span, Steps, groups_statement


def wanted_usual(asked: Plan) -> tuple[plan.Value, ...]:
    """The values of which the condition of a plan wants to know what is usual."""
    found = (part.of for part in plan.parts_of(asked.condition) if isinstance(part, (plan.Usual, plan.OutsideUsual)))
    return tuple(dict.fromkeys(found))


def with_calls(asked: Plan) -> Plan:
    """The same plan, which also asks how many rows each group has."""
    return replace(asked, columns=(*asked.columns, plan.Output("calls", calls_of(asked.source), number())))


class UsualOfGroups:
    """`moments` are those of the evaluations, and `calls` has how many rows each group had at each that saw any."""

    def __init__(
        self, learned: SteadyState, asked: Asked, moments: list[int], calls: Mapping[Group, Mapping[int, float]]
    ) -> None:
        self.moments = moments
        self._learned, self._calls, self._wanted = learned, calls, asked.wanted
        self._behind = 1 + len(asked.asked.keys)
        self._bands: dict[tuple[plan.Value, Group], list[Band | None]] = {}

    def of(self, value: plan.Value, row: Row) -> Band | None:
        """What is usual for a value of a group at the evaluation of a row (mendline.query.evaluate)."""
        return self.bands(value, row[1 : self._behind])[row[0]]

    def bands(self, value: plan.Value, group: Group) -> list[Band | None]:
        """At each evaluation."""
        found = self._bands.get((value, group))
        if found is None:
            calls = self._calls.get(group, {})
            moments = [(at_ns, calls.get(step, 0.0)) for step, at_ns in enumerate(self.moments)]
            found = self._bands[value, group] = self._learned.bands(group, value, moments)
        return found

    def is_known(self, group: Group) -> bool:
        """Whether anything is known of it at the last evaluation."""
        return any(self._learned.is_known(group, value, self.moments[-1]) for value in self._wanted)

    def days(self, group: Group) -> float:
        """For how many days it has been learned at the last evaluation."""
        return self._learned.days(group, self.moments[-1])


def usual_of_groups(
    store: TelemetryStore,
    asked: Plan,
    question: Question,
    wanted: tuple[plan.Value, ...],
    span: Span,
    steps: Steps | None,
    calls: Mapping[Group, Mapping[int, float]],
) -> UsualOfGroups:
    """Learn it. Raises QueryLimitError, StoreError."""
    window_ns = steps.window_ns if steps else span.end_ns - span.start_ns
    is_calendar = asked.window is not None and asked.window.calendar is not None
    learned = Plan(asked.source, filter=asked.filter, keys=asked.keys)
    about = Asked(learned, wanted, window_ns, is_calendar, question.zone, tuple(question.marks()))
    moments = [steps.first_ns + step * steps.every_ns for step in range(steps.count)] if steps else [span.end_ns]
    return UsualOfGroups(steady_state(without_marked(store, about.marks), about, span), about, moments, calls)


def learned_together(asked: Plan, question: Question, wanted: Iterable[plan.Value]) -> list[tuple[plan.Value, ...]]:
    """Values of the groups of a series, those together that are learned from the same rows: one read answers them."""
    span, steps = evaluations_of(asked, question)
    found: dict[str, list[plan.Value]] = {}
    for value in wanted:
        alone = replace(asked, columns=(plan.Output("value", value, number()),), condition=None, order=())
        found.setdefault(groups_statement(alone, span, steps).origin, []).append(value)
    return [tuple(values) for values in found.values()]


def usual_over_time(
    store: TelemetryStore, asked: Plan, question: Question, wanted: tuple[plan.Value, ...]
) -> UsualOfGroups:
    """What was usual for values of the groups of a series, at each of its steps. Raises QueryLimitError, StoreError."""
    span, steps = evaluations_of(asked, question)
    counted = replace(asked, columns=(), condition=None, order=())
    statement = groups_statement(with_calls(counted), span, steps)
    calls: dict[Group, dict[int, float]] = {}
    for row in ask(store, statement):
        calls.setdefault(row[1:-1], {})[row[0]] = float(row[-1])
    return usual_of_groups(store, counted, question, wanted, span, steps, calls)
