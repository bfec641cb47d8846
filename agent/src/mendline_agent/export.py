"""Sending over HTTP: one batch at a time, within a budget, and never twice into the same closed door."""

from __future__ import annotations

import os
import time
from threading import Lock

from . import __version__
from .guard import GUARD
from .outbox import Breaker, Held, Outbox, packed
from .transport import HttpClient

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .outbox import Taken
    from .settings import LiveConfig, Settings

_MAX_FLUSH_S, _ASK_S = 0.3, 0.1
_RESERVE_S = 0.2
_LEAST_REMAINING_S = 0.4
_LATE_S, _LATE_RESERVE_S = 0.05, 0.1
_COMPRESS_FROM = 2048  # less saves at most a packet, and costs as much as all else, at first the loading of zlib
_TAKEN_BYTES = 2  # of an answer that says no more than that it has all
_DOCUMENT_HEADER = "mendline-config"
# OTLP/HTTP: these are worth another try; other refusals would be refused again.
_RETRYABLE = frozenset((408, 429, 502, 503, 504))
# Somebody between us and the collector may say these of a request that the collector has taken.
_MAYBE_TAKEN = frozenset((408, 502, 504))


def flush_budget_s(remaining_s: float | None, late_s: float = 0.0) -> float:
    """min(300 ms, remaining - 200 ms), under 400 ms at most `late_s`, until 100 ms are left; None is no known limit."""
    if remaining_s is None:
        return _MAX_FLUSH_S
    if remaining_s < _LEAST_REMAINING_S:
        return max(0.0, min(late_s, remaining_s - _LATE_RESERVE_S))
    return min(_MAX_FLUSH_S, remaining_s - _RESERVE_S)


class HttpExporter:
    """Posts spans as OTLP before the response goes out; failures are kept for later within bounds, and told."""

    begun = None  # nobody waits for the beginning of an invocation
    __slots__ = ("_breaker", "_client", "_config", "_line", "_records", "_sending", "outbox")

    def __init__(self, settings: Settings, config: LiveConfig) -> None:
        self._client = HttpClient(settings.endpoint, _headers(settings.headers), settings.certificate)
        self._breaker = Breaker()
        self._config = config
        self._line = ""
        self._records: HttpExporter | None = None
        self._sending = Lock()
        self.outbox = Outbox()
        self.outbox.beside = self.records

    def records(self, settings: Settings) -> Outbox | None:
        """Log records put there go right after the spans, over their connection unless they have an endpoint of their
        own, with a breaker of their own. None where only a place for spans is known."""
        path, own = settings.endpoint.path, settings.logs_endpoint
        if self._records is None and (own is not None or path.endswith("/v1/traces")):
            self._records = records = HttpExporter(settings, self._config)
            if own is not None:
                records._client = HttpClient(own, _headers(settings.logs_headers), settings.certificate)
            else:
                records._client, records._line = self._client, f"POST {path[:-6]}logs HTTP/1.1"
            records.outbox = Outbox(self.outbox, "mendline.dropped_logs")
        return None if self._records is None else self._records.outbox

    def prepare(self) -> None:
        """In Lambda, connect to a collector in the same environment, so that the first invocation need not."""
        if os.environ.get("AWS_LAMBDA_RUNTIME_API"):
            try:
                self._client.connect_early()
            except OSError:
                pass

    def finished(self, remaining_s: float | None, *, corrects: bool = False, last: bool = False) -> None:
        """It has ended, with so much of its time left: send what there is; in haste, where it `corrects` a notice."""
        self.flush(flush_budget_s(remaining_s, _LATE_S if corrects else 0.0))

    def flush(self, budget_s: float, *, last: bool = False) -> str:
        """Send what waits, in at most this time; answers what became of it. The `last` time there is, a door that was
        closed is tried once more: what waits is lost otherwise."""
        deadline_s = time.monotonic() + budget_s
        if budget_s <= 0 or not self._sending.acquire(timeout=budget_s):
            return "no time"
        try:
            if not (last or self._breaker.allows(time.monotonic())):
                return "breaker open"
            held = self.outbox.held
            done = "sent" if held is None else self._send_held(held, deadline_s)
            taken = self.outbox.take() if done == "sent" else None
            if taken:
                done = self._send(taken, deadline_s)
            elif held is None:
                done = "nothing to send"
            if self._records is not None and done in ("sent", "nothing to send"):
                self._records.flush(deadline_s - time.monotonic())
            return done
        finally:
            self._sending.release()

    def ask(self) -> None:
        """Have the configuration renewed: by what waits to be sent, else by a request of nothing, which goes out (for a
        shorter time) even where the breaker is open."""
        done = self.flush(_MAX_FLUSH_S)
        budget_s = {"nothing to send": _MAX_FLUSH_S, "breaker open": _ASK_S}.get(done, 0.0)
        if budget_s and self._sending.acquire(timeout=budget_s):
            try:
                status, headers = self._post(b"", b"", time.monotonic() + budget_s)
                if 200 <= status < 300:
                    self._came_through(headers)
            except Exception as error:
                if budget_s == _MAX_FLUSH_S:
                    self._broken(error)
            finally:
                self._sending.release()

    def _send(self, taken: Taken, deadline_s: float) -> str:
        outbox, body, encoding = self.outbox, b"", b""
        dropped, self._client.delivered = outbox.ring.dropped, False
        try:
            body = outbox.body(taken)
            if len(body) > _COMPRESS_FROM:
                body, encoding = packed(body), b"Content-Encoding: gzip\r\n"
            status, headers = self._post(body, encoding, deadline_s)
        except BaseException as error:
            self._keep(taken, Held(body, encoding, dropped), _told(error), again=True)
            return self._broken(error)
        if 200 <= status < 300:
            outbox.sent(dropped)
            return self._came_through(headers)
        self._client.delivered = status in _MAYBE_TAKEN
        self._keep(taken, Held(body, encoding, dropped), f"HTTP {status}", again=status in _RETRYABLE)
        return self._refused(status, headers)

    def _send_held(self, held: Held, deadline_s: float) -> str:
        try:
            status, headers = self._post(held.body, held.encoding, deadline_s)
        except BaseException as error:
            self.outbox.failed_again(_told(error), again=True)
            return self._broken(error)
        if 200 <= status < 300:
            self.outbox.sent_again(held)
            return self._came_through(headers)
        self.outbox.failed_again(f"HTTP {status}", again=status in _RETRYABLE)
        return self._refused(status, headers)

    def _post(self, body: bytes, encoding: bytes, deadline_s: float) -> tuple[int, dict[str, str]]:
        return self._client.post(body, self._config.head() + encoding, deadline_s, line=self._line)

    def _keep(self, taken: Taken, request: Held, why: str, *, again: bool) -> None:
        if again and self._client.delivered:
            request.records = len(taken[0]) + len(taken[1])
            self.outbox.unanswered(request, why)
        else:
            self.outbox.failed(taken, why, again=again)

    def _came_through(self, headers: dict[str, str]) -> str:
        self._breaker.succeeded()
        document = headers.get(_DOCUMENT_HEADER)
        if document:
            self._config.take(document)
        if len(self._client.answer) > _TAKEN_BYTES:
            from .rejected import rejected_of

            count, why = rejected_of(self._client.answer)
            if count:
                self.outbox.rejected(count, why)
                GUARD.failed("export", OSError(f"the collector rejected {count}: {why}"))
        return "sent"

    def _broken(self, error: BaseException) -> str:
        self._failed(error)
        if not isinstance(error, Exception):
            raise error
        return "failed"

    def _refused(self, status: int, headers: dict[str, str]) -> str:
        asked = headers.get("retry-after", "") if status in _RETRYABLE else ""
        wait_s = float(asked) if asked.isascii() and asked.isdigit() else 0.0  # a date is not heeded
        self._failed(OSError(f"the collector answered HTTP {status}"), wait_s)
        return "refused"

    def _failed(self, error: BaseException, wait_s: float = 0.0) -> None:
        self._breaker.failed(time.monotonic(), wait_s)
        if isinstance(error, Exception):
            GUARD.failed("export", error)


def _headers(given: dict[str, str]) -> dict[str, str]:
    return {"Content-Type": "application/x-protobuf", "User-Agent": f"mendline-agent/{__version__}", **given}


def _told(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"
