"""Sends OTLP over HTTP to a server, one request after the other, and waits when the server asks for it."""

import http.client
import time
from typing import Self
from urllib.parse import urlsplit

_TIMEOUT_S = 120.0
_PAUSES_S = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
_BUSY = (429, 502, 503, 504)


class SendError(RuntimeError):
    """The server cannot be reached, or does not want what is sent."""


class Sender:
    """One connection to an OTLP endpoint; a context manager. Not for several threads at once."""

    def __init__(self, endpoint: str, *, key: str = "", patience_s: float = 120.0) -> None:
        self._url = urlsplit(endpoint)
        self._headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._patience_s = patience_s
        self._connection: http.client.HTTPConnection | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def send(self, signal: str, body: bytes) -> None:
        """Send one export request of a signal (`traces`, `logs`, `metrics`) and return when it is durable.

        Waits and tries again where the server is busy. Raises SendError.
        """
        until = time.monotonic() + self._patience_s
        tries = 0
        while True:
            status, retry_after, text = self._post(signal, body)
            if status == 200:
                return
            if status not in _BUSY or time.monotonic() > until:
                raise SendError(f"The server answered {status} to {len(body)} bytes of {signal}: {text[:200]}")
            pause_s = float(retry_after) if retry_after.isdigit() else _PAUSES_S[min(tries, len(_PAUSES_S) - 1)]
            time.sleep(min(pause_s, 10.0))
            tries += 1

    def backlog_bytes(self) -> int:
        """How much the server has acknowledged and not stored yet. Raises SendError."""
        _, text = self._ask("GET", "/metrics", b"", {})
        for line in text.splitlines():
            if line.startswith("mendline_spool_bytes "):
                return int(float(line.partition(" ")[2]))
        return 0  # another server than ours: it has no such thing

    def _post(self, signal: str, body: bytes) -> tuple[int, str, str]:
        headers = {"Content-Type": "application/x-protobuf", **self._headers}
        answer, text = self._ask("POST", f"/v1/{signal}", body, headers)
        return answer.status, answer.headers.get("Retry-After", ""), text

    def _ask(
        self, method: str, path: str, body: bytes, headers: dict[str, str]
    ) -> tuple[http.client.HTTPResponse, str]:
        for is_last in (False, True):
            if self._connection is None:
                self._connection = self._connect()
            try:
                self._connection.request(method, f"{self._url.path.rstrip('/')}{path}", body, headers)
                answer = self._connection.getresponse()
                return answer, answer.read().decode("utf-8", "replace")
            except (OSError, http.client.HTTPException) as error:
                self.close()
                if is_last:  # the first time, the server may just have closed a connection that was idle
                    raise SendError(f"{self._url.geturl()} cannot be reached: {error!r}") from error
        raise AssertionError("not reached")

    def _connect(self) -> http.client.HTTPConnection:
        kind = http.client.HTTPSConnection if self._url.scheme == "https" else http.client.HTTPConnection
        return kind(self._url.hostname or "", self._url.port, timeout=_TIMEOUT_S)
