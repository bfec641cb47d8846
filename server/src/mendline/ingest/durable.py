"""Bytes that stay: written whole or not at all, under names that survive a crash."""

from __future__ import annotations

import os
from pathlib import Path

NEW = ".new"  # the suffix of a file that is being written


_MOST_PARTS = 512  # written at once: less than any IOV_MAX


def write_all(fd: int, *parts: bytes) -> None:
    """Write everything at the end of a file; a disk that takes only a part raises OSError with the next part."""
    if len(parts) == 1:
        _write_on(fd, memoryview(parts[0]))
        return
    for first in range(0, len(parts), _MOST_PARTS):
        some = parts[first : first + _MOST_PARTS]
        written = os.writev(fd, some)
        if written < sum(map(len, some)):
            _write_on(fd, memoryview(b"".join(some))[written:])


def _write_on(fd: int, view: memoryview) -> None:
    while view:
        view = view[os.write(fd, view) :]


def write_all_at(fd: int, data: bytes, offset: int) -> None:
    """Write everything at a place of a file."""
    view = memoryview(data)
    while view:
        written = os.pwrite(fd, view, offset)
        view, offset = view[written:], offset + written


def replace_file(path: Path, *parts: bytes) -> None:
    """Put a file in place whose content is `parts`: after a crash the old one is there or the new one, whole."""
    fresh = path.with_suffix(NEW)
    fd = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o644)
    try:
        for part in parts:
            write_all(fd, part)
        os.fsync(fd)
    finally:
        os.close(fd)
    fresh.rename(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make names in a folder durable."""
    fd = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
