"""The telemetry store on ClickHouse, embedded (chDB) or a server, through one client library."""

from __future__ import annotations

import logging
import queue
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import clickhouse_connect
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError
from clickhouse_connect.driver.query import QueryResult

from mendline.errors import ReadsBusyError, StoreError, StoreRefusedError, UsageError
from mendline.model.signal import Signal
from mendline.store.cancelling import Reading, current_reading
from mendline.store.contract import Payload, Retention, StruckBy, TelemetryStore
from mendline.store.engine import ENGINE_OPTIONS
from mendline.store.failed_writes import FailedWrites
from mendline.store.handover import (
    as_delimited,
    insert_once,
    insert_rows_through_memory,
    insert_settings,
    insert_through_memory,
    once_settings,
)
from mendline.store.limits import ReadLimits
from mendline.store.reads import Reads
from mendline.store.renewal import renew_halves
from mendline.store.retention import expired
from mendline.store.schema import migrate
from mendline.store.sent import FEW_BYTES, TABLES, rows_of
from mendline.store.statements import sql_of
from mendline.store.unstruck import unstruck

READERS = 4
_MOST_UNSTRUCK = 50
WAIT_SECONDS = 10.0  # for a connection, when that many reads run already
_PROJECT = re.compile(r"[a-z][a-z0-9_]{0,62}")
# What says that the bytes are at fault: bad arguments, parse and conversion errors, protobuf errors, too many parts
# in one insert. Anything else (no space, memory, network, too many parts in the table) may pass.
_DATA_CODES = frozenset(
    {6, 26, 27, 33, 34, 38, 41, 43, 53, 69, 70, 72, 73, 117, 131, 190, 252, 321, 349, 407, 434, 441, 444, 469}
)
log = logging.getLogger(__name__)
_DEFAULT_LIMITS = ReadLimits()
_DEFAULT_RETENTION = Retention()


class ClickHouseStore(Reads):
    """See TelemetryStore. `dsn` is a clickhouse-connect DSN; `chdb:///path` is the embedded engine. `limits` are those
    of each read. `observe` is told the name and the time, in seconds, of every read, whether it succeeds or not. What
    has at most `few_bytes` is flattened by Python, the rest by ClickHouse; a batch that another process began goes the
    way that it went there."""

    def __init__(
        self,
        dsn: str,
        project: str = "default",
        *,
        retention: Retention = _DEFAULT_RETENTION,
        limits: ReadLimits = _DEFAULT_LIMITS,
        observe: Callable[[str, float], None] = lambda statement, seconds: None,
        few_bytes: int = FEW_BYTES,
    ) -> None:
        if not _PROJECT.fullmatch(project):
            raise UsageError(f"'{project[:80]}' is not a project name; use small letters, digits and underscores.")
        self._dsn, self._project = dsn, project
        self._embedded = dsn.startswith("chdb:")
        _silence_client()
        self._observe, self._retention, self._limits = observe, retention, limits
        self._unstruck: dict[tuple[StruckBy, ...], TelemetryStore] = {}
        self._few_bytes = self._few_of_batch = few_bytes
        self._begun: Mapping[str, Any] | None = None
        self._clients: list[Client] = []
        self._readers: queue.LifoQueue[Client] = queue.LifoQueue()
        self._opening = threading.Lock()
        with _answers(
            "The store could not be opened"
            if self._embedded
            else f"The ClickHouse server at {_address(dsn)} could not be used (setting store)"
        ):
            self._writer = self._connect(None)
            self._writer.command(f"CREATE DATABASE IF NOT EXISTS `{project}`")
            self._writer.database = project
            self._make_schema(retention)
            self._readers.put(self._connect(project))
            self._writing = threading.Lock()
            self._failed_writes = self._watch_files() if self._embedded else None

    def _make_schema(self, retention: Retention) -> None:
        migrate(self._writer.command, self._rows, retention, None if self._embedded else self._project)

    def _watch_files(self) -> FailedWrites:
        def rows(sql: str, parameters: Mapping[str, Any]) -> Sequence[Sequence[Any]]:
            return self._writer.query(sql, parameters=dict(parameters)).result_rows

        return FailedWrites(
            lambda sql, parameters: self._writer.command(sql, parameters=dict(parameters)),
            rows,
            self._project,
            Path(urlsplit(self._dsn).path),
        )

    @classmethod
    def embedded(cls, data: Path, project: str = "default", **options: Any) -> ClickHouseStore:
        """The store inside this process, below the data directory. `options` are those of the class."""
        path = (data / "telemetry").resolve()
        path.mkdir(parents=True, exist_ok=True)
        return cls(f"chdb:///{path}", project, **options)

    @property
    def project(self) -> str:
        """The project whose telemetry this is."""
        return self._project

    def renew(self) -> None:
        """Bring what an older version left in a data directory into the layout of now; to be called while no batch is
        open, before anything is inserted. A server, where others may be inserting, is left as it is. Raises StoreError.
        """
        if not self._embedded:
            return
        with _answers("What an older version stored could not be brought over"):
            found = self._writer.query(sql_of("upkeep", "order_of_halves"), parameters={"project": self._project})
            if renew_halves(self._writer.command, str(found.result_rows[0][0]), self._retention):
                log.info("What is known of executions was brought into the layout of this version.")

    def begin(self, first: int, end: int) -> None:
        """See TelemetryStore.begin."""
        with self._changing("A batch could not be begun"):
            if self._begun is None:
                self._begun = next(iter(self.select("last_batch")), {})
            again = (self._begun.get("first"), self._begun.get("end")) == (first, end)
            few_bytes = int(self._begun["few_bytes"]) if again else self._few_bytes
            batch = {"first": first, "end": end, "few_bytes": few_bytes}
            self._writer.command(sql_of("changes", "begun_batch"), parameters=batch)
            self._begun, self._few_of_batch = batch, few_bytes

    def last_batch(self) -> tuple[int, int] | None:
        """See TelemetryStore.last_batch."""
        rows = self.select("last_batch")
        return (int(rows[0]["first"]), int(rows[0]["end"])) if rows else None

    def insert(self, signal: Signal, payloads: Sequence[Payload], token: str, *, size: int | None = None) -> None:
        """See TelemetryStore.insert."""
        token = f"{token}:{signal}"
        size = sum(len(payload.body) for payload in payloads) if size is None else size
        rows = rows_of(signal, payloads) if size <= self._few_of_batch else None
        with self._changing(f"A batch of {signal} could not be stored"):
            if rows is None:
                self._insert_requests(signal, payloads, token)
            elif self._embedded:
                insert_rows_through_memory(self._writer.command, TABLES[signal], rows, token)
            else:
                settings = once_settings(token)
                self._writer.raw_insert(TABLES[signal], insert_block=rows, settings=settings, fmt="RowBinary")

    def _insert_requests(self, signal: Signal, payloads: Sequence[Payload], token: str) -> None:
        if self._embedded:
            insert_through_memory(self._writer.command, signal, f"otlp_{signal}", payloads, token)
        else:
            block, settings = b"".join(as_delimited(payloads)), insert_settings(signal, token)
            self._writer.raw_insert(f"otlp_{signal}", insert_block=block, settings=settings, fmt="Protobuf")

    def complete(self, first: int, end: int) -> None:
        """See TelemetryStore.complete."""
        borders = {"first": first, "end": end}
        if self.select("executions_to_fold", borders)[0]["some"]:
            self._change("other_executions", borders)
            self._change("folded_executions", borders)
        else:
            self._change("lone_executions", borders)

    def without(self, runs: Sequence[StruckBy]) -> TelemetryStore:
        """See TelemetryStore.without."""
        if not runs:
            return self
        key = tuple(runs)
        found = self._unstruck.get(key)
        if found is None:
            found = unstruck(self._project, key, self._read, self.without)
            if len(self._unstruck) >= _MOST_UNSTRUCK:
                self._unstruck = {}
            self._unstruck[key] = found
        return found

    def _read(
        self, statement: str, sql: str, parameters: Mapping[str, Any], settings: Mapping[str, str] | None = None
    ) -> QueryResult:
        begun, reading = time.perf_counter(), current_reading()
        try:
            with (
                _answers(f"The read '{statement}' failed", self._limits, reading),
                self._reader() as client,
                reading.named(self._stop) as name,
            ):
                told = self._limits.settings(name) | dict(settings or {})
                return client.query(sql, parameters=dict(parameters), settings=told)
        finally:
            self._observe(statement, time.perf_counter() - begun)

    def _stop(self, name: str) -> None:
        with _answers("A read could not be stopped"), self._keeper() as client:
            client.command(sql_of("upkeep", "stop_read"), parameters={"name": name})

    def keep(self, retention: Retention) -> None:
        """See TelemetryStore.keep."""
        with self._changing("How long telemetry is kept could not be changed"):
            self._make_schema(retention)  # between two inserts: views place what is older than is kept
            self._retention = retention

    def drop_expired(self, today: date) -> list[tuple[str, str]]:
        """See TelemetryStore.drop_expired."""
        with _answers("Old data could not be dropped"), self._keeper() as client:
            parts = client.query(sql_of("upkeep", "days"), parameters={"project": self._project}).result_rows
            dropped = expired([(str(table), str(day)) for table, day in parts], today, self._retention)
            for table, day in dropped:
                client.command(sql_of("upkeep", "drop_day"), parameters={"table": table, "day": day})
            return dropped

    def close(self) -> None:
        """See TelemetryStore.close."""
        for client in self._clients:
            client.close()

    def _change(self, statement: str, borders: dict[str, int]) -> None:
        token = f"{borders['first']}-{borders['end']}:{statement}"
        with self._changing("Invocations could not be completed"):
            self._writer.command(insert_once(sql_of("changes", statement), token), parameters=borders)

    @contextmanager
    def _changing(self, what: str) -> Iterator[None]:
        """Something is inserted. The embedded engine says nothing of writes that the disk refused, so we look."""
        with self._writing, _answers(what, inserting=True):
            if self._failed_writes is None:
                yield
                return
            self._failed_writes.mend()
            yield
            self._failed_writes.require_none()

    def look_at_disk(self, *, low: bool) -> None:
        """To be called every few seconds (KEPT_S), and when the disk runs out of room or has some again (`low`): make
        good what it refused, and do not merge while it is low. Raises StoreError."""
        if self._failed_writes is not None:
            with self._writing, _answers("What the disk refused could not be made good"):
                if low:
                    self._failed_writes.hold_merges(True)
                self._failed_writes.look()
                if not low:  # not before: what merges replaced is let go then
                    self._failed_writes.hold_merges(False)

    def _connect(self, database: str | None) -> Client:
        self._clients.append(self._open_client(database))
        return self._clients[-1]

    def _open_client(self, database: str | None) -> Client:
        options: dict[str, Any] = (
            {"chdb_options": ENGINE_OPTIONS} if self._embedded else {"autogenerate_session_id": False}
        )
        return clickhouse_connect.get_client(dsn=self._dsn, database=database, **options)

    @contextmanager
    def _keeper(self) -> Iterator[Client]:
        """A connection of its own for upkeep: what changes something shares none with reads, nor with inserts."""
        client = self._open_client(self._project)
        try:
            yield client
        finally:
            client.close()

    def _rows(self, sql: str) -> list[tuple[Any, ...]]:
        return list(map(tuple, self._writer.query(sql).result_rows))

    @contextmanager
    def _reader(self) -> Iterator[Client]:
        """One of at most READERS connections, opened when first needed: reads never share one, nor the writer's."""
        client = self._free_reader()
        try:
            yield client
        finally:
            self._readers.put(client)

    def _free_reader(self) -> Client:
        with self._opening:
            if self._readers.empty() and len(self._clients) <= READERS:
                return self._connect(self._project)
        try:
            return self._readers.get(timeout=WAIT_SECONDS)
        except queue.Empty:
            raise ReadsBusyError(
                f"All {READERS} connections for reads were busy for {WAIT_SECONDS:.0f} s. Ask again in a moment."
            ) from None


def probe(dsn: str, project: str) -> tuple[str, bool]:
    """The version of the ClickHouse server at a DSN, and whether a project's tables are there; makes nothing.

    Raises StoreError when it does not answer.
    """
    _silence_client()
    with _answers("The ClickHouse server does not answer"):
        client = clickhouse_connect.get_client(dsn=dsn, autogenerate_session_id=False)
        try:
            found = client.query(sql_of("upkeep", "has_tables"), parameters={"project": project})
            return str(client.server_version), bool(found.result_rows[0][0])
        finally:
            client.close()


def _silence_client() -> None:
    for name in ("clickhouse_connect", "urllib3"):
        logging.getLogger(name).setLevel(logging.CRITICAL)  # they log what they raise


def _address(dsn: str) -> str:
    """Host and port of a DSN, without the password that may stand before them."""
    return urlsplit(dsn).netloc.rpartition("@")[2]


def _reason(error: Exception) -> str:
    """The error's own first line; of a connection that failed, only why."""
    text = str(error).splitlines()[0] if str(error) else type(error).__name__
    refused = re.search(r"\[Errno -?\d+\] ([^\"')]+)", text) if "HTTPConnection" in text else None
    return f"{refused[1]}." if refused else text[:500]


def _is_back_pressure(code: int, text: str) -> bool:
    """TOO_MANY_PARTS says two things: one insert touches too many partitions, or merges cannot keep up."""
    return code == 252 and "partitions" not in text


@contextmanager
def _answers(
    what: str, limits: ReadLimits = _DEFAULT_LIMITS, reading: Reading | None = None, *, inserting: bool = False
) -> Iterator[None]:
    """Turn the client's errors into ours: refused data, a limit reached, a read that was stopped, or a store that
    cannot answer now."""
    try:
        yield
    except ClickHouseError as error:
        code = getattr(error, "code", None)
        text = f"{what}: {_reason(error)}"
        if inserting and code in _DATA_CODES and not _is_back_pressure(code, text):
            raise StoreRefusedError(text) from error
        if reading is not None:
            reading.require()
        exceeded = None if inserting else limits.exceeded(code)
        raise exceeded or StoreError(text) from error
    except (OSError, RuntimeError, UnicodeDecodeError) as error:  # the last where what was answered is no answer
        raise StoreError(f"{what}: {error}") from error
