"""Host names to addresses, within a deadline: the system's resolver knows none, so it waits in a thread."""

from __future__ import annotations

import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_known: dict[tuple[str, int], tuple[float, list[tuple[int, Any]]]] = {}
_KEEP_S = 60.0


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
    import threading

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
