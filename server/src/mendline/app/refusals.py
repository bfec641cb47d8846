"""What is answered to requests that the gate does not let through: to clients that send telemetry, as OTLP says it."""

from __future__ import annotations

import json
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response

from mendline.access.rules import Kind, rule_for
from mendline.api.status import status_message
from mendline.errors import MendlineError
from mendline.ingest.counters import Counters

_PROTOBUF = "application/x-protobuf"
_SIGNALS = ("traces", "logs", "metrics")
Answer = Callable[[Request, MendlineError], Response]


def refuser(counters: Counters, otherwise: Answer) -> Answer:
    """Answers at paths that take telemetry are counted, and said as google.rpc.Status; others `otherwise` makes."""

    def refuse(request: Request, error: MendlineError) -> Response:
        path = request.scope["path"]
        if rule_for(path).kind is not Kind.INGEST:
            return otherwise(request, error)
        signal = path.removeprefix("/v1/")
        counters.rejected.labels(signal if signal in _SIGNALS else "other", error.code).inc()
        headers = {"retry-after": "2"} if error.status == 503 else {}
        content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if content_type == _PROTOBUF:
            return Response(status_message(error.status, error.message), error.status, headers, _PROTOBUF)
        body = json.dumps({"code": error.code, "message": error.message})
        return Response(body, error.status, headers, "application/json")

    return refuse
