"""What a person sees when a page cannot be shown: the sentence, the code, the status, and the form to try again."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from mendline.errors import MendlineError
from mendline.web.page_url import page_url
from mendline.web.rendering import render

_TITLES = {400: "That cannot be asked", 401: "A key is needed", 403: "That is not allowed",
           404: "Not found", 405: "Not answered here", 422: "Too much to read at once",
           503: "The store cannot answer now"}  # fmt: skip


def error_response(request: Request, error: MendlineError) -> Response:
    """An HTML page, or JSON where JSON was asked for."""
    if request.scope["path"].endswith(".json"):
        return JSONResponse({"code": error.code, "message": error.message}, error.status)
    here = page_url(request)
    title = _TITLES.get(error.status, "Something went wrong")
    return render(
        "error.html",
        {
            "here": here,
            "section": "",
            "site": None,
            "title": title,
            "error": error,
            "with_form": "start" in here.query or "end" in here.query,
        },
        error.status,
    )
