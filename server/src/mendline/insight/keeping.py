"""How long a project keeps its telemetry: as the server's settings say, or as its own people decided."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass

from mendline.clock import Clock
from mendline.errors import UsageError
from mendline.model.chosen_retention import ChosenRetention, Going
from mendline.store.contract import Retention, TelemetryStore
from mendline.store.retention import expired
from mendline.store.state import State, load_retention, save_retention

LEAST_DAYS, MOST_DAYS = 1, 90
SIGNALS = ("traces", "logs", "metrics")
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Keeping:
    """Of one project. `by_settings` is what the server's settings say."""

    state: State
    project: str
    by_settings: Retention
    clock: Clock

    def chosen(self) -> ChosenRetention | None:
        """What its people decided; None where they decided nothing. Raises StateError."""
        with self.state.reading() as connection:
            return load_retention(connection, self.project)

    def in_force(self) -> Retention:
        """How long each signal is kept. Raises StateError."""
        return self._in_force(self.chosen())

    def going(self, store: TelemetryStore, told: Mapping[str, str]) -> Going:
        """What would go at once, were it kept so long as a form tells (as `choose`). Raises UsageError, StoreError."""
        rows = {(row["table"], row["day"]): row for row in store.select("stored_days")}
        gone = expired(rows, self.clock.now().date(), self._in_force(self._told(told, "")))
        days = sorted({day for _, day in gone})
        return Going(
            len(days),
            *((days[0], days[-1]) if days else ("", "")),
            sum(int(rows[it]["rows"]) for it in gone),
            sum(int(rows[it]["bytes"]) for it in gone),
        )

    def choose(self, store: TelemetryStore, told: Mapping[str, str], by: str) -> Retention:
        """Keep from now on so long as a form tells: days of `traces`, `logs`, `metrics`; empty is as the settings say.
        What is older goes at once. Raises UsageError, StateError, StoreError."""
        chosen = self._told(told, by)
        with self.state.writing() as connection:
            save_retention(connection, self.project, chosen)
        kept = self._in_force(chosen)
        store.keep(kept)
        log.info("project %s keeps %s; changed by %s", self.project, kept, by or "whoever was at an open server")
        store.drop_expired(self.clock.now().date())
        return kept

    def _in_force(self, chosen: ChosenRetention | None) -> Retention:
        return Retention(
            *((getattr(chosen, it) if chosen else None) or getattr(self.by_settings, it) for it in SIGNALS)
        )

    def _told(self, told: Mapping[str, str], by: str) -> ChosenRetention:
        days = {signal: _days(signal, told.get(signal, "").strip()) for signal in SIGNALS}
        return ChosenRetention(**days, changed=self.clock.now(), changed_by=by)


def _days(signal: str, text: str) -> int | None:
    if not text:
        return None
    if text.isascii() and text.isdigit() and LEAST_DAYS <= int(text[:6]) <= MOST_DAYS:
        return int(text[:6])
    raise UsageError(
        f"{signal.capitalize()} cannot be kept for '{text[:40]}' days: write a whole number, {LEAST_DAYS} to"
        f" {MOST_DAYS}, or nothing for what the server's settings say."
    )
