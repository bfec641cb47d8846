"""What a log line of Lambda can be: an event of the platform, or a line that a function wrote."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

Value: TypeAlias = "bool | int | float | str | Sequence[Value] | Mapping[str, Value] | None"

UUID = re.compile(r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}")
_XRAY_ROOT = re.compile(r"1-([0-9a-fA-F]{8})-([0-9a-fA-F]{24})")


class PlatformKind(StrEnum):
    """The values of `mendline.platform`: which event of the platform a record is."""

    START = "start"
    END = "end"
    REPORT = "report"
    RUNTIME_DONE = "runtime_done"
    INIT_START = "init_start"
    INIT_REPORT = "init_report"
    INIT_RUNTIME_DONE = "init_runtime_done"
    RESTORE_START = "restore_start"
    RESTORE_REPORT = "restore_report"
    RESTORE_RUNTIME_DONE = "restore_runtime_done"
    TIMEOUT = "timeout"
    EXIT = "exit"
    EXTENSION = "extension"
    TELEMETRY = "telemetry"
    FAULT = "fault"
    LOGS_DROPPED = "logs_dropped"


@dataclass(frozen=True, slots=True)
class XRay:
    """The X-Ray identity of an invocation, as the platform writes it; empty and None where it does not say."""

    trace_id: str = ""
    segment_id: str = ""
    sampled: bool | None = None


@dataclass(frozen=True, slots=True)
class PlatformEvent:
    """A line of the platform: its kind, whose invocation it tells of, and its facts under attribute names.

    `text` is the line as it came. Durations are milliseconds, sizes bytes (a MB of Lambda is 1024 * 1024).
    """

    kind: PlatformKind
    text: str
    request_id: str = ""
    facts: Mapping[str, Value] = field(default_factory=dict)
    xray: XRay | None = None


@dataclass(frozen=True, slots=True)
class FunctionLine:
    """A line of a function or an extension: what it says, and what its logger said with it.

    `level` and `timestamp` are as written. `certain` tells whether the request id is Lambda's for sure, or merely a
    field of that name in somebody's JSON. `trace` (16 bytes) and `span` (8 bytes) are hex, or empty.
    """

    message: Value
    level: str = ""
    timestamp: str = ""
    request_id: str = ""
    attributes: Mapping[str, Value] = field(default_factory=dict)
    certain: bool = True
    trace: str = ""
    span: str = ""


def trace_of_root(root: str) -> str:
    """The 32 hex digits of an OpenTelemetry trace id for an X-Ray root (`1-5759e988-bd86…`); empty when it is none."""
    match = _XRAY_ROOT.fullmatch(root)
    return (match[1] + match[2]).lower() if match else ""


def clean(text: str) -> str:
    """The text as UTF-8 can have it: halves of surrogate pairs become question marks."""
    if text.isascii():
        return text
    return text.encode("utf-8", "replace").decode()
