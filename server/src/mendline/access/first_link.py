"""The way in of a server that asks for keys and that nobody has signed in to yet."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from mendline.access.issue import EVERY_PROJECT, issue_key
from mendline.access.sign_in import SignIn
from mendline.store.state import Scope, list_keys

NAME = "first admin"


def first_link(sign_in: SignIn, below: Callable[[int], int] = secrets.randbelow) -> str | None:
    """The token of a link that signs in once as an administrator; None where keys are not asked for, or where an
    administrator has a key already. Each start makes a new one until it was used. Raises StateError."""
    access = sign_in.access
    if access.is_open():
        return None
    with access.state.reading() as connection:
        admins = [key for key in list_keys(connection, with_revoked=False) if key.scope is Scope.ADMIN]
    if any(key.name != NAME or key.last_used for key in admins):
        return None
    waiting = next(iter(admins), None)
    if waiting is None:
        _, waiting = issue_key(
            access.state, project=EVERY_PROJECT, scope=Scope.ADMIN, name=NAME, now=access.clock.now(), below=below
        )
    return sign_in.link_to(waiting.id)
