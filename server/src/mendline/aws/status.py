"""What the readers say about themselves: what they may not read, what fails, and what they have done."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Denied:
    """AWS refused an action: `action` is written as in a policy (`lambda:ListFunctions`), `resource` is a name."""

    action: str
    resource: str


class Status:
    """The state of the readings of one source in one region. Thread-safe: a page asks while the reader works."""

    def __init__(self, where: str) -> None:
        self.where = where
        self._lock = threading.Lock()
        self._denied: dict[str, dict[str, None]] = {}
        self._rejected: dict[str, str] = {}
        self._failing: dict[str, str] = {}
        self._notes: dict[str, str] = {}
        self._counts: Counter[str] = Counter()

    def denied(self) -> tuple[Denied, ...]:
        """Every action that was refused the last time it was tried."""
        with self._lock:
            return tuple(Denied(action, name) for action, names in self._denied.items() for name in names)

    def refuse(self, action: str, resource: str) -> None:
        """AWS said that this is not allowed."""
        with self._lock:
            self._denied.setdefault(action, {})[resource] = None

    def allow(self, action: str, resource: str) -> None:
        """It worked, so an earlier refusal is over."""
        if action not in self._denied and action not in self._rejected:
            return
        with self._lock:
            self._rejected.pop(action, None)
            names = self._denied.get(action, {})
            names.pop(resource, None)
            if not names:
                self._denied.pop(action, None)

    def reject(self, action: str, resource: str, reason: str) -> None:
        """AWS did not like the call; the reason is AWS's own sentence."""
        with self._lock:
            self._rejected[action] = f"{action}{f' on {resource}' if resource else ''} is rejected: {reason}"

    def fail(self, kind: str, sentence: str) -> None:
        """A reading of this kind did not work."""
        with self._lock:
            self._failing[kind] = sentence
            self._counts["failures"] += 1

    def succeed(self, kind: str) -> None:
        """A reading of this kind worked."""
        with self._lock:
            self._failing.pop(kind, None)
            self._counts["passes"] += 1

    def note(self, topic: str, sentence: str) -> None:
        """Say something that is no failure but worth knowing; an empty sentence takes it back."""
        with self._lock:
            self._notes.pop(topic, None)
            if sentence:
                self._notes[topic] = sentence

    def count(self, what: str, number: int = 1) -> None:
        """Count calls, throttles, points, events."""
        with self._lock:
            self._counts[what] += number

    def counts(self) -> Mapping[str, int]:
        """What was counted since the start."""
        with self._lock:
            return dict(self._counts)

    def sentences(self) -> list[str]:
        """For a person: refusals first, then failures, then notes."""
        with self._lock:
            refused = [_refusal(self.where, action, list(names)) for action, names in sorted(self._denied.items())]
            failing = [f"reading {kind} fails: {text}" for kind, text in sorted(self._failing.items())]
            rejected = [text for _, text in sorted(self._rejected.items())]
            notes = [text for _, text in sorted(self._notes.items())]
            return [*refused, *(f"{self.where}: {text}" for text in (*failing, *rejected, *notes))]


def _refusal(where: str, action: str, names: list[str]) -> str:
    named = [name for name in names if name]
    more = f" and {len(named) - 1} more" if len(named) > 1 else ""
    on = f" on {named[0]}{more}" if named else ""
    return f"{where}: {action}{on} is not allowed; add it to the role (deploy/aws/reader-policy.json)."
