"""Is the server alive, is it ready, and what does it count of itself."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from mendline.errors import MendlineError
from mendline.ingest.counters import Counters
from mendline.insight.receipts import last_received
from mendline.store.contract import TelemetryStore

WEB, OTLP_HTTP = "web", "otlp/http"


@dataclass(frozen=True, slots=True)
class Health:
    """What health is told from. `listener` is the name of the port that asks (WEB or OTLP_HTTP), `data_id` that of the
    data directory; `problems` answers sentences about what keeps data from being taken in or stored just now."""

    store: TelemetryStore
    counters: Counters
    version: str
    listener: str
    data_id: str
    problems: Callable[[], Sequence[str]]


def data_id(data: Path) -> str:
    """A name of a data directory that tells directories apart and does not tell where they are."""
    return hashlib.sha256(str(data.resolve()).encode()).hexdigest()[:16]


def build_routes(health: Health) -> list[Route]:
    """`/healthz` (alive), `/readyz` (takes data in, stores it and can be read: 200, else 503) and `/metrics`."""
    about = {"version": health.version, "listener": health.listener, "data": health.data_id}

    def healthz(_: Request) -> Response:
        return JSONResponse({"status": "ok", **about})

    def readyz(_: Request) -> Response:
        problems = health.problems()
        if problems:
            told = {"status": "not ready", "code": "not_storing", "message": " ".join(problems)}
            return JSONResponse({**told, **about}, 503)
        try:
            receipt = last_received(health.store)
        except MendlineError as error:
            told = {"status": "not ready", "code": error.code, "message": error.message}
            return JSONResponse({**told, **about}, 503)
        seconds = health.counters.registry.get_sample_value("mendline_last_received_timestamp_seconds")
        last = datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds") if seconds else None
        return JSONResponse({"status": "ready", **about, "spans": receipt.spans, "last_received": last})

    def metrics(_: Request) -> Response:
        return Response(generate_latest(health.counters.registry), media_type=CONTENT_TYPE_LATEST)

    return [Route("/healthz", healthz), Route("/readyz", readyz), Route("/metrics", metrics)]
