"""AWS as a source of telemetry, wired: what the readers read goes into the default project like all that comes in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mendline.app.projects import Projects
from mendline.clock import Clock
from mendline.ingest.cloudwatch.convert import from_events
from mendline.ingest.counters import Counters
from mendline.model.signal import Export
from mendline.settings import Settings

if TYPE_CHECKING:
    from mendline.aws.scheduler import AwsReaders


def start_reading(settings: Settings, projects: Projects, counters: Counters, clock: Clock) -> AwsReaders | None:
    """Readers at work, or None where the settings name no sources. Raises SettingsError."""
    if not settings.aws_sources:
        return None
    # boto3 takes half a second to import, and most servers have no need of it
    from mendline.aws.scheduler import AwsReaders  # noqa: PLC0415 - see above
    from mendline.aws.sources import load_reading  # noqa: PLC0415 - see above

    receiver = projects.get().receiver

    def emit(exports: Sequence[Export]) -> None:
        """Make them durable, or raise; what was not is read again."""
        for accepted in receiver.accept_exports(exports):
            if accepted.durable is not None:
                accepted.durable.result()

    def convert(
        owner: str, region: str, group: str, stream: str, events: Sequence[Mapping[str, Any]]
    ) -> Sequence[Export]:
        return from_events(owner, region, group, stream, events).exports

    readers = AwsReaders(
        load_reading(Path(settings.aws_sources).expanduser()), settings.data / "aws", emit, convert, clock
    )
    counters.watch_by(
        "mendline_aws_readings",
        "What the readers of AWS have done since the start, by source and region, and kind.",
        ("source", "kind"),
        lambda: {(where, kind): count for where, kinds in readers.figures().items() for kind, count in kinds.items()},
    )
    counters.watch("mendline_aws_denied", "Actions that AWS refuses to the readers.", lambda: len(readers.denied()))
    readers.start()
    return readers
