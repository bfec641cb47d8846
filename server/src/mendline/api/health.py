"""Is the server alive, is it ready, and what does it count of itself."""

from __future__ import annotations

from dataclasses import dataclass

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from mendline.errors import MendlineError
from mendline.ingest.counters import Counters
from mendline.insight.receipts import last_received
from mendline.model.jsonable import to_jsonable
from mendline.store.contract import TelemetryStore


@dataclass(frozen=True, slots=True)
class Health:
    """What health is told from."""

    store: TelemetryStore
    counters: Counters
    version: str


def build_routes(health: Health) -> list[Route]:
    """`/healthz`, `/readyz` and `/metrics`."""

    def healthz(_: Request) -> Response:
        return JSONResponse({"status": "ok", "version": health.version})

    def readyz(_: Request) -> Response:
        try:
            receipt = last_received(health.store)
        except MendlineError as error:
            return JSONResponse({"status": "not ready", "code": error.code, "message": error.message}, 503)
        return JSONResponse({"status": "ready", "version": health.version, "received": to_jsonable(receipt)})

    def metrics(_: Request) -> Response:
        return Response(generate_latest(health.counters.registry), media_type=CONTENT_TYPE_LATEST)

    return [Route("/healthz", healthz), Route("/readyz", readyz), Route("/metrics", metrics)]
