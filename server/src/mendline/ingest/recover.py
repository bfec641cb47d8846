"""What an earlier process left in the folder of a spool: whole records are kept, and nothing stops the start."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from mendline.ingest.damaged import Damaged
from mendline.ingest.segment import SUFFIX, Record, first_offset, is_segment, read_records


def segments_in(folder: Path, damaged: Damaged) -> list[Path]:
    """The files of a spool in the order of their offsets; what only looks like one is set aside."""
    found: list[Path] = []
    end = -1
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        try:
            if not is_segment(path):
                damaged.move(path, "Its name is not the offset of its first byte, so that it is no file of the spool.")
            elif first_offset(path) < end:
                damaged.move(path, f"Its offsets are those of {found[-1].name} too: one of the two is a copy.")
            else:
                end = first_offset(path) + path.stat().st_size
                found.append(path)
        except OSError as error:
            damaged.move(path, f"It cannot be read ({error}).")
    return found


@dataclass(slots=True)
class Recovered:
    """The files that hold something behind what is stored, the offset behind all, and where damage could not be cut."""

    segments: list[Path] = field(default_factory=list)
    end: int = 0
    uncut: set[tuple[Path, int]] = field(default_factory=set)


def recover(segments: list[Path], done: int, damaged: Damaged, know: Callable[[Record], None]) -> Recovered:
    """Look through the files of a spool, of which all before `done` is stored: damage is cut off, and files that hold
    nothing more are deleted. `know` is told every record."""
    recovered = Recovered()
    for path in segments:
        base = first_offset(path)
        try:
            size = path.stat().st_size
            good = _undamaged_end(path, size, done, know)
            reason = f"It is torn or damaged behind byte {good - base}."
            if good < base + size:
                if damaged.copy(path, reason, behind=good - base):
                    os.truncate(path, good - base)
                else:
                    recovered.uncut.add((path, good))
            if good > done:
                recovered.segments.append(path)
            else:
                path.unlink()
        except OSError as error:
            damaged.move(path, f"It cannot be read ({error}).")
            size = 0
        # Offsets behind damage are not given out again: a token of before must never meet other bytes.
        recovered.end = max(recovered.end, base + size)
    return recovered


def _undamaged_end(path: Path, size: int, done: int, know: Callable[[Record], None]) -> int:
    """The offset behind the last whole record; what is damaged before `done` does not matter, since it is stored."""
    base = end = first_offset(path)
    matters = min(max(base, done), base + size)
    for start in (base, matters):
        if end <= start:
            end = start
            for record in read_records(path, start):
                know(record)
                end = record.end
    return end
