"""A new key for somebody: of a project that exists, kept as a hash, its text handed out this one time."""

from __future__ import annotations

import difflib
import secrets
from collections.abc import Callable, Sequence
from datetime import datetime

from mendline.access.key_text import make_key, read_key
from mendline.errors import NotFoundError, UsageError
from mendline.store.state import Key, Scope, State, add_key, check_project_name, insert_project, list_projects

EVERY_PROJECT = "*"
_MOST_NAME = 100
_MOST_LISTED = 10


def issue_key(
    state: State,
    *,
    project: str,
    scope: Scope,
    name: str,
    now: datetime,
    make_project: bool = False,
    below: Callable[[int], int] = secrets.randbelow,
) -> tuple[str, Key]:
    """Make a key for a project, or with scope admin for every one (`*`); answers its text and what is kept of it.

    Raises UsageError for a name that cannot be or a scope that `*` does not have, NotFoundError (with the projects
    that there are) for an unknown project unless it is to be made, StateError.
    """
    if project == EVERY_PROJECT and scope is not Scope.ADMIN:
        raise UsageError(f"A key for every project has scope admin; for scope {scope} name one project.")
    name = _checked_name(name)
    text = make_key(scope, below)
    told = read_key(text)
    if told is None:
        raise RuntimeError("a new key could not be read")
    with state.writing() as connection:
        if project != EVERY_PROJECT:
            known = [it.name for it in list_projects(connection)]
            if check_project_name(project) not in known:
                if not make_project:
                    raise _no_such_project(project, known)
                insert_project(connection, project, now)
        key = add_key(
            connection,
            project=None if project == EVERY_PROJECT else project,
            scope=scope,
            name=name,
            prefix=told.prefix,
            hashed=told.hash,
            now=now,
        )
    return text, key


def _no_such_project(name: str, known: Sequence[str]) -> NotFoundError:
    near = difflib.get_close_matches(name, known, n=1)
    meant = f" Did you mean '{near[0]}'?" if near else ""
    listed = ", ".join(known[:_MOST_LISTED]) + (" …" if len(known) > _MOST_LISTED else "")
    return NotFoundError(f"There is no project '{name}'.{meant} There are: {listed}. Or make it with --create-project.")


def _checked_name(name: str) -> str:
    name = name.strip()
    if len(name) > _MOST_NAME or not name.isprintable():
        raise UsageError(f"The name of a key is for people to read: one line, at most {_MOST_NAME} characters.")
    return name
