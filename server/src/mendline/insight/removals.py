"""Taking a poison message out of its queue: looked for, taken out with a copy, put back; by what reaches AWS."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from mendline.errors import UsageError
from mendline.model.removal import Removed

ACTIONS = ("look", "remove", "move")


class TakesOut(Protocol):
    """What reaches the queues (mendline.aws.removal)."""

    def look(self, queue: str, message_id: str) -> Removed:
        """The message as it would be taken out."""

    def take_out(self, queue: str, message_id: str, by: str, *, move: bool = False) -> Removed:
        """Keep a copy, and delete it; or move it to the dead-letter queue."""

    def put_back(self, number: int) -> Removed:
        """Send it again."""

    def removed(self) -> Sequence[Removed]:
        """What was taken out, the newest first."""


class Removing:
    """Asks who reaches the queues of a project; without one, nothing was taken out and nothing can be."""

    def __init__(self, reaches: TakesOut | None = None) -> None:
        self._reaches = reaches

    def removed(self) -> Sequence[Removed]:
        """What was taken out, the newest first."""
        return self._reaches.removed() if self._reaches else ()

    def act(self, told: Mapping[str, Any], by: str) -> Removed:
        """`action` is one of ACTIONS, of the message `message_id` in `queue`. Raises UsageError, and as they do."""
        queue, message_id, action = (told.get(name) for name in ("queue", "message_id", "action"))
        if not isinstance(queue, str) or not queue or not isinstance(message_id, str) or not message_id:
            raise UsageError('Say which message: {"queue": NAME or ARN, "message_id": ID, "action": "look"}.')
        if action not in ACTIONS:
            raise UsageError(f"action is '{str(action)[:40]}'; use one of {', '.join(ACTIONS)}.")
        if action == "look":
            return self._reached().look(queue, message_id)
        return self._reached().take_out(queue, message_id, by, move=action == "move")

    def put_back(self, number: int) -> Removed:
        """Send what was taken out to its queue again."""
        return self._reached().put_back(number)

    def _reached(self) -> TakesOut:
        if self._reaches is None:
            raise UsageError("No AWS account is named for this project. The setting aws_sources says which is reached.")
        return self._reaches
