"""What a watch is handed: the store, the range that it looks at, and the present."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mendline.model.finding import Finding
from mendline.model.timerange import TimeRange
from mendline.store.contract import Rows, TelemetryStore


class ReadOnce:
    """A store for reading, of which each read is made once: several watches need the same."""

    def __init__(self, store: TelemetryStore) -> None:
        self._store, self._told = store, dict[str, Rows]()

    @property
    def project(self) -> str:
        """As the store's."""
        return self._store.project

    def select(self, statement: str, parameters: Mapping[str, Any] | None = None) -> Rows:
        """As the store does it."""
        key = f"{statement} {sorted((parameters or {}).items())!r}"
        if key not in self._told:
            self._told[key] = self._store.select(statement, parameters)
        return self._told[key]

    def ask(self, sql: str, parameters: Mapping[str, Any]) -> Sequence[tuple[Any, ...]]:
        """As the store does it."""
        return self._store.ask(sql, parameters)


@dataclass(frozen=True, slots=True)
class Watched:
    """`range` is as long as can be read at once (mendline.insight.transactions.readable_range)."""

    store: TelemetryStore
    range: TimeRange
    now: datetime


Watch = Callable[[Watched], Iterable[Finding]]
