"""What is answered to requests that the gate does not let through: to clients that send telemetry, as OTLP says it."""

from __future__ import annotations

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from mendline.access.rules import Kind, rule_for
from mendline.api.status import status_message
from mendline.errors import MendlineError
from mendline.ingest.counters import Counters

_PROTOBUF = "application/x-protobuf"
_RETRY_AFTER = "2"
_SIGNALS = ("traces", "logs", "metrics")
Answer = Callable[[Request, MendlineError], Response]


def refuser(counters: Counters, otherwise: Answer) -> Answer:
    """Answers at paths that take telemetry are counted, and said as google.rpc.Status where protobuf came; to people
    `otherwise` answers, to other programs JSON does."""

    def refuse(request: Request, error: MendlineError) -> Response:
        path = request.scope["path"]
        kind = rule_for(path).kind
        if kind in (Kind.PAGE, Kind.SIGN_IN):
            return otherwise(request, error)
        if kind is not Kind.INGEST:
            return _as_json(error)
        signal = path.removeprefix("/v1/")
        counters.rejected.labels(signal if signal in _SIGNALS else "other", error.code).inc()
        content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if content_type == _PROTOBUF:
            body = status_message(error.status, error.message)
            return Response(body, error.status, _retry(error), _PROTOBUF)
        return _as_json(error)

    return refuse


def _as_json(error: MendlineError) -> Response:
    return JSONResponse({"code": error.code, "message": error.message}, error.status, _retry(error))


def _retry(error: MendlineError) -> dict[str, str]:
    return {"retry-after": _RETRY_AFTER} if error.status == 503 else {}
