"""What every telemetry store promises. One suite of tests holds each backend to it (tests/store)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

Rows = list[dict[str, Any]]


class TelemetryStore(Protocol):
    """The telemetry of one project.

    Laws: an insert that returned is durable and complete in every table; a repeat with the same token and the same
    bodies within the last 1,000 inserts changes nothing; a read changes nothing and carries its own limits; the
    store is safe to use from several threads, but only one of them inserts.
    """

    @property
    def project(self) -> str:
        """The project whose telemetry this is."""

    def insert_traces(self, bodies: Sequence[bytes], token: str) -> None:
        """Store ExportTraceServiceRequest messages, which have been checked before, as one unit.

        Raises StoreRefusedError when the data itself cannot be stored, StoreError when trying again may help.
        """

    def select(self, statement: str, parameters: Mapping[str, Any] | None = None) -> Rows:
        """Run the read in `sql/{statement}.sql` and answer its rows by column name.

        Raises QueryLimitError when it takes more time, memory or rows than a read may, StoreError otherwise.
        """

    def close(self) -> None:
        """Let go of the database; the store is not used after this."""
