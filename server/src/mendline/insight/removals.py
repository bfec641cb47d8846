"""Taking a poison message out of its queue: looked for, taken out with a copy, put back; letting a stream pass over a
record; by what reaches AWS."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from mendline.errors import UsageError
from mendline.model.removal import STREAM_ACTIONS, Removed

ACTIONS = ("look", "remove", "move")


class TakesOut(Protocol):
    """What reaches the queues (mendline.aws.removal)."""

    def look(self, queue: str, message_id: str) -> Removed:
        """The message as it would be taken out."""

    def take_out(self, queue: str, message_id: str, by: str, *, move: bool = False) -> Removed:
        """Keep a copy, and delete it; or move it to the dead-letter queue."""

    def pass_over(self, stream: str, function: str, record: str, action: str, by: str, *, dry: bool = False) -> Removed:
        """Let a stream pass a record, by one of STREAM_ACTIONS; `dry` only tells what would be changed."""

    def put_back(self, number: int) -> Removed:
        """Send it again; or set the mapping of a stream as it was."""

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
        """`action` is one of ACTIONS, of the message `message_id` in `queue`; or one of STREAM_ACTIONS, of a record of
        the stream `queue` from which `function` takes (with `dry_run` true, only what would be changed is told). Raises
        UsageError, and as they do."""
        queue, message_id, action = (told.get(name) for name in ("queue", "message_id", "action"))
        if not isinstance(queue, str) or not queue or not isinstance(message_id, str) or not message_id:
            raise UsageError('Say which message: {"queue": NAME or ARN, "message_id": ID, "action": "look"}.')
        if action in STREAM_ACTIONS:
            function, dry = told.get("function"), told.get("dry_run", False)
            if not isinstance(function, str) or not function or not isinstance(dry, bool):
                raise UsageError(f'{action} needs whose mapping it is ("function": NAME); dry_run is true or false.')
            return self._reached().pass_over(queue, function, message_id, str(action), by, dry=dry)
        if action not in ACTIONS:
            known = ", ".join((*ACTIONS, *STREAM_ACTIONS))
            raise UsageError(f"action is '{str(action)[:40]}'; use one of {known}.")
        if action == "look":
            return self._reached().look(queue, message_id)
        return self._reached().take_out(queue, message_id, by, move=action == "move")

    def put_back(self, number: int) -> Removed:
        """Send what was taken out to its queue again; set a mapping as it was."""
        return self._reached().put_back(number)

    def _reached(self) -> TakesOut:
        if self._reaches is None:
            raise UsageError("No AWS account is named for this project. The setting aws_sources says which is reached.")
        return self._reaches
