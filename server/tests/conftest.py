"""What server tests share: a real store in a temporary directory, and OTLP requests made of plain spans."""

from __future__ import annotations

import itertools
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from otlp_requests import request_of
from store.facade import Facade
from store_tables import TABLES_WITH_ROWS

from mendline.model.signal import Signal
from mendline.store import ClickHouseStore, Payload

_numbers = itertools.count()


@pytest.fixture(scope="session")
def engine_path() -> Iterator[Path]:
    """chDB takes one path per process, so all tests of a process share it, each in a project of its own."""
    with tempfile.TemporaryDirectory(prefix="mendline-test-") as path:
        yield Path(path)


@pytest.fixture(scope="session")
def server_dsn(engine_path: Path) -> Iterator[str]:
    """Where ClickHouse's HTTP interface answers, for stores that are not embedded."""
    ClickHouseStore.embedded(engine_path, "facade").close()
    facade = Facade(engine_path / "telemetry")
    yield facade.dsn
    facade.close()


@pytest.fixture(scope="session")
def _shared_store(engine_path: Path) -> Iterator[ClickHouseStore]:
    with closing(ClickHouseStore.embedded(engine_path, f"t{os.getpid()}")) as opened:
        yield opened


@pytest.fixture
def store(_shared_store: ClickHouseStore) -> Iterator[ClickHouseStore]:
    """An empty store. Making the schema takes a second, so it is emptied after each test and not made anew."""
    yield _shared_store
    for table in _shared_store._rows(TABLES_WITH_ROWS):
        _shared_store._writer.command(f"TRUNCATE TABLE `{table[0]}`")


@pytest.fixture
def send_spans(store: ClickHouseStore) -> Callable[..., None]:
    """Put spans into the store as the writer does: `send_spans({"name": …}, …, resource={…})`."""

    def send(*spans: dict[str, Any], resource: dict[str, Any] | None = None) -> None:
        number = next(_numbers)
        store.insert(
            Signal.TRACES, [Payload(request_of(spans, resource or {}), number, time.time_ns())], f"test-{number}"
        )
        store.complete(number, number + 1)

    return send


@pytest.fixture
def tell(store: ClickHouseStore) -> Callable[..., ClickHouseStore]:
    """Store batches of requests as the writer does, each `times` over: `tell([(signal, body), …], […])`."""

    def send(*batches: list[tuple[Signal, bytes]], times: int = 1) -> ClickHouseStore:
        for batch in batches:
            first = next(_numbers)
            payloads = [(signal, Payload(body, next(_numbers), time.time_ns())) for signal, body in batch]
            end = next(_numbers)
            for _ in range(times):
                _store_batch(store, payloads, first, end)
        return store

    return send


def _store_batch(store: ClickHouseStore, payloads: list[tuple[Signal, Payload]], first: int, end: int) -> None:
    for signal in Signal:
        chosen = [payload for own, payload in payloads if own == signal]
        if chosen:
            store.insert(signal, chosen, f"{first}-{end}")
    store.complete(first, end)


@pytest.fixture
def now() -> datetime:
    """The present, as the store sees it."""
    return datetime.now(UTC)
