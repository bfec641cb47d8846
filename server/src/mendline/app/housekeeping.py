"""What is done now and then beside everything else: old data is dropped, soon after the start and every hour."""

from __future__ import annotations

import logging
import threading

from mendline.app.projects import Projects
from mendline.clock import Clock
from mendline.errors import StoreError

EVERY_SECONDS = 3600.0
log = logging.getLogger(__name__)


class Housekeeping:
    """A thread of its own, from `start` to `stop`."""

    def __init__(self, projects: Projects, clock: Clock) -> None:
        self._projects, self._clock = projects, clock
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

    def _run(self) -> None:
        while not self._stopping.is_set():
            self.drop_expired()
            self._stopping.wait(EVERY_SECONDS)
