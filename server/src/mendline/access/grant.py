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
