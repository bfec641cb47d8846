"""What was found damaged on the disk: set aside with the reason beside it, so that it stops nothing and is not lost."""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Callable
from pathlib import Path

log = logging.getLogger(__name__)


class Damaged:
    """A folder of pairs: `NAME` with the bytes as they were found, `NAME.json` with the reason. `found` counts them.

    Nothing here raises: what a disk does not let us set aside is said in the log.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.found = 0

    def tell(self, name: str, reason: str) -> None:
        """Say what is wrong where there are no bytes to keep."""
        self._set_aside(name, reason, None)

    def copy(self, path: Path, reason: str, *, behind: int = 0) -> bool:
        """Keep a copy of what lies behind a place of a file; whether that was done."""

        def put(to: Path) -> None:
            with path.open("rb") as source, to.open("wb") as target:
                source.seek(behind)
                shutil.copyfileobj(source, target)

        return self._set_aside(f"{path.name}.{behind}" if behind else path.name, reason, put)

    def move(self, path: Path, reason: str) -> bool:
        """Take a file or a folder away; whether that was done."""
        return self._set_aside(path.name, reason, path.rename)

    def _set_aside(self, name: str, reason: str, put: Callable[[Path], object] | None) -> bool:
        self.found += 1
        place = self._folder / name
        try:
            self._folder.mkdir(exist_ok=True)
            place = self._unused(name)
            if put:
                put(place)
        except OSError as error:
            log.error("Damaged in the spool: %s. %s It could not be set aside (%s).", name, reason, error)
            return False
        log.error("Damaged in the spool: %s. %s What there was of it is in %s.", name, reason, place)
        try:
            _reason_beside(place).write_text(json.dumps({"file": name, "reason": reason}, indent=1) + "\n", "utf-8")
        except OSError as error:
            log.error("The reason could not be written beside %s (%s).", place, error)
        return True

    def _unused(self, name: str) -> Path:
        place, number = self._folder / name, 1
        while place.exists() or _reason_beside(place).exists():
            number += 1
            place = self._folder / f"{name}-{number}"
        return place


def _reason_beside(place: Path) -> Path:
    return place.with_name(f"{place.name}.json")
