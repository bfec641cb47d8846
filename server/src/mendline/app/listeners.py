"""What a server needs for itself, taken before anything starts, so that all that is taken already is one message."""

from __future__ import annotations

import contextlib
import errno
import socket
from dataclasses import dataclass

from mendline.errors import ClashError, MendlineError, PortTakenError, SettingsError, StoreLockedError, UsageError
from mendline.settings import Settings
from mendline.store import DataLock

_USUAL = (8000, 4318, 4317, "mendline-data", "mendline-demo")


@dataclass(frozen=True, slots=True)
class Claims:
    """The sockets to listen on, and the data directory."""

    web: socket.socket
    otlp_http: socket.socket
    lock: DataLock

    def close(self) -> None:
        """Give everything back."""
        self.web.close()
        self.otlp_http.close()
        self.lock.close()


def claim(settings: Settings, ingest_host: str | None = None) -> Claims:
    """Take ports and directory; `ingest_host` is where telemetry is taken, if not where pages are.

    Raises ClashError, which names all that somebody else has and how to choose others; SettingsError, UsageError or
    StoreError for what cannot be had at all.
    """
    clashes: list[tuple[MendlineError, str]] = []
    given: list[str] = []  # what is not as it is by itself stays in the advice
    with contextlib.ExitStack() as taken:
        sockets = []
        ports = ((settings.port, "--port"), (settings.otlp_http, "--otlp-http"), (settings.otlp_grpc, "--otlp-grpc"))
        for port, flag in ports:
            if port not in _USUAL:
                given.append(f"{flag} {port}")
            host = settings.host if flag == "--port" else ingest_host or settings.host
            try:
                sockets.append(taken.enter_context(listen(host, port)))
            except PortTakenError as error:
                clashes.append((error, f"{flag} 0"))
                given = [one for one in given if not one.startswith(f"{flag} ")]
        if settings.data.name not in _USUAL:
            given.append(f"--data {settings.data}")
        if not clashes or settings.data.exists():  # a start that comes to nothing makes no directory
            try:
                lock = DataLock(settings.data)
                taken.callback(lock.close)
            except StoreLockedError as error:
                clashes.append((error, f"--data {settings.data}-2"))
                given = [one for one in given if not one.startswith("--data ")]
        if clashes:
            sentences = " ".join(error.message for error, _ in clashes)
            flags = " ".join([*given, *(flag for _, flag in clashes)])
            made = f' (make demo ARGS="{flags}")' if settings.data.name.startswith("mendline-demo") else ""
            raise ClashError(f"{sentences} Stop that one, or choose others: {flags}{made}.")
        taken.pop_all()
        sockets[2].close()  # gRPC listens by itself: all that can be known here is that nobody has its port yet
        return Claims(sockets[0], sockets[1], lock)


def listen(host: str, port: int) -> socket.socket:
    """A bound TCP socket. Raises PortTakenError when another process has the port."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    except (OSError, UnicodeError) as error:  # the latter for a label of a name that is empty or too long
        raise SettingsError(f"'{host}' is not an address of this machine ({error}); use --host 127.0.0.1.") from error
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind(address)
        sock.listen(1024)
    except OSError as error:
        sock.close()
        if error.errno == errno.EADDRINUSE:
            raise PortTakenError(f"Port {port} on {host} is taken by another process.") from None
        if error.errno == errno.EACCES:
            raise UsageError(f"Port {port} needs special rights; choose one above 1023.") from None
        raise SettingsError(
            f"Cannot listen on {host} port {port}: {error.strerror}. Choose one of this machine, or 0.0.0.0 for all."
        ) from error
    return sock


def url_of(sock: socket.socket) -> str:
    """The address of a socket as an http URL."""
    host, port = sock.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
