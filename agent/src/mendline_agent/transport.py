"""A small HTTP/1.1 client for one endpoint: kept alive, and everything it does ends at one deadline."""

from __future__ import annotations

import sys
import threading
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .settings import Endpoint

MAX_ANSWER_BYTES = 64 * 1024
# Longer idle (or frozen) than this, a connection may have been forgotten on the way without a word.
_MAX_IDLE_S = 20.0
_USUAL_S = 0.3
_EXACT_MS = 5  # to tell the kernel of another limit costs as much as to send
_LOCAL = ("localhost", "127.0.0.1", "::1")
_known: dict[tuple[str, int], tuple[float, list[tuple[int, Any]]]] = {}
_KEEP_S = 60.0


class TransportError(Exception):
    """The request was not answered in full before the deadline, or not in HTTP."""


class _UnansweredError(TransportError):
    """A kept connection turned out to be closed before a byte of the answer came."""


class HttpClient:
    """Posts to one endpoint over one connection; not safe for threads, its owner holds a lock."""

    __slots__ = (
        "_certificate", "_endpoint", "_head", "_idle_since", "_limit_ms", "_line", "_socket", "_tls",
        "answer", "delivered",
    )  # fmt: skip

    def __init__(self, endpoint: Endpoint, headers: dict[str, str], certificate: str = "") -> None:
        self._endpoint = endpoint
        self._certificate = certificate
        self._socket: Any = None
        self._tls: Any = None
        self._idle_since = 0.0
        self._limit_ms = 0  # what the connection was told last
        self.answer = b""  # the body of the last answer, where it said how long it is
        self.delivered = False
        host = f"[{endpoint.host}]" if ":" in endpoint.host else endpoint.host
        standard = 443 if endpoint.tls else 80
        if endpoint.port != standard:
            host = f"{host}:{endpoint.port}"
        self._line = f"POST {endpoint.path} HTTP/1.1"
        lines = [f"Host: {host}", *(f"{name}: {value}" for name, value in headers.items())]
        self._head = ("\r\n".join(lines) + "\r\n").encode("utf-8")

    def post(self, body: bytes, head: bytes, deadline_s: float, *, line: str = "") -> tuple[int, dict[str, str]]:
        """Send the body, with more header lines, and read the answer: its status, and its headers in lower case.

        `line` is another request line than the endpoint's. Raises TransportError or OSError; `delivered` then says
        whether the whole request had gone out, so that the other side may have taken it all the same.
        """
        self.delivered = False
        start = (line or self._line).encode() + b"\r\n" + self._head + head
        message = start + b"Content-Length: %d\r\n\r\n" % len(body) + body
        kept = self._reusable()
        try:
            return self._exchange(message, deadline_s)
        except (_UnansweredError, ConnectionError):
            self.close()
            if not kept:
                raise
            return self._exchange_closing(message, deadline_s)
        except BaseException:
            self.close()
            raise

    def connect_early(self) -> None:
        """Begin to connect, while the environment starts, to what is on the machine itself: nobody waits for it, and if
        nobody is there yet the first request finds out. Raises OSError."""
        if self._socket is None and self._endpoint.host in _LOCAL and not self._endpoint.tls:
            family, address = resolve(self._endpoint.host, self._endpoint.port, 0.0)[0]
            self._socket = self._open(family, address, None)
            self._limit(time.monotonic() + _USUAL_S)
            self._idle_since = time.time()

    def close(self) -> None:
        """Drop the connection."""
        connection, self._socket = self._socket, None
        if connection is not None:
            try:
                connection.close()
            except OSError:
                pass

    def _exchange_closing(self, message: bytes, deadline_s: float) -> tuple[int, dict[str, str]]:
        try:
            return self._exchange(message, deadline_s)
        except BaseException:
            self.close()
            raise

    def _exchange(self, message: bytes, deadline_s: float) -> tuple[int, dict[str, str]]:
        if self._socket is None:
            self._socket = self._connect(deadline_s)
        answer, sent = _Answer(self, deadline_s), 0
        try:
            while sent < len(message):  # `sendall` begins the limit anew with each part
                self._limit(deadline_s)
                sent += self._socket.send(message[sent:])
            self.delivered = True
            status, keep = answer.read()
            self.answer = answer.body
        except BlockingIOError:  # the kernel's word for it
            raise TransportError("out of time") from None
        self._idle_since = time.time()
        if not keep:
            self.close()
        return status, answer.headers

    def receive(self, deadline_s: float) -> bytes:
        """Some of an answer. Raises OSError when none comes in time."""
        self._limit(deadline_s)
        received: bytes = self._socket.recv(16384)
        return received

    def _limit(self, deadline_s: float) -> None:
        """Have the connection wait until then and not longer. By the kernel's own limits, where we read and write by
        ourselves: with Python's each of both is two calls to the kernel, and an `ioctl` more."""
        left_s = _left(deadline_s)
        if self._tls is not None:
            self._socket.settimeout(left_s)
            return
        limit_ms = (int(left_s * 1000) // _EXACT_MS + 1) * _EXACT_MS
        if limit_ms != self._limit_ms:
            import _socket

            parts = limit_ms // 1000, limit_ms % 1000 * 1000
            limit = b"".join([part.to_bytes(8, sys.byteorder) for part in parts])  # struct timeval
            self._socket.setsockopt(_socket.SOL_SOCKET, _socket.SO_RCVTIMEO, limit)
            self._socket.setsockopt(_socket.SOL_SOCKET, _socket.SO_SNDTIMEO, limit)
            self._limit_ms = limit_ms

    def _reusable(self) -> bool:
        """Whether there is a kept connection that looks alive; a doubtful one is closed."""
        if self._socket is None:
            return False
        alive = 0 <= time.time() - self._idle_since <= _MAX_IDLE_S
        if alive and not self._endpoint.tls:
            import _socket

            try:
                self._socket.recv(1, _socket.MSG_DONTWAIT)
                alive = False  # closed by the other side, or it speaks out of turn
            except BlockingIOError:
                pass
            except OSError:
                alive = False
        if not alive:
            self.close()
        return alive

    def _connect(self, deadline_s: float) -> Any:
        last: Exception = TransportError("the endpoint's name has no address")
        for family, address in resolve(self._endpoint.host, self._endpoint.port, deadline_s):
            try:
                return self._open(family, address, deadline_s)
            except OSError as error:
                last = error
        raise last

    def _open(self, family: int, address: Any, deadline_s: float | None) -> Any:
        """A connection, or (without a deadline) one that will be."""
        import _socket

        self._limit_ms = 0

        if self._endpoint.tls:
            import socket

            connection: Any = socket.socket(family, socket.SOCK_STREAM)
        else:
            connection = _socket.socket(family, _socket.SOCK_STREAM)
        try:
            connection.settimeout(0 if deadline_s is None else _left(deadline_s))
            try:
                connection.connect(address)
            except BlockingIOError:
                if deadline_s is not None:
                    raise
            connection.setsockopt(_socket.IPPROTO_TCP, _socket.TCP_NODELAY, 1)
            if deadline_s is not None and self._endpoint.tls:
                return self._secured(connection, deadline_s)
            connection.settimeout(None)
            return connection
        except BaseException:
            connection.close()
            raise

    def _secured(self, connection: Any, deadline_s: float) -> Any:
        if self._tls is None:
            import ssl

            self._tls = ssl.create_default_context(cafile=self._certificate or None)
        connection.settimeout(_left(deadline_s))
        return self._tls.wrap_socket(connection, server_hostname=self._endpoint.host)


def _left(deadline_s: float) -> float:
    left = deadline_s - time.monotonic()
    if left <= 0:
        raise TransportError("out of time")
    return left


class _Answer:
    """Reads one HTTP/1.1 answer, at most 64 KiB of it."""

    __slots__ = ("_client", "_data", "_deadline_s", "body", "headers")

    def __init__(self, client: HttpClient, deadline_s: float) -> None:
        self._client = client
        self._deadline_s = deadline_s
        self._data = self.body = b""
        self.headers: dict[str, str] = {}

    def read(self) -> tuple[int, bool]:
        """The status, and whether the connection can be used again."""
        status, headers, rest = self._head()
        self.headers = headers
        keep = headers.get("connection", "").lower() != "close"
        if status in (204, 304):
            return status, keep and not rest
        if "chunked" in headers.get("transfer-encoding", "").lower():
            return status, keep and self._read_until_end(rest)
        length = headers.get("content-length", "")
        if not length.isdigit() or int(length) > MAX_ANSWER_BYTES:
            return status, False
        self._data = rest
        while len(self._data) < int(length):
            self._more()
        self.body = self._data[: int(length)]
        return status, keep and len(self._data) == int(length)

    def _head(self) -> tuple[int, dict[str, str], bytes]:
        while True:
            while b"\r\n\r\n" not in self._data:
                self._more()
            head, _, self._data = self._data.partition(b"\r\n\r\n")
            lines = head.decode("latin-1").split("\r\n")
            parts = lines[0].split(" ", 2)
            if not parts[0].startswith("HTTP/1.") or len(parts) < 2 or not parts[1].isdigit():
                raise TransportError("the answer is not HTTP")
            if int(parts[1]) >= 200:
                split = [line.partition(":") for line in lines[1:]]
                return int(parts[1]), {name.strip().lower(): value.strip() for name, _, value in split}, self._data

    def _read_until_end(self, rest: bytes) -> bool:
        """Read a chunked body; only its end matters."""
        self._data = rest
        while not (self._data.endswith(b"0\r\n\r\n") and (len(self._data) == 5 or self._data[-7:-5] == b"\r\n")):
            self._more()
        return True

    def _more(self) -> None:
        if len(self._data) >= MAX_ANSWER_BYTES:
            raise TransportError("the answer is too long")
        received = self._client.receive(self._deadline_s)
        if not received:
            if self._data:
                raise TransportError("the connection closed within the answer")
            raise _UnansweredError("the connection closed before an answer")
        self._data += received


def resolve(host: str, port: int, deadline_s: float) -> list[tuple[int, Any]]:
    """(family, address) pairs in the order to try; literal addresses and localhost ask nobody."""
    import _socket

    if host == "localhost":
        return [(_socket.AF_INET, ("127.0.0.1", port)), (_socket.AF_INET6, ("::1", port))]
    for family in (_socket.AF_INET, _socket.AF_INET6):
        try:
            _socket.inet_pton(family, host)
            return [(family, (host, port))]
        except OSError:
            pass
    known = _known.get((host, port))
    if known and time.time() - known[0] < _KEEP_S:
        return known[1]
    return _ask(host, port, deadline_s)


def _ask(host: str, port: int, deadline_s: float) -> list[tuple[int, Any]]:
    import _socket

    found: list[tuple[int, Any]] = []
    done = threading.Event()

    def look_up() -> None:
        try:
            for family, _, _, _, address in _socket.getaddrinfo(host, port, 0, _socket.SOCK_STREAM):
                found.append((family, address))
            _known[(host, port)] = (time.time(), found)
        except OSError:
            pass
        finally:
            done.set()

    threading.Thread(target=look_up, name="mendline-resolver", daemon=True).start()
    if not done.wait(max(0.0, deadline_s - time.monotonic())):
        raise OSError(f"no address for {host} in time")
    if not found:
        raise OSError(f"no address for {host}")
    return list(found)
