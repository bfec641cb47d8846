"""What people say of what is learned as usual: times to leave out, and levels that are accepted.

Experiments leave times out in the same way: a LearningMark of their duration. So do incidents, of the functions that
they are about, for as long as they are open; after three days what is there is learned, as if a level had moved.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from mendline.errors import NotFoundError, UsageError
from mendline.model.learning_mark import ACCEPT, BY_EXPERIMENT, BY_INCIDENT, LEAVE_OUT, LearningMark
from mendline.model.timerange import parse_moment
from mendline.store.state import (
    State,
    add_learning_mark,
    delete_learning_mark,
    load_learning_marks,
    load_struck_functions,
)

MOST_MARKS = 500
_MOST_OF_INCIDENT = timedelta(days=3)
_MOST_REASON, _MOST_FUNCTION, _MOST_DIGITS = 500, 200, 15


@dataclass(frozen=True, slots=True)
class Learning:
    """The marks of one project. Everything raises StateError where the state cannot be used."""

    state: State
    project: str

    def marks(self) -> tuple[LearningMark, ...]:
        """All: those that are kept, newest first, then those of incidents."""
        with self.state.reading() as connection:
            kept = load_learning_marks(connection, self.project)
            struck = load_struck_functions(connection, self.project)
        return (*kept, *(_of_incident(*one) for one in struck))

    def of_function(self, function: str) -> tuple[LearningMark, ...]:
        """Those that are kept and that a function's learning heeds."""
        with self.state.reading() as connection:
            kept = load_learning_marks(connection, self.project)
        return tuple(mark for mark in kept if mark.function in ("", function))

    def add(self, told: Mapping[str, str], now: datetime, by: str) -> LearningMark:
        """Keep what a form tells: `kind`, `function` (empty: all), `start`, `end` (empty: until further notice; only of
        what is left out), `reason`. Raises UsageError."""
        mark = _mark(told, now, by)
        with self.state.writing() as connection:
            kept = load_learning_marks(connection, self.project)
            if sum(not one.changed_by.startswith(BY_EXPERIMENT) for one in kept) >= MOST_MARKS:
                raise UsageError(f"There are {MOST_MARKS} marks of learning, and no more fit. Remove old ones first.")
            add_learning_mark(connection, self.project, mark)
        return mark

    def remove(self, text: str) -> None:
        """Forget one, by its id. Raises NotFoundError."""
        number = int(text) if text.isascii() and text.isdigit() and len(text) < _MOST_DIGITS else -1
        with self.state.writing() as connection:
            if not delete_learning_mark(connection, self.project, number):
                raise NotFoundError("There is no such mark of learning any more.")


def _of_incident(number: int, function: str, opened: datetime, resolved: datetime | None) -> LearningMark:
    longest = opened + _MOST_OF_INCIDENT
    end = min(resolved, longest) if resolved else longest
    return LearningMark(LEAVE_OUT, function, opened, end, "", opened, f"{BY_INCIDENT}{number}")


def _mark(told: Mapping[str, str], now: datetime, by: str) -> LearningMark:
    kind, function, reason = (told.get(name, "").strip() for name in ("kind", "function", "reason"))
    if kind not in (LEAVE_OUT, ACCEPT):
        raise UsageError(f"What is learned cannot be told '{kind[:40]}'; use {LEAVE_OUT} or {ACCEPT}.")
    if len(reason) > _MOST_REASON or len(function) > _MOST_FUNCTION:
        raise UsageError(f"The reason holds {_MOST_REASON} characters, the name of a function {_MOST_FUNCTION}.")
    if kind == ACCEPT:
        return LearningMark(kind, function, now, None, reason, now, by)
    start = parse_moment(told.get("start", "").strip() or "now", now)
    end = parse_moment(told["end"].strip(), now) if told.get("end", "").strip() else None
    if end is not None and end <= start:
        raise UsageError("What is left out ends before it begins.")
    return LearningMark(kind, function, start, end, reason, now, by)
