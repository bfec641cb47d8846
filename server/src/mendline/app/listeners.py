"""Sockets to listen on, taken before anything starts, so that a taken port is one clear sentence."""

from __future__ import annotations

import errno
import socket

from mendline.errors import PortTakenError, SettingsError, UsageError


def listen(host: str, port: int, flag: str) -> socket.socket:
    """A bound TCP socket. Raises PortTakenError naming the port and the flag that chooses another."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    except OSError as error:
        raise SettingsError(f"'{host}' is not an address of this machine ({error}); use --host 127.0.0.1.") from error
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind(address)
        sock.listen(1024)
    except OSError as error:
        sock.close()
        if error.errno == errno.EADDRINUSE:
            raise PortTakenError(
                f"Port {port} on {host} is taken by another process."
                f" Choose another with {flag} PORT, or {flag} 0 for any free one."
            ) from None
        if error.errno == errno.EACCES:
            raise UsageError(f"Port {port} needs special rights; choose one above 1023 with {flag} PORT.") from None
        raise SettingsError(f"Cannot listen on {host} port {port}: {error.strerror}.") from error
    return sock


def url_of(sock: socket.socket) -> str:
    """The address of a socket as an http URL."""
    host, port = sock.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
