"""What the kernel knows of this process: its age and its memory."""

from __future__ import annotations

import os
import time

_PAGE_BYTES = 4096
_LONGEST_INIT_MS = 900_000


class Memory:
    """Resident memory, through a file that is opened once."""

    __slots__ = ("_file",)

    def __init__(self) -> None:
        try:
            self._file = os.open("/proc/self/statm", os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            self._file = -1

    def used_bytes(self) -> int | None:
        """The resident set now; None where there is no /proc."""
        if self._file < 0:
            return None
        return int(os.pread(self._file, 128, 0).split()[1]) * _PAGE_BYTES


def age_ms() -> float | None:
    """Milliseconds since the process was started, exact to the kernel's tick of 10 ms; None where unknown."""
    try:
        with open("/proc/self/stat", "rb") as file:
            after_name = file.read(1024).rpartition(b")")[2].split()
        started_s = int(after_name[19]) / os.sysconf("SC_CLK_TCK")
        age = (time.clock_gettime(time.CLOCK_BOOTTIME) - started_s) * 1000
    except (OSError, ValueError, IndexError, AttributeError):
        return None
    return round(age, 1) if 0 <= age < _LONGEST_INIT_MS else None
