"""What every telemetry store promises. One suite of tests holds each backend to it (server/tests/store)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

from mendline.model.signal import Signal

Rows = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Payload:
    """One OTLP export request to store: its protobuf bytes, its offset in the spool (from 1), and when it came."""

    body: bytes
    offset: int
    received_ns: int


@dataclass(frozen=True, slots=True)
class Retention:
    """How long telemetry of each signal is kept, in days."""

    traces: int = 30
    logs: int = 30
    metrics: int = 30

    def days(self, signal: Signal) -> int:
        """Of one signal."""
        return {Signal.TRACES: self.traces, Signal.LOGS: self.logs, Signal.METRICS: self.metrics}[signal]


@dataclass(frozen=True, slots=True)
class StruckBy:
    """A run of a chaos experiment: its id on the wire, and the time in which what it struck began."""

    tag: str
    start_ns: int
    end_ns: int


class TelemetryStore(Protocol):
    """The telemetry of one project.

    Laws: an insert that returned is durable and complete in every table; a repeat with the same token and the same
    payloads within the last 1,000 inserts changes nothing; offsets never shrink from one insert to the next (but for
    such a repeat); a read changes nothing and carries its own limits; the store is safe to use from several threads,
    but only one of them inserts.
    """

    @property
    def project(self) -> str:
        """The project whose telemetry this is."""

    def begin(self, first: int, end: int) -> None:
        """Write down that a batch is stored next whose offsets are in [first, end). Before the first insert of the
        batch; raises as insert does.
        """

    def last_batch(self) -> tuple[int, int] | None:
        """The borders of the last batch that was begun; None when none ever was. Raises StoreError."""

    def insert(self, signal: Signal, payloads: Sequence[Payload], token: str, *, size: int | None = None) -> None:
        """Store export requests of one signal, which have been checked before, as one unit.

        `size`, in bytes, decides how that is done, so it must be that of before when a token is used again: by default
        that of the payloads, which is not the same when some of them were lost in between.

        Raises StoreRefusedError when the data itself cannot be stored, StoreError when trying again may help.
        """

    def complete(self, first: int, end: int) -> None:
        """Make invocations of what the inserts of a batch told, whose offsets are in [first, end), or correct those
        that they tell more of. After the last insert of the batch, and before the first of the next; a repeat within
        the last 1,000 changes nothing. Raises as insert does.
        """

    def select(self, statement: str, parameters: Mapping[str, Any] | None = None) -> Rows:
        """Run the read in `sql/{statement}.sql` and answer its rows by column name.

        Raises QueryLimitError when it takes more time, memory or rows than a read may, ReadCancelledError when who
        asked went away (mendline.store.cancelling), StoreError otherwise.
        """

    def ask(self, sql: str, parameters: Mapping[str, Any]) -> Sequence[tuple[Any, ...]]:
        """Run a read that mendline.store.plans made of a query; as select does, but for rows without names."""

    def ask_columns(self, sql: str, parameters: Mapping[str, Any]) -> Sequence[Sequence[Any]]:
        """As ask does, but column by column: many rows take a fraction of the time. None where there is no row."""

    def keep(self, retention: Retention) -> None:
        """Keep telemetry so long from now on: by it what comes is placed and what is old goes. Raises StoreError."""

    def drop_expired(self, today: date) -> list[tuple[str, str]]:
        """Drop what is older than the retention; answers (table, day) of each partition dropped. Raises StoreError."""

    def without(self, runs: Sequence[StruckBy]) -> TelemetryStore:
        """The same for reading, without the transactions that these runs struck, by the marks of their spans
        (mendline.store.unstruck); the same object each time for the same runs, and itself for none."""

    def close(self) -> None:
        """Let go of the database; the store is not used after this."""
