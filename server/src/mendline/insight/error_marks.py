"""What the people of a project decided about errors: expected, resolved, whose they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from mendline.errors import UsageError
from mendline.model.error_mark import MARKS, ErrorMark
from mendline.store.state import State, load_error_marks, save_error_mark

_MOST = {"reason": 500, "assignee": 100, "note": 4000}
_MOST_DAYS = 3650


@dataclass(frozen=True, slots=True)
class ErrorMarks:
    """Those of one project."""

    state: State
    project: str

    def all(self) -> dict[str, ErrorMark]:
        """By fingerprint. Raises StateError."""
        with self.state.reading() as connection:
            return load_error_marks(connection, self.project)

    def set(self, fingerprint: str, told: Mapping[str, str], now: datetime, by: str) -> ErrorMark:
        """Keep what a form tells: `state`, `reason`, `days` until it expires (empty: never), `assignee`, `note`.

        Raises UsageError, StateError.
        """
        mark = _mark(fingerprint, told, now, by)
        with self.state.writing() as connection:
            save_error_mark(connection, self.project, mark)
        return mark


def _mark(fingerprint: str, told: Mapping[str, str], now: datetime, by: str) -> ErrorMark:
    state = told.get("state", "")
    if state not in MARKS:
        raise UsageError(f"An error cannot be '{state[:40]}'; use expected, resolved, or nothing.")
    texts = {name: told.get(name, "").strip() for name in _MOST}
    for name, most in _MOST.items():
        if len(texts[name]) > most:
            raise UsageError(f"The {name} has {len(texts[name])} characters; {most} fit.")
    if state == "expected" and not texts["reason"]:
        raise UsageError("Say why this error is expected; whoever meets it next will want to know.")
    expires = now + timedelta(days=_days(told["days"])) if state == "expected" and told.get("days", "") else None
    return ErrorMark(fingerprint, state, expires=expires, changed=now, changed_by=by, **texts)


def _days(text: str) -> int:
    if text.isascii() and text.isdigit() and 1 <= int(text[:6]) <= _MOST_DAYS:
        return int(text[:6])
    raise UsageError(f"'{text[:40]}' is not a number of days; use 1 to {_MOST_DAYS}, or leave it away for ever.")
