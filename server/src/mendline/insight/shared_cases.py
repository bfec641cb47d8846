"""What the cases of an error share, that the other invocations of its functions do not: by the same exact tests that
explain any selection."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from mendline.errors import MendlineError
from mendline.insight.evaluations import Question
from mendline.insight.outliers import explain_outliers, in_words
from mendline.model.error_group import ErrorGroup, ErrorSample
from mendline.model.selection import Selection
from mendline.model.timerange import TimeRange
from mendline.query.spelling import value_text
from mendline.store.contract import TelemetryStore

LEAST_CASES = 5
_AROUND = timedelta(days=1)
_MOST_SAID = 5
_OF_ERRORS = ("error", "exception")  # that they failed, and how, is what makes them cases


@dataclass(frozen=True, slots=True)
class Shared:
    """`found` are sentences, surest first; empty where nothing beats chance. `of_message` are those of them that speak
    of the message. `cases` and `others` were looked at; `failure` says why it could not be computed."""

    cases: int = 0
    others: int = 0
    found: tuple[str, ...] = ()
    of_message: tuple[str, ...] = ()
    failure: str = ""


def shared_by_cases(
    store: TelemetryStore, group: ErrorGroup, samples: Sequence[ErrorSample], time_range: TimeRange, now: datetime
) -> Shared:
    """Of the newest cases, against the other invocations of the same functions in the range, from a day before these
    cases to a day after."""
    ids = tuple(sorted({sample.request_id for sample in samples if sample.request_id}))
    if len(ids) < LEAST_CASES or not group.functions:
        return Shared(cases=len(ids))
    text = " or ".join(f"function:{value_text(name)}" for name in group.functions)
    selection = Selection(request_ids=ids, without=_OF_ERRORS)
    times = [it.time for it in samples]
    around = TimeRange(max(time_range.start, min(times) - _AROUND), min(time_range.end, max(times) + _AROUND))
    try:
        told = explain_outliers(store, Question(text, around, now), selection)
    except MendlineError as error:
        return Shared(failure=error.message)
    words = [in_words(found, "the cases") for found in told.findings[:_MOST_SAID]]
    special = [
        in_words(found, "the cases")
        for found in told.findings
        if any(one.attribute.startswith("request") for one in found.common.predicates)
    ]
    return Shared(*told.looked_at, tuple(words), tuple(special))
