"""Names under which the server answers: one that another site rebinds to our address (DNS) is none. Pure."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection

from mendline.errors import HostRefusedError


def is_loopback(host: str) -> bool:
    """Whether a host name or address, without port, can only mean this machine."""
    host = host.strip().rstrip(".").removeprefix("[").removesuffix("]").lower()
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def check_host(header: str, *, is_open: bool, allowed: Collection[str]) -> None:
    """Raise HostRefusedError unless the Host header is a name that we answer to.

    Without keys that is a loopback name; with keys any name, or only `allowed` ones (small letters) and loopback.
    """
    host = _without_port(header).lower().rstrip(".")
    if is_loopback(host) or (not is_open and (not allowed or host in allowed)):
        return
    if is_open:
        raise HostRefusedError(
            f"The Host header is '{header[:100]}', but without keys this server answers only to names of this"
            " machine. Open it as http://127.0.0.1 or http://localhost."
        )
    raise HostRefusedError(
        f"The Host header is '{header[:100]}', which is none of the names in the setting allowed_hosts. Add it there."
    )


def _without_port(header: str) -> str:
    if header.startswith("["):
        return header.partition("]")[0] + "]"
    return header.partition(":")[0]
