"""What server tests share: a real store in a temporary directory, and OTLP requests made of plain spans."""

from __future__ import annotations

import itertools
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from otlp_requests import request_of
from store.facade import Facade
from store_tables import empty
from web import shop

from mendline.model.signal import Signal
from mendline.store import ClickHouseStore, Payload

_numbers = itertools.count()


@pytest.fixture(autouse=True)
def _shop_of_now() -> None:
    """Minutes of a long run do not move what a test tells out of the hour that pages show."""
    shop.open_now()


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


class _CountingStore(ClickHouseStore):
    """A store that knows how often something was put into it."""

    inserts = 0

    def insert(self, signal: Signal, payloads: Sequence[Payload], token: str, *, size: int | None = None) -> None:
        self.inserts += 1
        super().insert(signal, payloads, token, size=size)


class _SharedStore:
    """The one store of a process, and what it holds: making its schema takes a second, filling it a quarter."""

    def __init__(self, path: Path) -> None:
        self.store = _CountingStore.embedded(path, f"t{os.getpid()}")
        self._key: object = None
        self._inserts_held = 0

    def let_go(self) -> None:
        """Hold nothing any more; a test that held nothing has left nothing."""
        if self._key is not None:
            self._empty()

    def hold(self, fill: Callable[[], object]) -> None:
        code = fill.__code__  # type: ignore[attr-defined]
        key = (code.co_filename, code.co_firstlineno)
        if self._key != key:
            self.let_go()
            fill()
            self._key, self._inserts_held = key, self.store.inserts

    def end_test(self) -> None:
        if self._key is None or self.store.inserts != self._inserts_held:
            self._empty()

    def _empty(self) -> None:
        self._key = None
        empty(self.store)


@pytest.fixture(scope="session")
def _shared_store(engine_path: Path) -> Iterator[_SharedStore]:
    shared = _SharedStore(engine_path)
    with closing(shared.store):
        yield shared


@pytest.fixture
def store(_shared_store: _SharedStore, request: pytest.FixtureRequest) -> Iterator[ClickHouseStore]:
    """An empty store: emptied after each test and not made anew; or with what the test before held too (`holding`)."""
    if "holding" not in request.fixturenames:
        _shared_store.let_go()
    yield _shared_store.store
    _shared_store.end_test()


@pytest.fixture
def holding(store: ClickHouseStore, _shared_store: _SharedStore) -> Callable[..., None]:
    """Have the store hold just what `fill` puts into it: `holding(fill)`.

    Tests one after another that ask for the same get it as it is, unless one put more into the store.
    """
    return _shared_store.hold


@pytest.fixture
def send_spans(store: ClickHouseStore) -> Callable[..., None]:
    """Put spans into the store as the writer does: `send_spans({"name": …}, …, resource={…})`."""

    def send(*spans: dict[str, Any], resource: dict[str, Any] | None = None, scope: str = "test") -> None:
        number = next(_numbers)
        store.insert(
            Signal.TRACES, [Payload(request_of(spans, resource or {}, scope), number, time.time_ns())], f"test-{number}"
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
