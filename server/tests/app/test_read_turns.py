"""Reads and writes keep out of each other's way: whatever reads wait for, a write is answered."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter as Tally
from contextlib import asynccontextmanager

import httpx
import pytest
from otlp_requests import request_of
from running_parts import running_of
from starlette.responses import JSONResponse, PlainTextResponse
from waiting import eventually

from mendline.access import Access
from mendline.app.apps import web_app
from mendline.app.projects import Project, Projects
from mendline.app.read_turns import AT_ONCE, MOST_WAITING, ReadTurns
from mendline.clock import SystemClock
from mendline.ingest.admission import Admission
from mendline.ingest.cardinality import Cardinality
from mendline.ingest.counters import Counters
from mendline.ingest.quarantine import Quarantine
from mendline.ingest.rates import Rates
from mendline.ingest.receive import Bounds, Receiver
from mendline.ingest.redact import Rules
from mendline.ingest.spool import Spool
from mendline.ingest.writer import Writer
from mendline.store.state import open_state

THREADS = 40  # of anyio's default, which reads use
MIB = 1024 * 1024


class HeldStore:
    """A store whose reads are answered when the test says so."""

    project = "default"

    def __init__(self):
        self.go, self.reading, self._lock = threading.Event(), 0, threading.Lock()

    def select(self, statement, parameters=None):
        with self._lock:
            self.reading += 1
        assert self.go.wait(60)
        return []

    def close(self):
        pass


@pytest.fixture
def held(tmp_path):
    """An app with such a store and a real spool: (app, store, counters)."""
    store, counters, clock = HeldStore(), Counters(), SystemClock()
    spool, quarantine = Spool(tmp_path / "spool", clock, most_bytes=MIB), Quarantine(tmp_path / "quarantine")
    admission, bounds = Admission(MIB), Bounds(MIB, MIB, 100)
    receiver = Receiver(spool, counters, admission, Rates(0, clock), Rules, bounds, clock, Cardinality(clock))
    writer = Writer(spool, store, counters, quarantine)
    projects = Projects(lambda name: Project(name, store, spool, quarantine, writer, receiver))
    access = Access(open_state(tmp_path, clock.now()), clock, loopback=True)
    running = running_of(projects, counters, admission, bounds, clock, access)
    yield web_app(running, "http://127.0.0.1:4318"), store, counters
    store.go.set()
    spool.close()
    access.close()
    access.state.close()


@asynccontextmanager
async def _client(app):
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost", timeout=60) as client:
        yield client


async def _until(condition):
    await asyncio.to_thread(eventually, condition)


async def _write(client):
    headers = {"content-type": "application/x-protobuf"}
    return (await client.post("/v1/traces", content=request_of([{}]), headers=headers)).status_code


def test_write_is_answered_while_all_reads_are_held_and_reads_beyond_are_refused_at_once(held):
    app, store, counters = held
    beyond = 100

    async def scene():
        async with _client(app) as client:
            reads = [
                asyncio.create_task(client.get("/api/v1/functions")) for _ in range(AT_ONCE + MOST_WAITING + beyond)
            ]
            await _until(lambda: store.reading == AT_ONCE)
            await _until(lambda: sum(read.done() for read in reads) == beyond)
            refused = [read.result() for read in reads if read.done()]
            assert {answer.json()["code"] for answer in refused} == {"reads_busy"}
            assert all(int(answer.headers["retry-after"]) > 0 for answer in refused)
            assert [await _write(client) for _ in range(20)] == [200] * 20
            store.go.set()
            return Tally(answer.status_code for answer in await asyncio.gather(*reads))

    assert asyncio.run(scene()) == {200: AT_ONCE + MOST_WAITING, 503: beyond}
    assert counters.registry.get_sample_value("mendline_refused_reads_total") == beyond


def test_write_is_answered_while_no_thread_is_free_for_anything_else(held):
    app, store, _ = held

    async def scene():
        async with _client(app) as client:
            assert await _write(client) == 200
            others = [asyncio.create_task(client.get("/readyz")) for _ in range(THREADS + 5)]
            await _until(lambda: store.reading == THREADS)
            assert [await _write(client) for _ in range(5)] == [200] * 5
            store.go.set()
            await asyncio.gather(*others)

    asyncio.run(scene())


def _turns(app, **options):
    refused = []

    def answer(request, error):
        return JSONResponse({"code": error.code}, error.status)

    return ReadTurns(app, answer, lambda: refused.append(1), **options), refused


def test_read_that_waits_too_long_is_refused():
    async def scene():
        begun, never = asyncio.Event(), asyncio.Event()

        async def app(scope, receive, send):
            begun.set()
            await never.wait()

        turns, refused = _turns(app, at_once=1, wait_seconds=0.05)
        async with _client(turns) as client:
            first = asyncio.create_task(client.get("/functions"))
            await begun.wait()
            second = await client.get("/functions")
            assert (second.status_code, second.json()["code"], refused) == (503, "reads_busy", [1])
            first.cancel()

    asyncio.run(scene())


def test_turn_ends_when_the_answer_begins_so_that_a_slow_client_keeps_none():
    async def scene():
        slow = asyncio.Event()

        async def app(scope, receive, send):
            await send({"type": "http.response.start", "status": 200, "headers": []})
            if scope["path"] == "/slow":
                await slow.wait()
            await send({"type": "http.response.body", "body": b""})

        turns, _ = _turns(app, at_once=1)
        async with _client(turns) as client:
            first = asyncio.create_task(client.get("/slow"))
            assert (await client.get("/quick")).status_code == 200
            slow.set()
            assert (await first).status_code == 200

    asyncio.run(scene())


def test_body_that_is_slow_to_come_keeps_no_turn_and_is_read_whole():
    async def scene():
        rest = asyncio.Event()

        async def slow_body():
            yield b'{"q": '
            await rest.wait()
            yield b'"x"}'

        async def app(scope, receive, send):
            message = await receive() if scope["method"] == "POST" else {"body": b""}
            await PlainTextResponse(message["body"])(scope, receive, send)

        turns, _ = _turns(app, at_once=1)
        async with _client(turns) as client:
            first = asyncio.create_task(client.post("/api/v1/query", content=slow_body()))
            assert (await client.get("/functions")).status_code == 200
            rest.set()
            assert (await first).text == '{"q": "x"}'

    asyncio.run(scene())


def test_files_of_pages_wait_for_no_read():
    async def scene():
        held = asyncio.Event()

        async def app(scope, receive, send):
            if not scope["path"].startswith("/static/"):
                await held.wait()
            await PlainTextResponse("x")(scope, receive, send)

        turns, _ = _turns(app, at_once=1)
        async with _client(turns) as client:
            first = asyncio.create_task(client.get("/functions"))
            assert (await client.get("/static/site.css")).status_code == 200
            held.set()
            assert (await first).status_code == 200

    asyncio.run(scene())
