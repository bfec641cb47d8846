"""The guard against CSRF: no page of another site makes a browser change something here. Pure.

By headers that a page cannot forge, as OWASP advises: Sec-Fetch-Site, and Origin where a browser is older than that.
"""

from __future__ import annotations

from collections.abc import Mapping

from mendline.access.credentials import key_in
from mendline.errors import CrossSiteError

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def check_same_site(method: str, headers: Mapping[str, str]) -> None:
    """Raise CrossSiteError for a change that may come from another site's page; header names in small letters.

    A key without a cookie is no browser's doing. Neither is a request with neither of the two headers: every browser
    sends Origin with a change; with a cookie we do not rely on that.
    """
    if method in _SAFE:
        return
    has_cookie = "cookie" in headers
    if key_in(headers) is not None and not has_cookie:
        return
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site is not None:
        same = site in ("same-origin", "none")
    elif origin is not None:
        same = origin.partition("://")[2].lower() == headers.get("host", "").lower() != ""
    else:
        same = not has_cookie
    if not same:
        raise CrossSiteError(
            "This change was asked for by a page of another site, so it was not made. Open Mendline itself and do it"
            " there; programs send a key and no cookie."
        )
