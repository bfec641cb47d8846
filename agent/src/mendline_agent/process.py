"""What is known of this process: the function it runs, its age, memory, open files, and what it left in /tmp."""

from __future__ import annotations

import os
import sys
import time

from . import __version__

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from .settings import Settings

_PAGE_BYTES = 4096
_LONGEST_INIT_MS = 900_000
_LISTED_FOR_NOTHING = 16
_COUNTED_ANEW, _LOOKED_AFTER = 64, 4  # invocations


class Memory:
    """Resident memory, through a file that is opened once, and how it grew since it was first asked for."""

    __slots__ = ("_file", "_first")

    def __init__(self) -> None:
        self._first = 0
        try:
            self._file = os.open("/proc/self/statm", os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            self._file = -1

    def used_bytes(self) -> int | None:
        """The resident set now; None where there is no /proc."""
        if self._file < 0:
            return None
        return int(os.pread(self._file, 64, 0).split(None, 2)[1]) * _PAGE_BYTES

    def growth_bytes(self, used: int | None) -> int | None:
        """How much more is used than at the end of the environment's first invocation; None at that end."""
        if not used or not self._first:
            self._first = used or 0
            return None
        return used - self._first


class Scratch:
    """The bytes in use on a file system of its own, as Lambda's /tmp is; where it is part of another, nothing."""

    __slots__ = ("_path",)

    def __init__(self, path: str = "/tmp") -> None:  # noqa: S108 - looked at, never written
        try:
            own = os.stat(path).st_dev != os.stat("/").st_dev
        except OSError:
            own = False
        self._path = path if own else ""

    def used_bytes(self) -> int | None:
        """Bytes in use now; one call to the kernel, however many files there are."""
        if not self._path:
            return None
        found = os.statvfs(self._path)
        return (found.f_blocks - found.f_bfree) * found.f_frsize


class OpenFiles:
    """How many file descriptors are open, counted anew when another one is the lowest free, and now and then.

    Which one is, is looked for in each fourth invocation: what leaks is seen soon enough, and files cost as much to
    look at as all else that the process is asked. Where they have to be listed, many are listed the more rarely.
    """

    __slots__ = ("_asked", "_free", "_last", "_path", "_rest")

    def __init__(self, path: str = "/proc/self/fd") -> None:
        self._path = path
        self._free = -2
        self._asked, self._rest = _LOOKED_AFTER - 1, 0
        self._last: int | None = None

    def count(self) -> int | None:
        """The number now, or some invocations ago; None where there is no /proc."""
        self._asked += 1
        if self._asked <= self._rest or self._asked % _LOOKED_AFTER:
            return self._last
        try:
            free = os.dup(0)
            os.close(free)
        except OSError:
            free = -1
        if free != self._free or self._asked > _COUNTED_ANEW:
            self._free, self._asked = free, 0
            self._last = self._counted()
        return self._last

    def _counted(self) -> int | None:
        try:
            size = os.stat(self._path).st_size  # Linux 6.2 and later tell the number as the directory's size
            if not size:
                size = len(os.listdir(self._path)) - 1
                self._rest = size // _LISTED_FOR_NOTHING
        except OSError:
            return None
        return size


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


def resource_attributes(env: Mapping[str, str], settings: Settings, service: str | None) -> dict[str, Any]:
    """OpenTelemetry's resource attributes for a Lambda function; OTEL_RESOURCE_ATTRIBUTES win over what is detected."""
    name = env.get("AWS_LAMBDA_FUNCTION_NAME", "")
    region = env.get("AWS_REGION") or env.get("AWS_DEFAULT_REGION", "")
    detected: dict[str, Any] = {
        "service.name": name or "unknown_service:python",
        "faas.name": name,
        "faas.version": env.get("AWS_LAMBDA_FUNCTION_VERSION", ""),
        "faas.instance": env.get("AWS_LAMBDA_LOG_STREAM_NAME", ""),
        "cloud.provider": "aws",
        "cloud.platform": "aws_lambda",
        "cloud.region": region,
        "process.runtime.name": sys.implementation.name,
        "process.runtime.version": ".".join(str(part) for part in sys.version_info[:3]),
        "telemetry.sdk.name": "mendline",
        "telemetry.sdk.language": "python",
        "telemetry.sdk.version": __version__,
    }
    memory_mb = env.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "")
    if memory_mb.isdigit():
        detected["faas.max_memory"] = int(memory_mb) * 1024 * 1024
    attributes = {key: value for key, value in detected.items() if value != ""}
    attributes.update(settings.resource_attributes)
    chosen = service or settings.service_name
    if chosen:
        attributes["service.name"] = chosen
    return attributes


def account_of(arn: str) -> str:
    """The account id in an ARN, or an empty text."""
    parts = arn.split(":")
    return parts[4] if len(parts) > 5 else ""
