"""What a form of a page sends."""

from __future__ import annotations

from urllib.parse import parse_qs

from starlette.requests import ClientDisconnect, Request

from mendline.errors import BodyTooLargeError


async def form_fields(request: Request, most_bytes: int) -> dict[str, str]:
    """Its fields, ten at most, each once; nothing of what cannot be read. Raises BodyTooLargeError."""
    body = b""
    try:
        async for part in request.stream():
            body += part
            if len(body) > most_bytes:
                raise BodyTooLargeError(f"That is too long: a form holds {most_bytes:,} bytes at most.")
    except ClientDisconnect:
        return {}
    try:
        found = parse_qs(body.decode("utf-8", "replace"), max_num_fields=10)
    except ValueError:
        return {}
    return {name: values[0] for name, values in found.items()}
