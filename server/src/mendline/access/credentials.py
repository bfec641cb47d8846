"""Where a key stands in a request: the text, as it came, or nothing. Pure."""

from __future__ import annotations

from collections.abc import Mapping

_KEY_HEADERS = ("x-mendline-key", "api-key")
SESSION_COOKIE = "mendline"
SECURE_SESSION_COOKIE = "__Host-mendline"


def key_in(headers: Mapping[str, str]) -> str | None:
    """The key of a request, from `Authorization: Bearer`, `x-mendline-key` or `api-key`; names in small letters.

    None where there is none. Other schemes of Authorization are not for us: a proxy in front may ask for a password.
    """
    scheme, _, rest = headers.get("authorization", "").strip().partition(" ")
    if scheme.lower() == "bearer":
        return rest.strip()
    return next((headers[name].strip() for name in _KEY_HEADERS if headers.get(name, "").strip()), None)


def session_cookie(scheme: str) -> str:
    """The name of the cookie: over https one that no subdomain and no plain connection can set."""
    return SECURE_SESSION_COOKIE if scheme == "https" else SESSION_COOKIE


def session_in(headers: Mapping[str, str], scheme: str) -> str | None:
    """The value of the session cookie; None where there is none."""
    wanted = session_cookie(scheme)
    for part in headers.get("cookie", "").split(";"):
        name, _, value = part.strip().partition("=")
        if name == wanted and value:
            return value
    return None
