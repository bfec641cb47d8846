"""`mendline projects`: the names that telemetry and keys belong to. Works on the data directory itself."""

from __future__ import annotations

import argparse
import json
from typing import Any

from mendline.cli.state import add_state_flags, as_json, as_text, opened_state, print_table
from mendline.clock import SystemClock


def add_command(commands: Any) -> None:
    """Add it to the command line."""
    parser = commands.add_parser(
        "projects",
        help="list and create projects",
        description="List and create projects, each with its own telemetry and keys; 'default' is always there.",
        allow_abbrev=False,
    )
    actions = parser.add_subparsers(metavar="ACTION", dest="action", required=True)
    listing = actions.add_parser("list", help="list all projects", description="List all projects.", allow_abbrev=False)
    add_state_flags(listing)
    listing.set_defaults(run=_list)
    text = "Make a project."
    create = actions.add_parser("create", help="make a project", description=text, allow_abbrev=False)
    create.add_argument("name", metavar="NAME", help="small letters, digits and underscores, a letter first")
    add_state_flags(create)
    create.set_defaults(run=_create)


def _list(parsed: argparse.Namespace) -> int:
    from mendline.store.state import list_projects  # noqa: PLC0415 - the database takes time to import

    with opened_state(parsed, make=False) as state, state.reading() as connection:
        projects = list_projects(connection)
    if parsed.json:
        print(json.dumps([{"name": it.name, "created": as_json(it.created)} for it in projects], indent=2))
    else:
        print_table(("project", "created"), [(it.name, as_text(it.created)) for it in projects])
    return 0


def _create(parsed: argparse.Namespace) -> int:
    from mendline.store.state import add_project, check_project_name  # noqa: PLC0415 - the database takes time to import

    check_project_name(parsed.name)
    with opened_state(parsed, make=True) as state, state.writing() as connection:
        project = add_project(connection, parsed.name, SystemClock().now())
    if parsed.json:
        print(json.dumps({"name": project.name, "created": as_json(project.created)}, indent=2))
    else:
        print(f"Project {project.name} is made. Next: mendline keys create --project {project.name} --scope ingest")
    return 0
