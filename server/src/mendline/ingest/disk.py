"""Free space: requests are refused before the disk is full, and a ballast is given up so that old data can be dropped.

ClickHouse needs about a megabyte to drop a partition; on a full disk it cannot (docs/architecture.md). The ballast is a
file that is deleted when space runs out, and made again when there is room.
"""

from __future__ import annotations

import logging
import os
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path

from mendline.settings import MIB

BALLAST_BYTES = 8 * MIB
_LOOK_EVERY_S = 0.5
log = logging.getLogger(__name__)


class Disk:
    """The disk below a folder. `free` is a parameter for tests; by default it asks the file system."""

    def __init__(
        self,
        folder: Path,
        floor_bytes: int,
        *,
        free: Callable[[], int] | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._ballast = folder / "ballast"
        self._floor = floor_bytes
        self._free = free or (lambda: shutil.disk_usage(folder).free)
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._looked_at = float("-inf")
        self._low = False
        self.look()

    @property
    def floor_bytes(self) -> int:
        """Below so many free bytes nothing is taken in."""
        return self._floor

    def is_low(self) -> bool:
        """Whether nothing more should be taken in. Looks at most every half second."""
        if self._monotonic() - self._looked_at >= _LOOK_EVERY_S:
            self.look()
        return self._low

    def look(self) -> None:
        """Look now: say when space runs out or returns, and give up the ballast or make it again."""
        with self._lock:
            free = self._free()
            self._looked_at = self._monotonic()
            low = free < self._floor
            if low != self._low:
                self._low = low
                log.warning(
                    "Free space is %s the floor of %d MiB (%d MiB are free): %s.",
                    "below" if low else "again above",
                    self._floor // MIB,
                    free // MIB,
                    "requests are refused" if low else "requests are taken",
                )
            if free < self._floor // 2:
                self._ballast.unlink(missing_ok=True)
            elif free > self._floor + 2 * BALLAST_BYTES and not self._ballast.exists():
                self._make_ballast()

    def _make_ballast(self) -> None:
        try:
            with self._ballast.open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, BALLAST_BYTES) if hasattr(os, "posix_fallocate") else file.write(
                    bytes(BALLAST_BYTES)
                )
        except OSError:
            self._ballast.unlink(missing_ok=True)
