"""What administrators do about keys, for people and for functions, from the settings page: within their own reach."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass

from mendline.access.grant import Grant
from mendline.access.issue import EVERY_PROJECT, issue_key
from mendline.access.sign_in import SignIn
from mendline.errors import ForbiddenError, NotFoundError, UsageError
from mendline.store.state import Key, Scope, add_project, list_keys, revoke_key

log = logging.getLogger(__name__)
LINK_PATH = "/sign-in/link"


@dataclass(frozen=True, slots=True)
class Members:
    """Keys made and ended by who has a grant with scope admin. Each change is logged with who made it."""

    sign_in: SignIn
    below: Callable[[int], int] = secrets.randbelow

    def make(self, grant: Grant, project: str, scope: str, name: str) -> tuple[str, Key]:
        """A new key; its text is answered this once. Raises UsageError, ForbiddenError, NotFoundError, StateError."""
        if scope not in set(Scope):
            raise UsageError(f"There is no scope '{scope[:20]}'; use one of {', '.join(Scope)}.")
        if not name.strip():
            raise UsageError("Say whose key this is, or what it is for: that is how it is found again to end it.")
        access = self.sign_in.access
        if access.is_open() and scope != Scope.ADMIN:
            raise UsageError(
                "The first key must have scope admin: from then on the server asks for keys, and without one of an"
                " administrator nobody could make others."
            )
        self._within_reach(grant, None if project == EVERY_PROJECT else project)
        text, key = issue_key(
            access.state, project=project, scope=Scope(scope), name=name, now=access.clock.now(), below=self.below
        )
        access.book.look_again()
        log.info("key %d (%s of %s) was made by %s", key.id, key.scope, project, _who(grant))
        return text, key

    def link(self, grant: Grant, key_id: int) -> str:
        """The path of a link that signs in as a key, once. Raises as `make` does."""
        self._find(grant, key_id)
        log.info("a sign-in link to key %d was made by %s", key_id, _who(grant))
        return link_for(self.sign_in, key_id)

    def revoke(self, grant: Grant, key_id: int) -> Key:
        """End a key, with its sessions. Raises as `make` does, and UsageError for the last administrator's."""
        key, access = self._find(grant, key_id), self.sign_in.access
        others = [it for it in access.book.known().by_id.values() if it.scope is Scope.ADMIN and it.id != key_id]
        if key.scope is Scope.ADMIN and not any(it.project in (None, key.project) for it in others):
            raise UsageError(
                "This is the last administrator's key, so it stays: without one nobody could make another. Make the"
                " next one first; whoever runs the server can end it with `mendline keys revoke`."
            )
        with access.state.writing() as connection:
            ended = revoke_key(connection, key_id, access.clock.now())
        access.book.look_again()
        log.info("key %d was revoked by %s", key_id, _who(grant))
        return ended

    def make_project(self, grant: Grant, name: str) -> None:
        """A new project, by who is admin of every one. Raises UsageError, ForbiddenError, StateError."""
        self._within_reach(grant, None)
        access = self.sign_in.access
        with access.state.writing() as connection:
            add_project(connection, name, access.clock.now())
        access.book.look_again()
        log.info("project %s was made by %s", name, _who(grant))

    def reaches_all(self, grant: Grant) -> bool:
        """Whether this administrator is one of every project."""
        if grant.key_id is None:
            return True
        key = self.sign_in.access.book.key_numbered(grant.key_id)
        return key is not None and key.project is None

    def _find(self, grant: Grant, key_id: int) -> Key:
        with self.sign_in.access.state.reading() as connection:
            key = next((it for it in list_keys(connection, with_revoked=False) if it.id == key_id), None)
        if key is None or (key.project not in (None, grant.project) and not self.reaches_all(grant)):
            raise NotFoundError(f"There is no valid key {key_id} of this project.")
        self._within_reach(grant, key.project)
        return key

    def _within_reach(self, grant: Grant, project: str | None) -> None:
        grant.require(Scope.ADMIN)
        if project != grant.project and not self.reaches_all(grant):
            raise ForbiddenError(
                f"Your key is for project '{grant.project}' alone; what concerns others takes one of every project."
            )


def link_for(sign_in: SignIn, key_id: int) -> str:
    """The path of a link that signs in as a key, once. Raises NotFoundError, UsageError for a key that opens no page,
    StateError."""
    key = sign_in.access.book.key_numbered(key_id)
    if key is None:
        raise NotFoundError(f"There is no valid key {key_id}; `mendline keys list` shows all.")
    if not key.scope.role:
        raise UsageError(f"Key {key_id} can only {key.scope}: it opens no page, so a link would lead nowhere.")
    return f"{LINK_PATH}?token={sign_in.link_to(key_id)}"


def _who(grant: Grant) -> str:
    return "whoever was at an open server" if grant.key_id is None else f"key {grant.key_id}"
