"""What somebody may do: the answer of access to every request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mendline.errors import ForbiddenError
from mendline.store.state import Scope


@dataclass(frozen=True, slots=True)
class Grant:
    """`project` is the one project that this request is about. `key_id` is None where no keys are asked for (open
    access); `signed_in` says that it came by a session, which can be ended."""

    project: str
    scope: Scope
    key_id: int | None
    signed_in: bool = False

    def require(self, needed: Scope) -> None:
        """Raise ForbiddenError unless the scope allows what is needed."""
        if not self.scope.allows(needed):
            raise ForbiddenError(
                f"This needs a key with scope {needed}; yours has scope {self.scope}."
                f" An administrator makes one: mendline keys create --project {self.project} --scope {needed}"
            )


def grant_of(scope: Mapping[str, Any]) -> Grant | None:
    """The grant of an ASGI scope that came through the gate; None on paths that need none."""
    found = scope.get("state", {}).get("grant")
    return found if isinstance(found, Grant) else None


@dataclass(frozen=True, slots=True)
class Owner:
    """Who something small belongs to that readers may keep, such as a saved query: the id of a key, 0 where no keys are
    asked for. An administrator changes what others share."""

    id: int
    is_admin: bool


def owner_of(scope: Mapping[str, Any], *, keeps: bool) -> Owner:
    """The owner that a request speaks for. Raises ForbiddenError where it keeps something and everybody could."""
    grant = grant_of(scope)
    if grant is None:
        return Owner(0, True)
    is_admin = grant.scope.allows(Scope.ADMIN)
    if keeps and grant.key_id is None and not is_admin:
        raise ForbiddenError("This server is open to everybody for reading, so nothing can be kept here.")
    return Owner(grant.key_id or 0, is_admin)


def by_of(scope: Mapping[str, Any]) -> str:
    """Who asks, as it is kept beside a change; empty where no key was asked for."""
    grant = grant_of(scope)
    return f"key {grant.key_id}" if grant and grant.key_id is not None else ""
