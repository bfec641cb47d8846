"""What is answered to requests that the gate does not let through: to clients that send telemetry, as OTLP says it."""

from __future__ import annotations

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response

from mendline.access.rules import Kind, rule_for
from mendline.api.otlp import JSON, PROTOBUF, media_type_of, refusal
from mendline.errors import MendlineError
from mendline.ingest.counters import OTHER, Counters
from mendline.model.signal import Signal

SIGNALS = frozenset(Signal)
Answer = Callable[[Request, MendlineError], Response]


def refuser(counters: Counters, otherwise: Answer) -> Answer:
    """Answers at paths that take telemetry are counted and said as OTLP says them; to people `otherwise` answers, to
    other programs JSON does."""

    def refuse(request: Request, error: MendlineError) -> Response:
        path = request.scope["path"]
        kind = rule_for(path).kind
        astray = kind is Kind.PAGE and request.method == "POST" and media_type_of(request) in (PROTOBUF, JSON)
        if kind in (Kind.PAGE, Kind.SIGN_IN) and not astray:
            return otherwise(request, error)
        if kind is Kind.INGEST or astray:
            signal = path.removeprefix("/v1/")
            counters.refused.labels(signal if signal in SIGNALS else OTHER, error.code).inc()
            return refusal(error, media_type_of(request))
        return refusal(error, "")

    return refuse
