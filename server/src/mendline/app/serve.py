"""The life of a server process: listen, say where, run until told to stop, stop in order."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import gc
import logging
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp

from mendline.access import Scope as Right
from mendline.access import first_link, is_loopback
from mendline.api.held_clock import PATH as CLOCK_PATH
from mendline.api.otlp_grpc import GrpcDoor, Metadata, serve_grpc
from mendline.app.apps import otlp_app, web_app
from mendline.app.aws_reading import start_reading
from mendline.app.compose import Running, open_parts
from mendline.app.http_heads import BoundedHttp
from mendline.app.listeners import claim, url_of
from mendline.app.stopping import stop_on_signals
from mendline.clock import HeldClock
from mendline.errors import UsageError
from mendline.ingest.counters import OTHER
from mendline.ingest.receive import Receiver
from mendline.model.timerange import parse_moment
from mendline.settings import MIB, Settings

log = logging.getLogger(__name__)
STOP_SECONDS = 3
LOOPBACK = "127.0.0.1"
_M_MMAP_THRESHOLD = -3  # malloc.h


class _Server(uvicorn.Server):
    """Signals belong to the process, which has two of these."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where a running server listens, as http URLs; what prints them for a person; how it is told of a file of AWS
    sources to read from now on, and to stop reading these."""

    web: str
    otlp_http: str
    tell: Callable[[], None]
    read_aws: Callable[[Path], None]
    stop_reading_aws: Callable[[], None]


Beside = Callable[[Addresses, asyncio.Event], Awaitable[None]]


def run(
    settings: Settings, beside: Beside | None = None, *, test_clock: str | None = None, public: bool = False
) -> None:
    """Serve until SIGINT or SIGTERM, and print the addresses. `beside` runs along; it gets the addresses, which it has
    printed when there is something to see there, and an event that is set at the end.
    With `test_clock`, a moment, time stands still there until the API moves it. `public` lets everybody read and nobody
    change anything; telemetry is then taken on loopback only.

    Raises MendlineError when the server cannot start.
    """
    clock = None if test_clock is None else HeldClock(parse_moment(test_clock, datetime.now(UTC)))
    if clock and not is_loopback(settings.host):
        raise UsageError("--test-clock is for this machine alone: leave --host as it is.")
    _log_to_stderr(settings.log_level)
    _give_back_memory()
    os.umask(0o077)  # telemetry holds what users sent: it is for the server's own user alone
    asyncio.run(_run(settings, beside, clock, public=public))


async def _run(settings: Settings, beside: Beside | None, clock: HeldClock | None, *, public: bool) -> None:
    ingest_host = LOOPBACK if public else settings.host
    claims = claim(settings, ingest_host)
    stopping = stop_on_signals()
    with contextlib.closing(claims):
        web_url, otlp_url = url_of(claims.web), url_of(claims.otlp_http)
        running = await asyncio.to_thread(open_parts, settings, clock, public=public, web_url=web_url)
        try:
            if stopping.is_set():
                return
            if beside and not running.access.is_open():
                raise UsageError(
                    "The demo sends without a key, and this server asks for one. Give it a directory without keys"
                    " (--data DIR), leave --auth as it is, and to be reached from elsewhere use --public."
                )
            web, otlp = (_server(app, running) for app in (web_app(running, otlp_url), otlp_app(running, web_url)))
            gc.freeze()  # what is there now stays: a collection in the middle of an answer need not look through it
            async with (
                _serving_grpc(running, ingest_host, settings.otlp_grpc) as grpc_address,
                _serving(stopping, (web, [claims.web]), (otlp, [claims.otlp_http])),
            ):
                tell = partial(_tell_addresses, running, web_url, otlp_url, grpc_address)
                addresses = Addresses(
                    web_url, otlp_url, tell, partial(_read_aws, running, settings), running.stop_later_readers
                )
                if beside:
                    await beside(addresses, stopping)
                else:
                    tell()
                    await stopping.wait()
                running.stopping.set()
        finally:
            await asyncio.to_thread(running.close)


def _tell_addresses(running: Running, web_url: str, otlp_url: str, grpc_address: str) -> None:
    """The contract of INTERFACES, and notices behind."""
    print(f"web {web_url}\notlp/http {otlp_url}\notlp/grpc {grpc_address}", flush=True)  # noqa: T201 - as INTERFACES has it
    _tell_about_keys(running, web_url)
    if isinstance(running.clock, HeldClock):
        print(f"time stands still; move it with POST {web_url}{CLOCK_PATH}", flush=True)  # noqa: T201 - a notice


def _read_aws(running: Running, settings: Settings, sources: Path) -> None:
    named = replace(settings, aws_sources=str(sources))
    readers = start_reading(named, running.projects, running.counters, running.clock)
    if readers:
        running.later_readers.append(readers)


@asynccontextmanager
async def _serving_grpc(running: Running, host: str, port: int) -> AsyncIterator[str]:
    """Take OTLP over gRPC within the block; answers HOST:PORT. Raises PortTakenError."""

    async def receiver_of(metadata: Metadata) -> tuple[Receiver, int | None]:
        grant = running.access.authorise(metadata, Right.INGEST)
        return (await running.projects.reach(grant.project)).receiver, grant.key_id

    door = GrpcDoor(receiver_of, running.admission, running.bounds, running.counters, running.workers)
    server = await serve_grpc(door, host, port)
    try:
        yield server.address
    finally:
        await server.stop(STOP_SECONDS)


def _tell_about_keys(running: Running, web_url: str) -> None:
    """Where keys are asked for and nobody has signed in yet, say how: a link, for the person who started it alone."""
    token = first_link(running.sign_in)
    if token:
        print(  # noqa: T201 - a notice for the person who started it
            f"every request needs a key, and nobody has signed in yet. Sign in once, within a day:"
            f" {web_url}/sign-in/link?token={token}",
            flush=True,
        )


def _server(app: ASGIApp, running: Running) -> _Server:
    def refused(code: str) -> None:
        running.counters.refused.labels(OTHER, code).inc()

    config = uvicorn.Config(
        app,
        http=partial(BoundedHttp, refused=refused),  # type: ignore[arg-type]  # it makes a protocol, as the class does
        log_config=None,
        access_log=False,
        lifespan="off",
        server_header=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=STOP_SECONDS,
    )
    return _Server(config)


@asynccontextmanager
async def _serving(stopping: asyncio.Event, *servers: tuple[_Server, list[object]]) -> AsyncIterator[None]:
    """Run the servers within the block, which ends when `stopping` is set, as it is too when one of them ends."""
    tasks = [asyncio.create_task(server.serve(sockets=sockets)) for server, sockets in servers]  # type: ignore[arg-type]
    for task in tasks:
        task.add_done_callback(lambda _: stopping.set())
    try:
        while not all(server.started for server, _ in servers) and not stopping.is_set():
            await asyncio.sleep(0.01)
        yield
        await stopping.wait()
    finally:
        for server, _ in servers:
            server.should_exit = True
        await asyncio.gather(*tasks, return_exceptions=True)


def _give_back_memory() -> None:
    """Let large blocks go back to the system when they are freed. By itself glibc takes them from its heap once some
    were freed, and keeps the heap: a server that was flooded once stayed at twice its size."""
    with contextlib.suppress(AttributeError, OSError):  # another C library
        ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, MIB)


def _log_to_stderr(level: str) -> None:
    logging.basicConfig(
        stream=sys.stderr, level=level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    for name in ("alembic", "botocore"):
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLevelName(level.upper())))
    # what is no request is answered and counted (http_heads.py); a line for each would let anybody fill the log
    logging.getLogger("uvicorn").setLevel(max(logging.ERROR, logging.getLevelName(level.upper())))
