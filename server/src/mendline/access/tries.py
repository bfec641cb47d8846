"""How often an address may try to sign in and fail."""

from __future__ import annotations

import ipaddress
from collections import OrderedDict, deque
from threading import Lock

from mendline.errors import TooManyTriesError

MOST_TRIES = 5
WITHIN_SECONDS = 60.0
_MOST_ADDRESSES = 10_000


class Tries:
    """Failed tries of the last minute, by address (IPv6: by /64, which one host has all of)."""

    def __init__(self) -> None:
        self._failed: OrderedDict[str, deque[float]] = OrderedDict()
        self._lock = Lock()

    def take(self, address: str, now: float) -> None:
        """Count one more try at `now` (monotonic seconds). Raises TooManyTriesError when there were enough."""
        name = _network(address)
        with self._lock:
            tries = self._failed.setdefault(name, deque())
            self._failed.move_to_end(name)
            while tries and now - tries[0] >= WITHIN_SECONDS:
                tries.popleft()
            if len(tries) >= MOST_TRIES:
                raise TooManyTriesError(
                    f"{MOST_TRIES} sign-ins from your address failed within a minute. Wait a minute, then try again."
                )
            tries.append(now)
            if len(self._failed) > _MOST_ADDRESSES:
                self._failed.popitem(last=False)

    def forgive(self, address: str) -> None:
        """Forget the tries of an address that has succeeded."""
        with self._lock:
            self._failed.pop(_network(address), None)


def _network(address: str) -> str:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)
