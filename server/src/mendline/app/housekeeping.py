"""What is done now and then beside everything else: old data is dropped, soon after the start and every hour; what the
disk refused is made good within seconds, and nothing is merged while it is nearly full."""

from __future__ import annotations

import logging
import threading
import time

from mendline.app.projects import Projects
from mendline.clock import Clock
from mendline.errors import StoreError
from mendline.ingest.disk import Disk

EVERY_SECONDS = 3600.0
_LOOK_SECONDS, _MEND_SECONDS = 0.5, 10.0
log = logging.getLogger(__name__)


class Housekeeping:
    """A thread of its own, from `start` to `stop`."""

    def __init__(self, projects: Projects, clock: Clock, disk: Disk) -> None:
        self._projects, self._clock, self._disk = projects, clock, disk
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="housekeeping", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End, after what is being done just now."""
        self._stopping.set()
        self._thread.join()

    def drop_expired(self) -> None:
        """Drop what is older than the retention, in every open project. What fails is tried again in an hour."""
        for project in self._projects.opened():
            try:
                dropped = project.store.drop_expired(self._clock.now().date())
            except StoreError as error:
                log.warning("Project %s: %s Trying again in an hour.", project.name, error.message)
                continue
            if dropped:
                days = sorted({day for _, day in dropped})
                log.info("Project %s: dropped what is older than its retention: %s.", project.name, ", ".join(days))

    def look_at_disk(self, *, low: bool) -> None:
        """See ClickHouseStore.look_at_disk; of every open project. What fails is tried again in ten seconds."""
        for project in self._projects.opened():
            try:
                project.store.look_at_disk(low=low)
            except StoreError as error:
                log.warning("Project %s: %s Trying again in ten seconds.", project.name, error.message)

    def _run(self) -> None:
        dropped = looked = float("-inf")
        was_low = False
        while not self._stopping.is_set():
            now, low = time.monotonic(), self._disk.is_low()
            if low != was_low or now - looked >= _MEND_SECONDS:
                looked, was_low = now, low
                self.look_at_disk(low=low)
            if now - dropped >= EVERY_SECONDS:
                dropped = now
                self.drop_expired()
            self._stopping.wait(_LOOK_SECONDS)
