"""Which addresses a message may go to: those of the open internet. A name is looked up once, and that is connected to.

Looking up, checking, and looking up again to connect would let a name mean two things (DNS rebinding).
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Sequence
from urllib.parse import SplitResult, urlsplit

from mendline.errors import UsageError

_NAT64 = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("64:ff9b:1::/48"))
Resolve = Callable[[str, int], Sequence[str]]
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def resolve(host: str, port: int) -> Sequence[str]:
    """All addresses of a name. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def is_open(address: str) -> bool:
    """Whether an address is one of the open internet, also the one that is wrapped in it (mapped, 6to4, NAT64)."""
    try:
        found: _Address = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    return all(one.is_global and not one.is_multicast for one in (found, *_wrapped(found)))


def _wrapped(address: _Address) -> list[_Address]:
    if isinstance(address, ipaddress.IPv4Address):
        return []
    inner: list[_Address] = [one for one in (address.ipv4_mapped, address.sixtofour) if one is not None]
    inner += list(address.teredo or ())
    if any(address in network for network in _NAT64) or int(address) >> 32 == 0:
        inner.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return inner


def checked_url(url: str, *, allow_private: bool) -> SplitResult:
    """An address to post to, as far as its text tells. Raises UsageError."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise UsageError("url is no address; write https://HOST/PATH.") from None
    allowed = ("https", "http") if allow_private else ("https",)
    if parts.scheme not in allowed or not parts.hostname or port == 0:
        raise UsageError("url is to be https://HOST/PATH; plain http takes `allow_private: true`, in a file only.")
    if parts.username is not None or parts.password is not None:
        raise UsageError("url holds a name or a password; secrets are references, such as `token: env:NAME`.")
    if any(ord(letter) <= 32 or ord(letter) == 127 for letter in url):
        raise UsageError("url has a space or a control character.")
    return parts


def place_of(host: str, port: int, *, allow_private: bool, resolver: Resolve = resolve) -> str:
    """The address to connect to. Raises UsageError where one of a name's addresses is not of the open internet,
    OSError where it has none."""
    found = resolver(host, port)
    if not found:
        raise OSError(f"{host} has no address")
    if not allow_private and not all(map(is_open, found)):
        raise UsageError(
            f"{host[:100]} leads to an address that is not of the open internet; such a receiver takes"
            " `allow_private: true`, in a file only."
        )
    return found[0]
