"""Taking messages out of queues, wired: in the AWS accounts that are read, copies in the data directory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mendline.clock import Clock
from mendline.errors import UsageError
from mendline.model.removal import Removed

if TYPE_CHECKING:
    from mendline.aws.removal import Removals
    from mendline.aws.scheduler import AwsReaders
    from mendline.aws.sources import Source


class QueuesReached:
    """See mendline.insight.removals.TakesOut: of whatever is read when it is asked."""

    def __init__(self, folder: Path, readers: Callable[[], Sequence[AwsReaders]], clock: Clock) -> None:
        self._folder, self._readers, self._clock = folder, readers, clock
        self._made: tuple[tuple[Source, ...], Removals] | None = None

    def look(self, queue: str, message_id: str) -> Removed:
        """The message as it would be taken out."""
        return self._removals().look(queue, message_id)

    def take_out(self, queue: str, message_id: str, by: str, *, move: bool = False) -> Removed:
        """Keep a copy, and delete it; or move it."""
        return self._removals().take_out(queue, message_id, by, move=move)

    def pass_over(self, stream: str, function: str, record: str, action: str, by: str, *, dry: bool = False) -> Removed:
        """Let a stream pass a record."""
        return self._removals().pass_over(stream, function, record, action, by, dry=dry)

    def put_back(self, number: int) -> Removed:
        """Send it again."""
        return self._removals().put_back(number)

    def removed(self) -> Sequence[Removed]:
        """What was taken out, the newest first; also by accounts that are read no more."""
        return self._removals().removed() if self._folder.is_dir() and self._sources() else ()

    def _sources(self) -> tuple[Source, ...]:
        return tuple(source for readers in self._readers() for source in readers.sources)

    def _removals(self) -> Removals:
        # boto3 takes half a second to import, and most servers have no need of it
        from mendline.aws.removal import Removals  # noqa: PLC0415 - see above

        sources = self._sources()
        if not sources:
            raise UsageError("No AWS account is named. The setting aws_sources says which may be reached.")
        if self._made is None or self._made[0] != sources:
            self._made = (sources, Removals(self._folder, sources, self._clock))
        return self._made[1]
