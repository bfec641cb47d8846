"""An error that nobody expected is answered with a guarded page, in words, and without its details."""

from __future__ import annotations

import anyio
import httpx
import pytest
from running_parts import running_of

from mendline.access import Access
from mendline.app.apps import otlp_app, web_app
from mendline.app.projects import Project, Projects
from mendline.clock import SystemClock
from mendline.errors import StoreError
from mendline.ingest.admission import Admission
from mendline.ingest.cardinality import Cardinality
from mendline.ingest.counters import Counters
from mendline.ingest.disk import Disk
from mendline.ingest.quarantine import Quarantine
from mendline.ingest.rates import Rates
from mendline.ingest.receive import Bounds, Receiver
from mendline.ingest.redact import Rules
from mendline.ingest.spool import Spool
from mendline.ingest.writer import Writer
from mendline.store.state import open_state

PAGES = "http://127.0.0.1:8000"


class BrokenStore:
    """A store that fails at every read, as told."""

    project = "default"

    def __init__(self, error):
        self._error = error

    def select(self, statement, parameters=None):
        raise self._error

    def close(self):
        pass


@pytest.fixture
def run_broken(tmp_path):
    opened = []

    def start(error, disk=None):
        store, counters, clock = BrokenStore(error), Counters(), SystemClock()
        spool = Spool(tmp_path / "spool", clock, most_bytes=2**20, disk=disk)
        quarantine = Quarantine(tmp_path / "quarantine")
        writer = Writer(spool, store, counters, quarantine)
        admission, bounds = Admission(2**20), Bounds(2**20, 2**20, 100)
        receiver = Receiver(spool, counters, admission, Rates(0, clock), Rules, bounds, clock, Cardinality(clock))
        projects = Projects(lambda name: Project(name, store, spool, quarantine, writer, receiver))
        access = Access(open_state(tmp_path, clock.now()), clock, loopback=True)
        running = running_of(projects, counters, admission, bounds, clock, access)
        opened.append((spool, running))
        return opened[-1][1]

    yield start
    for spool, running in opened:
        spool.close()
        running.access.close()
        running.access.state.close()


def _get(app, path):
    async def ask():
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return await client.get(path)

    return anyio.run(ask)


def _post_unread(app, path):
    """A request whose body may not be read."""

    async def never():
        raise AssertionError("the body was read")
        yield b""

    async def ask():
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return await client.post(path, content=never(), headers={"content-type": "application/x-protobuf"})

    return anyio.run(ask)


@pytest.mark.parametrize("path", ["/functions", "/functions.json", "/api/v1/functions", "/traces", "/readyz"])
def test_bug_is_a_guarded_500_without_details(run_broken, path):
    answer = _get(web_app(run_broken(RuntimeError("secret detail")), "http://127.0.0.1:4318"), path)
    assert answer.status_code == 500
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "secret" not in answer.text
    assert "its log says how" in answer.text


@pytest.mark.parametrize("path", ["/functions", "/functions.json", "/api/v1/functions", "/readyz"])
def test_store_that_cannot_answer_is_503_in_words_and_never_an_empty_list(run_broken, path):
    answer = _get(web_app(run_broken(StoreError("The store is away.")), "http://127.0.0.1:4318"), path)
    assert answer.status_code == 503
    assert "The store is away." in answer.text


def test_otlp_port_stays_alive_without_its_store(run_broken):
    app = otlp_app(run_broken(StoreError("The store is away.")), PAGES)
    assert _get(app, "/healthz").status_code == 200
    assert _get(app, "/readyz").status_code == 503


def test_who_looks_for_pages_on_the_otlp_port_is_told_where_they_are_and_counted(run_broken):
    running = run_broken(StoreError("The store is away."))
    answer = _get(otlp_app(running, PAGES), "/")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert PAGES in answer.json()["message"]
    told = running.counters.registry.get_sample_value
    assert told("mendline_refused_requests_total", {"signal": "other", "reason": "not_found"}) == 1


def test_server_that_can_take_nothing_in_is_alive_and_not_ready(run_broken, tmp_path):
    free = [0]
    disk = Disk(tmp_path / "disk", 1000, free=lambda: free[0])
    app = otlp_app(run_broken(StoreError("The store is away."), disk), PAGES)
    answer = _get(app, "/readyz")
    assert (answer.status_code, answer.json()["code"]) == (503, "not_storing")
    assert "disk is nearly full" in answer.json()["message"]
    assert _get(app, "/healthz").status_code == 200
    refused = _post_unread(app, "/v1/traces")
    assert (refused.status_code, refused.headers["content-type"]) == (503, "application/x-protobuf")
    assert int(refused.headers["retry-after"]) > 0
    free[0] = 2000
    disk.look()
    assert _get(app, "/readyz").json()["code"] == "store_unavailable"
