"""Sending what was recorded: one batch at a time, within a budget, and never twice into the same closed door."""

from __future__ import annotations

import time
from threading import Lock

from ._version import __version__
from .breaker import Breaker
from .guard import GUARD
from .ring import Ring
from .transport import HttpClient
from .wire import encode_request, encode_resource

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .settings import Settings

_MAX_FLUSH_S = 0.3
_RESERVE_S = 0.2
_LEAST_REMAINING_S = 0.4
_COMPRESS_FROM = 1024
# OTLP/HTTP: these are worth another try; other refusals would be refused again.
_RETRYABLE = frozenset((408, 429, 502, 503, 504))
_SCOPE = ("mendline_agent", __version__)


def flush_budget_s(remaining_s: float | None) -> float:
    """min(300 ms, remaining - 200 ms), and nothing under 400 ms; None is no known limit."""
    if remaining_s is None:
        return _MAX_FLUSH_S
    return 0.0 if remaining_s < _LEAST_REMAINING_S else min(_MAX_FLUSH_S, remaining_s - _RESERVE_S)


class Exporter:
    """Holds encoded spans and posts them as OTLP; failures are kept for later within bounds, and told."""

    __slots__ = ("_breaker", "_client", "_last_error", "_reported", "_resource", "_sending", "ring")

    def __init__(self, settings: Settings) -> None:
        headers = {"Content-Type": "application/x-protobuf", "User-Agent": f"mendline-agent/{__version__}"}
        headers.update(settings.headers)
        self._client = HttpClient(settings.endpoint, headers, settings.certificate)
        self._breaker = Breaker()
        self._sending = Lock()
        self._last_error = ""
        self._reported = 0
        self._resource = b""
        self.ring = Ring()

    def set_resource(self, attributes: dict[str, Any]) -> None:
        """Say whose spans these are."""
        self._resource = encode_resource(attributes)

    def flush(self, budget_s: float) -> str:
        """Send what waits, in at most this time; answers what became of it."""
        deadline_s = time.monotonic() + budget_s
        if budget_s <= 0 or not self._sending.acquire(timeout=budget_s):
            return "no time"
        try:
            if not self._breaker.allows(time.monotonic()):
                return "breaker open"
            taken = self.ring.take()
            if not taken[0] and not taken[1]:
                return "nothing to send"
            return self._send(taken, deadline_s)
        finally:
            self._sending.release()

    def _send(self, taken: tuple[list[bytes], list[bytes]], deadline_s: float) -> str:
        dropped = self.ring.dropped
        try:
            body, encoding = self._body(taken[0] + taken[1], dropped - self._reported)
            status = self._client.post(body, encoding, deadline_s)
        except BaseException as error:
            self.ring.put_back(taken)
            self._failed(f"{type(error).__name__}: {error}", error)
            if not isinstance(error, Exception):
                raise
            return "failed"
        if 200 <= status < 300:
            self._breaker.succeeded()
            self._reported, self._last_error = dropped, ""
            return "sent"
        if status in _RETRYABLE:
            self.ring.put_back(taken)
        else:
            self.ring.dropped += len(taken[0]) + len(taken[1])
        self._failed(f"HTTP {status}", OSError(f"the collector answered HTTP {status}"))
        return "refused"

    def _failed(self, text: str, error: BaseException) -> None:
        self._last_error = text[:200]
        self._breaker.failed(time.monotonic())
        if isinstance(error, Exception):
            GUARD.failed("export", error)

    def _body(self, spans: list[bytes], dropped: int) -> tuple[bytes, str]:
        resource = self._resource
        if dropped:
            resource += encode_resource({"mendline.dropped_spans": dropped})
        if self._last_error:
            resource += encode_resource({"mendline.last_export_error": self._last_error})
        body = encode_request(resource, _SCOPE, spans)
        if len(body) <= _COMPRESS_FROM:
            return body, ""
        import zlib

        packer = zlib.compressobj(1, zlib.DEFLATED, 31)
        return packer.compress(body) + packer.flush(), "gzip"
