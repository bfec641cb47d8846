"""The connection to the state database, and the two ways to use it: a read, and a change that is durable when done."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import SQLAlchemyError

from mendline.errors import StateError
from mendline.store.lock import make_private
from mendline.store.state.migrate import bring_up_to_date
from mendline.store.state.projects import DEFAULT_PROJECT, insert_project

BUSY_SECONDS = 10
_WRITES = "mendline_writes"


def state_path(data: Path) -> Path:
    """Where the state lies in a data directory."""
    return data / "state.db"


class State:
    """The state database. Safe to use from several threads and several processes at once."""

    def __init__(self, engine: Engine, where: str) -> None:
        self._reads, self._where = engine, where
        self._writes = engine.execution_options(**{_WRITES: True})

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One consistent view. Raises StateError."""
        with self._said("read"), self._reads.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One change, durable when the block ends, undone when it raises; one writer at a time. Raises StateError."""
        with self._said("changed"), self._writes.begin() as connection:
            yield connection

    def close(self) -> None:
        """Let go of the database."""
        self._reads.dispose()

    @contextmanager
    def _said(self, what: str) -> Iterator[None]:
        try:
            yield
        except SQLAlchemyError as error:
            # The driver's own words only: SQLAlchemy's would repeat the statement and its parameters.
            cause = getattr(error, "orig", None) or type(error).__name__
            raise StateError(
                f"The state database {self._where} cannot be {what}: {cause}. Is the disk full, or the file damaged?"
            ) from None


def open_state(data: Path, now: datetime) -> State:
    """Open the state of a data directory, making or migrating it first; project `default` is there afterwards.

    Raises StateNewerError when a newer version wrote it, StateError when it cannot be used.
    """
    path = state_path(data)
    try:
        make_private(path.parent)
        # Nobody else on the machine needs to read who has keys; WAL files take the rights of the database.
        os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))
    except OSError as error:
        raise StateError(
            f"The state database {path} cannot be used: {error.strerror}. Choose another directory with --data."
        ) from error
    state = State(_sqlite(path), str(path))
    try:
        with state.reading() as connection:
            ready = bring_up_to_date(connection, dry=True)
        if not ready:
            with state.writing() as connection:
                bring_up_to_date(connection, dry=False)
                insert_project(connection, DEFAULT_PROJECT, now)
    except BaseException:
        state.close()
        raise
    return state


def _sqlite(path: Path) -> Engine:
    engine = create_engine(URL.create("sqlite", database=str(path)))

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _: Any) -> None:
        # The driver would begin transactions late and on its own; _begin does it instead.
        connection.isolation_level = None
        for pragma in (
            f"busy_timeout = {BUSY_SECONDS * 1000}",
            "journal_mode = WAL",
            "synchronous = FULL",
            "foreign_keys = ON",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # A writer takes its turn at once: a read that turns into a write cannot wait, it fails.
        writes = connection.get_execution_options().get(_WRITES, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine
