"""Projects: names, and which of them can be one. A project is a ClickHouse database, so its name is one too."""

from __future__ import annotations

import re
from datetime import datetime

from sqlalchemy import Connection, insert, select

from mendline.errors import UsageError
from mendline.store.state.records import Project
from mendline.store.state.tables import projects

DEFAULT_PROJECT = "default"
_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}", re.ASCII)
# ClickHouse's own databases, and the ones with our tables to write into (P_write).
_TAKEN = frozenset({"system", "information_schema"})
_TAKEN_ENDING = "_write"


def check_project_name(name: str) -> str:
    """The name, if a project may be called so. Raises UsageError saying why not."""
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"'{name[:80]}' cannot be the name of a project: use small letters, digits and underscores,"
            " a letter first, at most 63."
        )
    if name in _TAKEN or name.endswith(_TAKEN_ENDING):
        raise UsageError(
            f"'{name}' cannot be the name of a project: 'system' and 'information_schema' belong to the database,"
            " and names ending in '_write' to the tables that others write into. Choose another."
        )
    return name


def list_projects(connection: Connection) -> tuple[Project, ...]:
    """Every project, by name."""
    rows = connection.execute(select(projects.c.name, projects.c.created).order_by(projects.c.name))
    return tuple(Project(*row) for row in rows)


def add_project(connection: Connection, name: str, now: datetime) -> Project:
    """Make a project. Raises UsageError when the name cannot be one, or is there already."""
    check_project_name(name)
    if not insert_project(connection, name, now):
        raise UsageError(f"There is a project '{name}' already; `mendline projects list` shows all.")
    return Project(name, now)


def insert_project(connection: Connection, name: str, now: datetime) -> bool:
    """Make a project where there is none of that name; answers whether it did."""
    if connection.execute(select(projects.c.name).where(projects.c.name == name)).first():
        return False
    connection.execute(insert(projects).values(name=name, created=now))
    return True
