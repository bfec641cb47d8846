"""What the state database holds, as types. None of them has a secret in it: only SHA-256 of one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Scope(StrEnum):
    """What a key may do."""

    INGEST = "ingest"
    READ = "read"
    EDIT = "edit"
    ADMIN = "admin"

    def allows(self, needed: Scope) -> bool:
        """Whether a key of this scope may do what needs the other: admin may do all, edit reads too, the rest only
        their own."""
        return self in (Scope.ADMIN, needed) or (self is Scope.EDIT and needed is Scope.READ)

    @property
    def role(self) -> str:
        """What a person with a key of this scope is called; empty for what only functions have."""
        return {Scope.READ: "viewer", Scope.EDIT: "editor", Scope.ADMIN: "admin"}.get(self, "")


@dataclass(frozen=True, slots=True)
class Project:
    """A name that telemetry, keys and people belong to."""

    name: str
    created: datetime


@dataclass(frozen=True, slots=True)
class Key:
    """An access key. `project` is None for every project; `hash` is SHA-256 of its text; `prefix` is how the text
    begins, for people to tell keys apart; `last_used` is up to a minute old."""

    id: int
    project: str | None
    scope: Scope
    name: str
    prefix: str
    hash: bytes
    created: datetime
    last_used: datetime | None
    revoked: datetime | None


@dataclass(frozen=True, slots=True)
class KeyCensus:
    """How many keys and projects there are; it changes whenever a key or project is added or a key is revoked."""

    keys: int
    revoked: int
    projects: int


@dataclass(frozen=True, slots=True)
class Session:
    """A browser that signed in with a key. `hash` is SHA-256 of its cookie; `last_seen` is up to a minute old."""

    hash: bytes
    key_id: int
    created: datetime
    last_seen: datetime
    expires: datetime


@dataclass(frozen=True, slots=True)
class SignInLink:
    """A link that signs in once, as a key whose text nobody needs to know. `hash` is SHA-256 of its token."""

    hash: bytes
    key_id: int
    created: datetime
    expires: datetime


@dataclass(frozen=True, slots=True)
class SavedQuery:
    """A query with a name, for a page; where that is about one thing, `of` is the filter that holds for it. `owner` is
    the id of the key of who saved it, 0 where no keys were asked for."""

    id: int
    owner: int
    page: str
    of: str
    name: str
    text: str
    is_shared: bool
    is_default: bool
