"""How far a reading has come, in one small file that is replaced whole, together with what is being handed over.

What is about to be handed over is written down first and taken out when it is durable elsewhere. After a crash in
between, the very same bytes are handed over again, which the receiving side knows as a repeat (INTERFACES, Store).
"""

from __future__ import annotations

import base64
import contextlib
import json
import logging
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from mendline.model.signal import Export, Signal

Emit = Callable[[Sequence[Export]], None]
log = logging.getLogger(__name__)


class Progress:
    """The state of one kind of reading. `state` is the reader's to change, between two calls of `commit`."""

    def __init__(self, path: Path, emit: Emit) -> None:
        self._path = path
        self._emit = emit
        self.damaged = False
        self.state: dict[str, Any] = {}
        self._pending: list[Export] = []
        self._load()
        self._written = ""

    def resume(self) -> None:
        """Hand over what was not known to be durable when the server ended or `emit` failed."""
        if self._pending:
            self._emit(self._pending)
            self._pending = []
            self._save()

    def commit(self, exports: Sequence[Export] = ()) -> None:
        """Keep the state and hand over the exports: both or, after a failure here, both by the next `resume`.

        What `emit` raises is raised; then call `resume` before reading on.
        """
        self.resume()
        self._pending = list(exports)
        self._save()
        self.resume()

    def _load(self) -> None:
        try:
            document = json.loads(self._path.read_text("utf-8"))
            state, pending = dict(document["state"]), [_export(entry) for entry in document["pending"]]
        except FileNotFoundError:
            return
        except (LookupError, TypeError, ValueError):
            self._set_aside()
        else:
            self.state, self._pending = state, pending

    def _set_aside(self) -> None:
        self.damaged = True
        aside = self._path.with_suffix(".damaged")
        log.warning("%s is damaged; it is kept as %s, and reading starts anew.", self._path, aside.name)
        with contextlib.suppress(OSError):
            self._path.replace(aside)

    def _save(self) -> None:
        pending = [
            {"signal": export.signal.value, "body": base64.b64encode(export.body).decode()} for export in self._pending
        ]
        text = json.dumps({"state": self.state, "pending": pending}, separators=(",", ":"))
        if text == self._written:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._path.with_suffix(".new")
        fd = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with open(fd, "w", encoding="utf-8") as file:  # noqa: PTH123 - a descriptor, for its mode
            file.write(text)
            file.flush()
            os.fsync(fd)
        fresh.replace(self._path)
        self._sync_folder()
        self._written = text

    def _sync_folder(self) -> None:
        fd = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)


def _export(entry: dict[str, str]) -> Export:
    return Export(Signal(entry["signal"]), base64.b64decode(entry["body"]))
