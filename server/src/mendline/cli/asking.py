"""Commands that ask a running server: which one, with which key, over which range; and its answer."""

from __future__ import annotations

import argparse
import http.client
import json
import os
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import urlencode, urlsplit

from mendline.errors import MendlineError, UsageError


def add_range(parser: argparse.ArgumentParser) -> None:
    """`--since` and `--until`."""
    parser.add_argument(
        "--since", default="1h", metavar="TIME", help="start: 1h, 7d, or 2026-05-01T10:00Z (default 1h)"
    )
    parser.add_argument("--until", default="now", metavar="TIME", help="end (default now)")


def add_server(parser: argparse.ArgumentParser) -> None:
    """`--server`, `--key` and `--project`."""
    parser.add_argument(
        "--server", default=os.environ.get("MENDLINE_SERVER") or "http://127.0.0.1:8000", metavar="URL",
        help="the server (default MENDLINE_SERVER, else http://127.0.0.1:8000)",
    )  # fmt: skip
    parser.add_argument("--key", default=os.environ.get("MENDLINE_KEY"), metavar="KEY", help="default MENDLINE_KEY")
    parser.add_argument(
        "--project", default=os.environ.get("MENDLINE_PROJECT"), metavar="NAME", help="where the key is for several"
    )


def ask_server(
    parsed: argparse.Namespace, path: str, query: dict[str, Any], body: dict[str, Any] | None = None
) -> tuple[int, dict[str, Any]]:
    """The status and the JSON of its answer; with a `body` it is posted. Raises UsageError, or MendlineError where the
    server cannot be asked."""
    if not _is_address(parsed.server):
        raise UsageError(f"'{parsed.server}' is not the address of a server; write http://HOST:PORT.")
    told = {name: value for name, value in {**query, "project": parsed.project}.items() if value is not None}
    url = f"{parsed.server.rstrip('/')}{path}{'?' if told else ''}{urlencode(told)}"
    headers = {"Authorization": f"Bearer {parsed.key}"} if parsed.key else {}
    sent = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, sent, headers)  # noqa: S310 - the scheme is checked above
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 - likewise
            return 200, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            try:
                return error.code, json.load(error)
            except ValueError:
                return error.code, {"message": f"{parsed.server} answered {error.code}, which no Mendline server says."}
    except (OSError, ValueError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", error)
        raise MendlineError(
            f"The server at {parsed.server} cannot be asked ({reason}). Is it running? --server says where."
        ) from None


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and not any(letter <= " " for letter in text)


def moment(text: str) -> str:
    """How long ago, without the minus that a shell would take for a flag."""
    return f"-{text}" if text[:1].isdigit() and text[-1:] in "smhd" and text[:-1].isdigit() else text
