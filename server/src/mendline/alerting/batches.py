"""Which policies are evaluated with one read, since they look at the same rows for the same groups."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import accumulate

from mendline.insight.asked_together import MOST_TOGETHER, Columns, asked_together, kind_of_reading, weight_of
from mendline.insight.evaluations import Question
from mendline.model.policy import Policy
from mendline.model.timerange import TimeRange
from mendline.query import Plan
from mendline.store.contract import TelemetryStore


@dataclass(frozen=True, slots=True)
class Batch:
    """Policies to be evaluated one after the other, and what was read for those of them whose plans are in it."""

    policies: Sequence[Policy]
    columns: Callable[[], Mapping[Plan, Columns]]


def batches(
    store: TelemetryStore, due: Sequence[Policy], plan_of: Callable[[Policy], Plan | None], now: datetime,
    apart: set[Hashable],
) -> Iterator[Batch]:  # fmt: skip
    """In the order of what is due first, each with others that are due and can be read together with it. `plan_of`
    answers None for one that is to be evaluated alone; `apart` are kinds that could not be read so (asked_together)."""
    question = Question("", TimeRange(now - timedelta(hours=1), now), now)
    kinds: dict[Hashable, list[tuple[Policy, Plan]]] = {}
    of_policy: dict[str, Hashable] = {}
    for policy in due:
        asked = plan_of(policy)
        kind = kind_of_reading(asked, question) if asked is not None else None
        if asked is not None and kind is not None:
            of_policy[policy.name] = kind
            kinds.setdefault(kind, []).append((policy, asked))
    done: set[str] = set()
    for policy in due:
        if policy.name in done:
            continue
        kind = of_policy.get(policy.name)
        if kind is None:
            yield Batch([policy], dict)
            continue
        ours = _first_of(kinds[kind])
        kinds[kind] = kinds[kind][len(ours) :]
        done.update(one.name for one, _ in ours)
        plans = [asked for _, asked in ours]
        yield Batch([one for one, _ in ours], partial(asked_together, store, question, kind, plans, apart))


def _first_of(ours: Sequence[tuple[Policy, Plan]]) -> Sequence[tuple[Policy, Plan]]:
    """As many as one read bears."""
    reached = list(accumulate(weight_of(asked) for _, asked in ours))
    return ours[: max(1, sum(weight <= MOST_TOGETHER for weight in reached))]
