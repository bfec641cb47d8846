"""What the reads of a telemetry store answer, however a statement is run."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, cast

from clickhouse_connect.driver.query import QueryResult

from mendline.store.contract import Rows
from mendline.store.statements import sql_of


class Reads(ABC):
    """The reads of TelemetryStore."""

    __slots__ = ()

    @abstractmethod
    def _read(self, statement: str, sql: str, parameters: Mapping[str, Any]) -> QueryResult:
        """Run `sql`, which is observed as `statement`."""

    def select(self, statement: str, parameters: Mapping[str, Any] | None = None) -> Rows:
        """See TelemetryStore.select."""
        result = self._read(statement, sql_of("sql", statement), parameters or {})
        return [dict(zip(result.column_names, row, strict=True)) for row in result.result_rows]

    def ask(self, sql: str, parameters: Mapping[str, Any]) -> Sequence[tuple[Any, ...]]:
        """See TelemetryStore.ask."""
        return cast(Sequence[tuple[Any, ...]], self._read("query", sql, parameters).result_rows)

    def ask_columns(self, sql: str, parameters: Mapping[str, Any]) -> Sequence[Sequence[Any]]:
        """See TelemetryStore.ask_columns."""
        columns = self._read("query", sql, parameters).result_columns
        return columns if columns and columns[0] else ()
