"""What the writer is about to store, written down before it does: after a crash it stores exactly the same again.

A batch that grew between two attempts under one token would lose the difference (INTERFACES, Store). The file has two
places, each for one line `NUMBER DONE FIRST END CRC-32`, written in turn: a write cut short leaves the line before it,
and the highest number counts. The file never grows, so that it can be written on a full disk too.
"""

from __future__ import annotations

import logging
import os
import re
import zlib
from dataclasses import dataclass
from pathlib import Path

from mendline.ingest.damaged import Damaged
from mendline.ingest.durable import sync_folder, write_all_at

PLACES, PLACE_BYTES = 2, 4096  # apart by a block of the disk: what is cut short in one does not touch the other
_LINE = re.compile(rb"((\d{20}) (\d{20}) (\d{20}) (\d{20})) ([0-9a-f]{8})\n")
_OLD_LINE = re.compile(rb"((?:begin (\d+)|done) (\d+)) ([0-9a-f]{8})")
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Entry:
    """A line: its number, up to where all is stored, and the borders of the batch begun (equal ones: none is)."""

    number: int
    done: int
    first: int = 0
    end: int = 0

    def encode(self) -> bytes:
        """The line, with its checksum, over the whole of its place."""
        text = b"%020d %020d %020d %020d" % (self.number, self.done, self.first, self.end)
        return (text + b" " + _checksum(text) + b"\n").ljust(PLACE_BYTES, b"\0")


class Journal:
    """The borders of batches. `done` is the offset up to which all is stored; `open_batch` one begun but not done.

    A new journal begins at `first`. `begun` is what the store knows of the last batch (TelemetryStore.last_batch): a
    journal that is damaged, gone or older than that goes on from there, so that nothing is stored twice.
    """

    def __init__(self, path: Path, damaged: Damaged, *, first: int = 0, begun: tuple[int, int] | None = None) -> None:
        data = _bytes_of(path, damaged)
        told, trouble = _read(data)
        self._entry = _at_least(told or _Entry(0, first), begun)
        if told and not trouble and self._entry != told:
            trouble = "It does not know of a batch that the store has."
        if trouble:
            damaged.copy(path, trouble)
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        if self._entry != told or trouble or data is None or len(data) != PLACES * PLACE_BYTES:
            self._write_anew(path, empty=data is None)

    @property
    def done(self) -> int:
        """The offset up to which all is stored."""
        return self._entry.done

    @property
    def open_batch(self) -> tuple[int, int] | None:
        """The borders of the batch that was begun and is not done."""
        return (self._entry.first, self._entry.end) if self._entry.first < self._entry.end else None

    def begin(self, first: int, end: int) -> None:
        """Write down, durably, that [first, end) is stored next. Raises OSError; then nothing was begun."""
        entry = _Entry(self._entry.number + 1, self._entry.done, first, end)
        self._write(entry)
        os.fdatasync(self._fd)
        self._entry = entry

    def finish(self, end: int) -> None:
        """Write down that all before `end` is stored. Not synced: if it is lost, the same batch is repeated."""
        self._entry = _Entry(self._entry.number + 1, end)
        try:
            self._write(self._entry)
        except OSError as error:  # the next batch says it again; a crash before repeats this one
            log.warning("The journal of the spool could not be written (%s); it is tried again.", error)

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._fd)

    def _write(self, entry: _Entry) -> None:
        write_all_at(self._fd, entry.encode(), entry.number % PLACES * PLACE_BYTES)

    def _write_anew(self, path: Path, *, empty: bool) -> None:
        """Write both places. The time of a new file stays that of nothing stored: a start is no batch."""
        for number in range(self._entry.number, self._entry.number + PLACES):
            self._entry = _Entry(number, self._entry.done, self._entry.first, self._entry.end)
            self._write(self._entry)
        os.ftruncate(self._fd, PLACES * PLACE_BYTES)
        if empty:
            os.utime(self._fd, ns=(0, 0))
        os.fsync(self._fd)
        sync_folder(path.parent)


def _bytes_of(path: Path, damaged: Damaged) -> bytes | None:
    """What lies in the file; None where there is none, or it cannot be read and was set aside."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        damaged.move(path, f"It cannot be read ({error}).")
        return None


def _at_least(told: _Entry, begun: tuple[int, int] | None) -> _Entry:
    """What holds where the store has begun a batch: all before it is stored, and it may not be, unless more is told."""
    if begun is None or told.done >= begun[1] or (told.first, told.end) == begun or told.first >= begun[1]:
        return told
    return _Entry(told.number, begun[0], *begun)


def _read(data: bytes | None) -> tuple[_Entry | None, str]:
    """The last entry of a file, and what is wrong with the file."""
    if data is None:
        return None, ""
    if data.startswith((b"begin ", b"done ")):
        return _read_lines(data), ""
    entries: list[_Entry] = []
    broken = len(data) < PLACES * PLACE_BYTES
    for place in range(PLACES):
        match = _LINE.match(data, place * PLACE_BYTES)
        if match and match[6] == _checksum(match[1]):
            entries.append(_Entry(*map(int, match.groups()[1:5])))
        else:
            broken = True
    if not entries:
        return None, "Neither of its lines can be read."
    return max(entries, key=lambda entry: entry.number), "One of its two lines cannot be read." if broken else ""


def _read_lines(data: bytes) -> _Entry:
    """A journal as it was until November 2026: a line for each change, of which the last of each kind counts."""
    done = first = end = 0
    for match in _OLD_LINE.finditer(data):
        if match[4] == _checksum(match[1]):
            if match[2]:
                first, end = int(match[2]), int(match[3])
            else:
                done = max(done, int(match[3]))
    return _Entry(0, done, first, end) if end > done else _Entry(0, done)


def _checksum(text: bytes) -> bytes:
    return b"%08x" % zlib.crc32(text)
