"""What was taken in and can never be stored: kept as it came, with the reason, for a person to look at.

It has a cap, so that somebody who sends rubbish cannot fill the disk; what comes over the cap is only counted.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Mapping
from pathlib import Path

from mendline.settings import MIB

MOST_BYTES = 256 * MIB
log = logging.getLogger(__name__)


class Quarantine:
    """A folder of pairs: `NAME.otlp` (or another suffix) with the bytes, `NAME.json` with what is known of them."""

    def __init__(self, folder: Path, *, most_bytes: int = MOST_BYTES) -> None:
        self._folder, self._most_bytes = folder, most_bytes
        self._lock = threading.Lock()
        self._bytes = sum(path.stat().st_size for path in folder.iterdir()) if folder.is_dir() else 0
        self._things = sum(path.suffix == ".json" for path in folder.iterdir()) if folder.is_dir() else 0

    @property
    def things(self) -> int:
        """How many things are kept."""
        return self._things

    @property
    def folder(self) -> Path:
        """Where they are kept."""
        return self._folder

    def has(self, name: str) -> bool:
        """Whether something is kept under a name."""
        return (self._folder / f"{name}.json").exists()

    def keep(self, name: str, data: bytes, about: Mapping[str, object], *, suffix: str = ".otlp") -> bool:
        """Keep some bytes; False where the cap is reached (they are lost, and the log says so)."""
        with self._lock:
            if self._bytes + len(data) > self._most_bytes:
                log.error("The quarantine %s is full; %s is not kept: %s", self._folder, name, about.get("reason"))
                return False
            self._folder.mkdir(parents=True, exist_ok=True)
            path = self._folder / f"{name}{suffix}"
            fresh = not path.exists()
            path.write_bytes(data)
            path.with_suffix(".json").write_text(json.dumps(dict(about), indent=1) + "\n", "utf-8")
            if fresh:
                self._bytes += len(data)
                self._things += 1
        return True
