"""One process owns a data directory: chDB allows one per path, and the spool has one writer."""

from __future__ import annotations

import contextlib
import fcntl
import os
import sys
from pathlib import Path

from mendline.errors import StoreError, StoreLockedError


class DataLock:
    """Holds the data directory for this process until closed or dead. The file names its owner for the next one."""

    def __init__(self, data: Path) -> None:
        """Take the lock, making the directory first. Raises StoreLockedError naming the process that has it."""
        path = data / "lock"
        try:
            make_private(data)
            self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            why = "it is no directory" if data.exists() and not data.is_dir() else error.strerror
            raise StoreError(
                f"The data directory {data} cannot be {'used' if data.exists() else 'made'}: {why}."
                " Choose another with --data."
            ) from error
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            owner = os.read(self._fd, 400).decode("utf-8", "replace").strip() or "unknown process"
            os.close(self._fd)
            raise StoreLockedError(f"The data directory {data} is in use by {owner}.") from None
        os.ftruncate(self._fd, 0)
        os.pwrite(self._fd, f"process {os.getpid()} ({' '.join(sys.argv)[:300]})\n".encode(), 0)

    def close(self) -> None:
        """Give the directory back."""
        with contextlib.suppress(OSError):
            os.ftruncate(self._fd, 0)
        os.close(self._fd)


def make_private(data: Path) -> None:
    """Make a data directory, for its owner alone; one that is there stays as it is. Raises OSError."""
    if not data.is_dir():
        data.parent.mkdir(parents=True, exist_ok=True)
        data.mkdir(mode=0o700, exist_ok=True)
