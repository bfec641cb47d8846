"""`mendline-playground switch`: which version of a function the running shop serves."""

import argparse
import http.client
import json
import sys
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import urlencode

_WAIT_S = 30.0


class SwitchError(Exception):
    """The alias could not be switched; a sentence says why."""


def add_command(commands: Any) -> None:
    """Add it to the command line."""
    parser = commands.add_parser(
        "switch", help="switch the alias of a function of the running shop to another version of it"
    )
    parser.add_argument("function", metavar="FUNCTION", nargs="?", help="without one: tell which versions serve")
    parser.add_argument("version", metavar="VERSION", nargs="?", help="1, or 2: the one that stands failures")
    parser.add_argument(
        "--page",
        metavar="URL",
        default="http://127.0.0.1:8002",
        help="the playground's page, whose address the demo prints (default: http://127.0.0.1:8002)",
    )
    parser.set_defaults(command=_run)


def _run(parsed: argparse.Namespace) -> None:
    page = parsed.page.rstrip("/")
    told = {one["function"]: one for one in _versions(page)}
    if parsed.function is None:
        for name, one in told.items():
            sys.stdout.write(f"{name}: version {one['version']} serves; {one['later']} calls were put aside\n")
        return
    if parsed.function not in told:
        raise SwitchError(f"{parsed.function} has one version only; there are two of {' and '.join(told)}.")
    of = told[parsed.function]["versions"]
    if parsed.version not in of:
        raise SwitchError(f"Say which version of {parsed.function} is to serve: {' or '.join(of)}.")
    _ask(page, "/switch", {"function": parsed.function, "version": parsed.version})
    sys.stdout.write(f"{parsed.function}: version {parsed.version} serves\n")


def _versions(page: str) -> list[dict[str, Any]]:
    try:
        found: list[dict[str, Any]] = json.loads(_ask(page, "/index.json"))["versions"]
    except (ValueError, KeyError, TypeError):
        raise SwitchError(f"{page} is not the page of a playground; the demo prints the address.") from None
    return found


def _ask(page: str, path: str, form: dict[str, str] | None = None) -> bytes:
    data = urlencode(form).encode() if form else None
    try:
        request = urllib.request.Request(page + path, data, {"Origin": page})  # noqa: S310 - the user names the page
        with urllib.request.urlopen(request, timeout=_WAIT_S) as answer:  # noqa: S310 - likewise
            body: bytes = answer.read()
    except urllib.error.HTTPError as error:
        raise SwitchError(f"{page} answered {error.code}; is it the page of a playground?") from error
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise SwitchError(f"No playground answers at {page} ({error}); the demo prints its address.") from error
    return body
