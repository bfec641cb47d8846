"""A message that was taken out of a queue, or a record that a stream passes over, as it is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

STREAM_ACTIONS = {
    "bisect": "batches that fail are halved until the record is alone, which is given up after some tries",
    "skip": "what fails is given up after its first try: the whole batch, where batches are not halved",
    "filter": "the record, and no other, is filtered out before the function is invoked",
}
"""How a stream is made to pass a record, which AWS cannot delete."""


@dataclass(frozen=True, slots=True)
class Removed:
    """`number` is by which it is put back; 0 of one that was only looked for. `moved_to` is the queue that has it now,
    under `moved_id`; `put_back_id` is its new id, since SQS gives each that is sent one of its own. `receives` is how
    often it had been received. Of a record that a stream passes over, `how` is one of STREAM_ACTIONS, `function` takes
    from the stream `queue` by `mapping`, and `before` is how that was set. Times are ISO 8601, UTC."""

    number: int
    queue: str
    region: str
    message_id: str
    body: str
    attributes: Mapping[str, Any]
    system: Mapping[str, str]
    receives: int
    removed_at: str
    by: str
    moved_to: str = ""
    moved_id: str = ""
    put_back_at: str = ""
    put_back_id: str = ""
    how: str = ""
    function: str = ""
    mapping: str = ""
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)

    def without_message(self) -> dict[str, Any]:
        """What everybody may know of it, who need not be one who may read messages: not what it says, but how long it
        is."""
        hidden = ("body", "attributes", "system")
        told = {name: getattr(self, name) for name in self.__slots__ if name not in hidden}
        return {**told, "characters": len(self.body)}
