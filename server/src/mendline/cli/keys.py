"""`mendline keys`: who may send, read and manage. Works on the data directory itself, beside a running server too."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
from typing import TYPE_CHECKING, Any

from mendline.cli.state import add_state_flags, as_json, as_text, opened_state, print_table
from mendline.clock import SystemClock

if TYPE_CHECKING:
    from mendline.store.state import Key

EVERY_PROJECT = "*"
_SCOPES = ("ingest", "read", "edit", "admin")
_EPILOG = """\
A running server knows a new key at once, and no longer takes a revoked one within a second.

  mendline keys create --project default --scope admin --name anna
  mendline keys create --project shop --scope ingest --create-project
  mendline keys list
  mendline keys link 2
  mendline keys revoke 3
"""


def _key_number(text: str) -> int:
    if text.isascii() and text.isdigit() and len(text) < 10:
        return int(text)
    raise argparse.ArgumentTypeError(f"'{text[:40]}' is no number of a key")


def add_command(commands: Any) -> None:
    """Add it to the command line."""
    parser = commands.add_parser(
        "keys",
        help="create, list and revoke access keys, and links that sign in",
        description="Create, list and revoke access keys. With the first key, a server asks for keys.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    actions = parser.add_subparsers(metavar="ACTION", dest="action", required=True)
    _add_create(actions)
    listing = actions.add_parser("list", help="list all keys", description="List all keys.", allow_abbrev=False)
    add_state_flags(listing)
    listing.set_defaults(run=_list)
    text = "End a key, and the sessions begun with it."
    revoke = actions.add_parser("revoke", help="end a key", description=text, allow_abbrev=False)
    revoke.add_argument("id", type=_key_number, metavar="ID", help="its number, as `mendline keys list` shows it")
    add_state_flags(revoke)
    revoke.set_defaults(run=_revoke)
    text = "Print a link that signs a browser in as a key, once, within a day; an earlier link to it is over then."
    link = actions.add_parser("link", help="make a sign-in link", description=text, allow_abbrev=False)
    link.add_argument("id", type=_key_number, metavar="ID", help="the number of a key with scope read, edit or admin")
    link.add_argument(
        "--server",
        default=os.environ.get("MENDLINE_SERVER", "http://127.0.0.1:8000"),
        metavar="URL",
        help="where people reach the server (default: MENDLINE_SERVER, else http://127.0.0.1:8000)",
    )
    add_state_flags(link)
    link.set_defaults(run=_link)


def _add_create(actions: Any) -> None:
    text = "Make a key and print it, once: only a hash of it is kept."
    create = actions.add_parser("create", help="make a key", description=text, allow_abbrev=False)
    create.add_argument(
        "--project", required=True, metavar="NAME", help="the project it is for; '*' for all (scope admin only)"
    )
    create.add_argument(
        "--scope",
        required=True,
        choices=_SCOPES,
        help="ingest: send telemetry; read: pages and queries; edit: also boards and errors; admin: all of it",
    )
    create.add_argument("--name", default="", metavar="TEXT", help="who or what it is for")
    create.add_argument("--create-project", action="store_true", help="make the project too, if it is not there")
    add_state_flags(create)
    create.set_defaults(run=_create)


def _create(parsed: argparse.Namespace) -> int:
    from mendline.access import EVERY_PROJECT, Scope, issue_key  # noqa: PLC0415 - the database takes time to import
    from mendline.store.state import check_project_name  # noqa: PLC0415 - the same

    if parsed.project != EVERY_PROJECT:
        check_project_name(parsed.project)  # before anything is made for a name that cannot be
    with opened_state(parsed, make=True) as state:
        text, key = issue_key(
            state,
            project=parsed.project,
            scope=Scope(parsed.scope),
            name=parsed.name,
            now=SystemClock().now(),
            make_project=parsed.create_project,
        )
    if parsed.json:
        print(json.dumps({**_as_document(key), "key": text}, indent=2))
        return 0
    where = f"project {key.project}" if key.project else "every project"
    print(f"key {key.id} for {where}, scope {key.scope}; it is shown only now:", file=sys.stderr)
    print(text, flush=True)
    return 0


def _list(parsed: argparse.Namespace) -> int:
    from mendline.store.state import list_keys  # noqa: PLC0415 - the database takes time to import

    with opened_state(parsed, make=False) as state, state.reading() as connection:
        keys = list_keys(connection)
    if parsed.json:
        print(json.dumps([_as_document(key) for key in keys], indent=2))
    elif keys:
        head = ("id", "project", "scope", "key", "created", "last used", "revoked", "name")
        print_table(head, [_as_row(key) for key in keys])
    else:
        print("There are no keys yet; `mendline keys create` makes one.")
    return 0


def _revoke(parsed: argparse.Namespace) -> int:
    from mendline.store.state import revoke_key  # noqa: PLC0415 - the database takes time to import

    with opened_state(parsed, make=False) as state, state.writing() as connection:
        key = revoke_key(connection, parsed.id, SystemClock().now())
    if parsed.json:
        print(json.dumps(_as_document(key), indent=2))
    else:
        print(f"Key {key.id} ({key.prefix}…) is revoked since {as_text(key.revoked)} UTC.")
    return 0


def _link(parsed: argparse.Namespace) -> int:
    from mendline.access import Access, SignIn, Tries  # noqa: PLC0415 - the database takes time to import
    from mendline.access.members import link_for  # noqa: PLC0415 - the same

    with opened_state(parsed, make=False) as state:
        access = Access(state, SystemClock(), loopback=False)
        with contextlib.closing(access):
            link = f"{parsed.server.rstrip('/')}{link_for(SignIn(access, Tries()), parsed.id)}"
    print(json.dumps({"id": parsed.id, "link": link}, indent=2) if parsed.json else link)
    return 0


def _as_document(key: Key) -> dict[str, Any]:
    return {
        "id": key.id,
        "project": key.project or EVERY_PROJECT,
        "scope": str(key.scope),
        "name": key.name,
        "prefix": key.prefix,
        "created": as_json(key.created),
        "last_used": as_json(key.last_used),
        "revoked": as_json(key.revoked),
    }


def _as_row(key: Key) -> tuple[Any, ...]:
    return (
        key.id, key.project or EVERY_PROJECT, key.scope, f"{key.prefix}…", as_text(key.created),
        as_text(key.last_used), as_text(key.revoked), key.name,
    )  # fmt: skip
