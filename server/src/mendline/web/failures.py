"""What a person sees when a page cannot be shown: the sentence, the code, the status, and the form to try again."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from mendline.errors import MendlineError
from mendline.web.context import WebContext
from mendline.web.page_url import page_url
from mendline.web.rendering import render
from mendline.web.visitor import visitor_of

_TITLES = {400: "That cannot be asked", 401: "A key is needed", 403: "That is not allowed",
           404: "Not found", 405: "Not answered here", 422: "Too much to read at once",
           503: "The store cannot answer now"}  # fmt: skip


def error_response(request: Request, error: MendlineError, site: WebContext | None = None) -> Response:
    """An HTML page, or JSON where JSON was asked for. `site` is what pages know; the gate, which refuses before there
    is a page, has none."""
    if request.scope["path"].endswith(".json"):
        return JSONResponse({"code": error.code, "message": error.message}, error.status)
    here = page_url(request)
    site = site and site.seen_from(request.url.hostname)
    title = _TITLES.get(error.status, "Something went wrong")
    return render(
        "error.html",
        {
            "here": here,
            "section": "",
            "site": site,
            "visitor": visitor_of(request, site) if site else None,
            "title": title,
            "error": error,
            "with_form": "start" in here.query or "end" in here.query,
        },
        error.status,
    )
