"""The parts that each project has of its own: its store, its spool and the writer between them, and its way in."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from anyio import to_thread

from mendline.errors import MendlineError
from mendline.ingest.quarantine import Quarantine
from mendline.ingest.receive import Receiver
from mendline.ingest.spool import Spool
from mendline.ingest.writer import Writer
from mendline.store import ClickHouseStore
from mendline.store.state import DEFAULT_PROJECT

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Project:
    """One project that this server has opened."""

    name: str
    store: ClickHouseStore
    spool: Spool
    quarantine: Quarantine
    writer: Writer
    receiver: Receiver

    def close(self) -> None:
        """Store what is in the spool if that is quick, then let go of both."""
        if self.writer.stop():
            self.spool.close()
            self.store.close()
        else:
            self.spool.refuse()  # files and store stay open under the writer, which ends with the process
            log.warning("The store of project %s does not answer; what is in the spool is stored next time.", self.name)


class Projects:
    """The projects of this server, each opened when first asked for. Safe to use from several threads.

    `open_one` opens a project by its name, and raises a MendlineError when it cannot.
    """

    def __init__(self, open_one: Callable[[str], Project]) -> None:
        self._open_one = open_one
        self._opening = threading.Lock()
        self._opened: dict[str, Project] = {}

    def get(self, name: str = DEFAULT_PROJECT) -> Project:
        """The project of that name; opening one for the first time takes a second or two."""
        found = self._opened.get(name)
        if found is None:
            with self._opening:
                found = self._opened.get(name)
                if found is None:
                    found = self._opened[name] = self._open_one(name)
        return found

    async def reach(self, name: str) -> Project:
        """The project of that name, as get answers it, without a thread where it is open: none may be free."""
        found = self._opened.get(name)
        return found if found is not None else await to_thread.run_sync(self.get, name)

    def open_left_behind(self, data: Path) -> None:
        """Open those of which an earlier process left a spool, so that what is in it is stored. One that cannot be
        opened keeps nobody else from it."""
        for name in left_behind(data):
            try:
                self.get(name)
            except (MendlineError, OSError) as error:
                log.error("What is in the spool of project '%s' cannot be stored: %s", name[:80], error)

    def opened(self) -> Iterable[Project]:
        """Those that are open now."""
        return tuple(self._opened.values())

    def close(self) -> None:
        """Close all of them."""
        with self._opening:
            for project in self._opened.values():
                project.close()
            self._opened.clear()


def spool_of(data: Path, project: str) -> Path:
    """Where a project's spool lies."""
    return data / "spool" / project


def last_stored(data: Path) -> datetime | None:
    """When something that was received was last stored, in any project (UTC); None when nothing ever was."""
    latest = max((path.stat().st_mtime for path in (data / "spool").glob("*/journal")), default=0.0)
    return datetime.fromtimestamp(latest, UTC) if latest else None


def left_behind(data: Path) -> list[str]:
    """Projects that have a spool: an earlier process may have left something in it that is to be stored."""
    folder = data / "spool"
    if not folder.is_dir():
        return []
    return sorted(path.name for path in folder.iterdir() if (path / "journal").exists() or any(path.glob("*.segment")))
