"""A server put together from its settings, and taken apart again in the right order."""

from __future__ import annotations

import contextlib
import logging
import shutil
from dataclasses import dataclass
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp

from mendline import __version__
from mendline.access import Access, Gate, SecurityHeaders, SignIn, Tries, is_loopback
from mendline.api import health, otlp, reads
from mendline.app.refusals import Answer, refuser
from mendline.clock import Clock, SystemClock
from mendline.errors import MendlineError, NotFoundError
from mendline.ingest.admission import Admission
from mendline.ingest.counters import Counters
from mendline.ingest.disk import Disk
from mendline.ingest.quarantine import Quarantine
from mendline.ingest.receive import Receiver
from mendline.ingest.spool import Spool
from mendline.ingest.writer import Writer
from mendline.insight.receipts import last_received
from mendline.model.receipt import Receipt
from mendline.settings import Settings
from mendline.store import ClickHouseStore, DataLock
from mendline.store.state import open_state
from mendline.web import WebContext, error_response, sign_in_routes
from mendline.web import build_routes as build_pages

log = logging.getLogger(__name__)
_API_PATHS = ("/api/", "/v1/", "/healthz", "/readyz", "/metrics")


@dataclass(frozen=True, slots=True)
class Running:
    """The parts of a running server that outlive a request."""

    lock: DataLock
    store: ClickHouseStore
    spool: Spool
    writer: Writer
    receiver: Receiver
    counters: Counters
    clock: Clock
    access: Access
    sign_in: SignIn
    allowed_hosts: frozenset[str] = frozenset()

    def close(self) -> None:
        """Stop writing, then let go of spool, store, state and directory."""
        self.writer.stop()
        self.spool.close()
        self.store.close()
        self.access.close()
        self.access.state.close()
        self.lock.close()


def open_parts(settings: Settings, clock: Clock | None = None) -> Running:
    """Take the data directory, open the store and the spool, and start the writer."""
    clock = clock or SystemClock()
    lock = DataLock(settings.data)
    access = _open_access(settings, clock)
    store = _open_store(settings)
    disk = Disk(settings.data, settings.disk_floor_bytes)
    spool = Spool(settings.data / "spool", clock, most_bytes=settings.spool_max_bytes, disk=disk)
    counters = Counters()
    _watch(counters, spool, settings.data)
    quarantine = Quarantine(settings.data / "spool" / "quarantine")
    writer = Writer(spool, store, counters, quarantine)
    receiver = Receiver(
        spool=spool,
        counters=counters,
        admission=Admission(settings.max_bytes_in_hand),
        most_request_bytes=settings.max_request_bytes,
        most_inflated_bytes=settings.max_inflated_bytes,
        most_records=settings.max_records,
    )
    writer.start()
    sign_in, hosts = SignIn(access, Tries()), _allowed_hosts(settings)
    return Running(lock, store, spool, writer, receiver, counters, clock, access, sign_in, hosts)


def web_app(running: Running, otlp_endpoint: str) -> ASGIApp:
    """The app on the web port: pages, API, health, and OTLP too."""
    context = WebContext(
        store=running.store,
        clock=running.clock,
        version=__version__,
        otlp_endpoint=otlp_endpoint,
        open_access=True,
    )
    routes = [
        *otlp.build_routes(running.receiver),
        *health.build_routes(health.Health(running.store, running.counters, __version__)),
        *reads.build_routes(running.store, running.clock),
        *sign_in_routes(running.sign_in),
        *build_pages(context),
    ]
    handlers = {MendlineError: _answer_error, HTTPException: _answer_error, Exception: _answer_error}
    return _guarded(running, Starlette(routes=routes, exception_handlers=handlers), _answer_error)


def otlp_app(running: Running) -> ASGIApp:
    """The app on the OTLP port."""
    routes = [
        *otlp.build_routes(running.receiver),
        *health.build_routes(health.Health(running.store, running.counters, __version__)),
    ]
    handlers = {HTTPException: _answer_json, Exception: _answer_json}
    return _guarded(running, Starlette(routes=routes, exception_handlers=handlers), _answer_json)


def _guarded(running: Running, app: ASGIApp, answer: Answer) -> ASGIApp:
    """Around the whole app, so that answers to unexpected errors are guarded too."""
    refuse = refuser(running.counters, answer)
    return SecurityHeaders(Gate(app, running.access, running.sign_in, refuse, running.allowed_hosts))


def _answer_error(request: Request, error: Exception) -> Response:
    known = _as_known(request, error)
    if request.url.path.startswith(_API_PATHS):
        return _json(known)
    return error_response(request, known)


def _answer_json(request: Request, error: Exception) -> Response:
    return _json(_as_known(request, error))


def _json(error: MendlineError) -> Response:
    return JSONResponse({"code": error.code, "message": error.message}, error.status)


def _as_known(request: Request, error: Exception) -> MendlineError:
    if isinstance(error, MendlineError):
        return error
    if isinstance(error, HTTPException):
        if error.status_code == 404:
            return NotFoundError(f"There is nothing at {request.url.path[:120]}.")
        known = MendlineError(f"{request.method} is not answered at {request.url.path[:120]} ({error.detail}).")
        known.code, known.status = "http", error.status_code
        return known
    log.error("A request failed: %s %s", request.method, request.url.path, exc_info=error)
    return MendlineError("The server failed on this request; its log says how.")


def look_into(settings: Settings) -> Receipt:
    """What the store holds, for a command that runs while no server does."""
    with contextlib.closing(DataLock(settings.data)), contextlib.closing(_open_store(settings)) as store:
        return last_received(store)


def _open_access(settings: Settings, clock: Clock) -> Access:
    return Access(
        open_state(settings.data, clock.now()),
        clock,
        loopback=is_loopback(settings.host),
        required=settings.auth == "required",
        serves=lambda project: project == "default",  # there is one store yet
    )


def _allowed_hosts(settings: Settings) -> frozenset[str]:
    return frozenset(name.strip().lower() for name in settings.allowed_hosts.split(",") if name.strip())


def _open_store(settings: Settings) -> ClickHouseStore:
    if settings.store == "chdb":
        return ClickHouseStore.embedded(settings.data, retention_days=settings.retention_days)
    return ClickHouseStore(settings.store, retention_days=settings.retention_days)


def _watch(counters: Counters, spool: Spool, data: Path) -> None:
    counters.watch("mendline_spool_bytes", "Bytes acknowledged and not yet stored.", lambda: spool.pending_bytes)
    counters.watch(
        "mendline_spool_damaged_files", "Spool files found damaged at the start.", lambda: spool.damaged_files
    )
    counters.watch("mendline_disk_free_bytes", "Free space where the data lies.", lambda: shutil.disk_usage(data).free)
