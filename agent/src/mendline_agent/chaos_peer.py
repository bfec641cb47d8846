"""The other side of a connection, as a chaos experiment has it: it refuses, resets, is late, says nothing or an error.

It stands in the sockets that all clients written in Python share, and in asyncio's own transports, so that each sees
what it would see of the real thing, by its own timeouts and in its own errors. What an error answers for is never sent;
what is late is sent when its time has come, unless the client has given up before.
"""

from __future__ import annotations

import functools
import sys
from _contextvars import ContextVar

from .chaos_answers import commands
from .guard import GUARD

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from .chaos import Hit

HIT: ContextVar[Peer | None] = ContextVar("mendline_chaos_hit", default=None)
_MOST_HELD = 8 * 1024 * 1024
_ABOVE = ("SSLProtocol", "StreamProtocol")  # of asyncio's TLS and anyio: they are met there
_placed: list[tuple[Any, str, Any]] = []


def install() -> None:
    """Stand in whatever is loaded by now; again after more has been."""
    import socket

    for module, owner, names, make in _PLACES:
        loaded = socket if module == "socket" else sys.modules.get(module)
        if loaded is not None:
            for name in names.split():
                _place(getattr(loaded, owner) if owner else loaded, name, make)


def remove() -> None:
    """Leave all as it was found; where somebody has put something above, it stays below, doing nothing."""
    for owner, name, original in reversed(_placed):
        if hasattr(vars(owner).get(name), "__mendline_chaos__"):
            delattr(owner, name) if original is None else setattr(owner, name, original)
    _placed.clear()


def _place(owner: Any, name: str, make: Any) -> None:
    if not any(one[0] is owner and one[1] == name for one in _placed):
        original = getattr(owner, name)
        _placed.append((owner, name, vars(owner).get(name)))
        placed: Any = functools.wraps(original)(make(original, name))
        placed.__mendline_chaos__ = True
        setattr(owner, name, placed)


def _safe(step: Any, *args: Any) -> Any:
    """What a step answers; None if it fails with anything but what a client is to hear."""
    try:
        return step(*args)
    except OSError:
        raise
    except Exception as failure:
        GUARD.failed("chaos", failure)
        return None


def _connecting(original: Any, name: str) -> Any:
    def connect(*args: Any, **kwargs: Any) -> Any:
        peer = HIT.get()
        if peer is not None:
            peer.connect(name)
        return original(*args, **kwargs)

    return connect


def _requesting(original: Any, name: str) -> Any:
    def putrequest(self: Any, *args: Any, **kwargs: Any) -> Any:
        peer = HIT.get()
        if peer is not None and peer.hit.kind in ("connection_refused", "dns_failure"):
            self.close()  # a connection that is there would spare it to connect
        return original(self, *args, **kwargs)

    return putrequest


def _sending(original: Any, name: str) -> Any:
    def sent(self: Any, data: Any, *rest: Any) -> Any:
        peer = HIT.get()
        if peer is None or self.gettimeout() == 0:
            return original(self, data, *rest)
        size = _safe(peer.take, self, original, data, rest)
        if size is None:
            return original(self, data, *rest)
        return size if name != "sendall" else None

    return sent


def _reading(original: Any, name: str) -> Any:
    def received(self: Any, *args: Any, **kwargs: Any) -> Any:
        peer = HIT.get()
        if peer is None or self.gettimeout() == 0:
            return original(self, *args, **kwargs)
        wait_s, gives_up = _safe(peer.waits, self, self.gettimeout()) or (0, False)
        peer.hit.chaos.clock.sleep(wait_s)
        if gives_up:
            said = "The read operation timed out" if hasattr(self, "do_handshake") else "timed out"
            raise sys.modules["socket"].timeout(said)
        for _ in peer.through(self):
            pass
        if not _safe(peer.answers, self):
            return original(self, *args, **kwargs)
        into = args[0] if name == "recv_into" else args[1] if len(args) > 1 and name == "read" else None
        if into is None:
            return peer.part(self, args[0] if args else 1024)
        view = memoryview(into).cast("B")
        asked = args[1] if name == "recv_into" and len(args) > 1 else 0
        data = peer.part(self, min(asked or len(view), len(view)))
        view[: len(data)] = data
        return len(data)

    return received


def _writing(original: Any, name: str) -> Any:
    """Of asyncio's transports, which are told later what comes."""

    def write(self: Any, data: Any) -> Any:
        peer = HIT.get()
        if peer is None or type(self.get_protocol()).__name__ in _ABOVE:
            return original(self, data)
        one, whole = (original, data) if name == "write" else (lambda on, part: original(on, [part]), b"".join(data))
        return original(self, data) if _safe(peer.write, self, one, whole) is None else None

    return write


def _streaming(original: Any, name: str) -> Any:
    """Of httpcore's streams over anyio, which has TLS of its own."""

    async def write(self: Any, data: bytes, timeout: Any = None) -> None:
        peer = HIT.get()
        if peer is None or _safe(peer.take, self, original, data, (timeout,)) is None:
            await original(self, data, timeout)

    async def read(self: Any, size: int, timeout: Any = None) -> Any:
        peer = HIT.get()
        if peer is None:
            return await original(self, size, timeout)
        wait_s, gives_up = _safe(peer.waits, self, timeout) or (0, False)
        await sys.modules["asyncio"].sleep(wait_s)
        if gives_up:
            raise sys.modules["httpcore"].ReadTimeout
        try:
            for sent in peer.through(self):
                await sent
            answers = _safe(peer.answers, self)
        except ConnectionResetError as error:
            raise sys.modules["httpcore"].ReadError(error) from error
        return peer.part(self, size) if answers else await original(self, size, timeout)

    return write if name == "write" else read


_PLACES: Any = (
    ("httpcore._backends.anyio", "AnyIOStream", "write read", _streaming),
    ("socket", "", "getaddrinfo", _connecting),
    ("socket", "socket", "connect", _connecting),
    ("socket", "socket", "send sendall", _sending),
    ("socket", "socket", "recv recv_into", _reading),
    ("ssl", "SSLSocket", "send sendall write", _sending),
    ("ssl", "SSLSocket", "recv read recv_into", _reading),
    ("http.client", "HTTPConnection", "putrequest", _requesting),
    ("asyncio.base_events", "BaseEventLoop", "getaddrinfo", _connecting),
    ("asyncio.selector_events", "BaseSelectorEventLoop", "sock_connect", _connecting),
    ("asyncio.selector_events", "_SelectorSocketTransport", "write writelines", _writing),
    ("asyncio.sslproto", "_SSLProtocolTransport", "write writelines", _writing),
)


class _Exchange:
    """What was sent over one socket within a call, and what is to be heard."""

    def __init__(self, socket: Any, due_s: float) -> None:
        self.socket, self.due_s = socket, due_s
        self.answer = b""
        self.held: list[Any] = []
        self.size = 0
        self.is_through = False


class Peer:
    """The other side of all that one call says; `answer` is what it hears, of faults that are an answer."""

    def __init__(self, hit: Hit, answer: bytes) -> None:
        self.hit, self._answer = hit, answer
        self._is_late = hit.kind in ("latency", "no_answer")
        self._exchanges: dict[int, _Exchange] = {}

    def connect(self, how: str) -> None:
        """The client connects, or asks for the address. Raises what then goes wrong."""
        if how == "getaddrinfo":
            if self.hit.kind == "dns_failure":
                socket = sys.modules["socket"]
                raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        elif self.hit.kind == "connection_refused":
            raise ConnectionRefusedError(111, "Connection refused")

    def _exchange(self, socket: Any) -> _Exchange:
        found = self._exchanges.get(id(socket))
        if found is None:
            due_s = self.hit.chaos.clock.monotonic() + self.hit.wait_s() if self._is_late else 0.0
            found = self._exchanges[id(socket)] = _Exchange(socket, due_s)
        return found

    def take(self, socket: Any, original: Any, data: Any, rest: Any) -> int | None:
        """Hear what the client sends, and keep it if it is to be sent later; how much, or None if it is to be sent."""
        exchange = self._exchange(socket)
        if exchange.is_through:
            return None
        size = memoryview(data).nbytes
        exchange.size += size
        if self._is_late and exchange.size <= _MOST_HELD:
            exchange.held.append((original, bytes(data), rest))
        return size

    def waits(self, socket: Any, limit_s: float | None) -> tuple[float, bool]:
        """How long the client waits for what it hears, and whether it gives up then."""
        exchange = self._exchange(socket)
        if exchange.is_through or not self._is_late:
            return 0, False
        wait_s = max(0.0, exchange.due_s - self.hit.chaos.clock.monotonic())
        return (limit_s, True) if limit_s is not None and wait_s > limit_s else (wait_s, False)

    def through(self, socket: Any) -> Iterator[Any]:
        """What was held is sent, and the real peer answers."""
        exchange = self._exchange(socket)
        if exchange.is_through or not self._is_late:
            return
        exchange.is_through = True
        if exchange.size > _MOST_HELD:  # not all of it could be kept
            raise _reset()
        for original, data, rest in exchange.held:
            at = 0
            while at < len(data):
                done = original(socket, data[at:], *rest)
                at += done if type(done) is int else len(data)
                yield done
        exchange.held.clear()

    def answers(self, socket: Any) -> bool:
        """Whether it is we who answer, and not the real peer. Raises what else the client hears of its socket."""
        if self._exchange(socket).is_through:
            return False
        if not self._answer:
            raise _reset()
        return True

    def part(self, socket: Any, size: int) -> bytes:
        """The next bytes of the answer, which begins again at its end."""
        exchange = self._exchange(socket)
        answer = exchange.answer or self._answer
        exchange.answer = answer[size:]
        return answer[:size]

    def write(self, transport: Any, original: Any, data: bytes) -> int | None:
        """As `take`, of a transport of asyncio, to whose protocol is told in time what it hears."""
        is_first = not self._exchange(transport).size
        size = self.take(transport, original, data, ())
        if size is not None and (is_first or self.hit.kind == "redis_error"):
            loop = sys.modules["asyncio"]._get_running_loop()
            if self._is_late:
                loop.call_later(self.waits(transport, None)[0], self._write_late, transport)
            elif self._answer:
                loop.call_soon(transport.get_protocol().data_received, self._answer * commands(data))
            else:
                under = getattr(transport, "_ssl_protocol", None)
                (transport if under is None else under._transport)._force_close(_reset())
        return size

    def _write_late(self, transport: Any) -> None:
        if not transport.is_closing():
            for _ in self.through(transport):
                pass


def _reset() -> OSError:
    return ConnectionResetError(104, "Connection reset by peer")
