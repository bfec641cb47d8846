"""What a form of a page sends, and where it leads."""

from __future__ import annotations

from urllib.parse import parse_qs

from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse

from mendline.errors import BodyTooLargeError, UsageError
from mendline.web.page_url import page_url

_MOST_FIELDS = 40


async def form_fields(request: Request, most_bytes: int) -> dict[str, str]:
    """Its fields, each once. Raises BodyTooLargeError, UsageError where they are more than any page's form has."""
    body = b""
    try:
        async for part in request.stream():
            body += part
            if len(body) > most_bytes:
                raise BodyTooLargeError(f"That is too long: a form holds {most_bytes:,} bytes at most.")
    except ClientDisconnect:
        return {}
    try:
        found = parse_qs(body.decode("utf-8", "replace"), max_num_fields=_MOST_FIELDS)
    except ValueError:
        raise UsageError(f"That form has more than {_MOST_FIELDS} fields; no page has such a one.") from None
    return {name: values[0] for name, values in found.items()}


def see_other(request: Request, path: str) -> RedirectResponse:
    """Where a form that was done leads: to another page over the same time range, of the same project."""
    return RedirectResponse(page_url(request).to(path), 303, {"cache-control": "no-store"})
