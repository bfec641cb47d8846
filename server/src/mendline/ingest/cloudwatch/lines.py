"""Any line of a Lambda log, read: an event of the platform where it is one, else what a function said.

Never raises; takes time in proportion to the text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from mendline.ingest.cloudwatch.events import FunctionLine, PlatformEvent, Value
from mendline.ingest.cloudwatch.function_text import parse_function_text
from mendline.ingest.cloudwatch.json_lines import load_object, read_object
from mendline.ingest.cloudwatch.platform_json import parse_platform_json
from mendline.ingest.cloudwatch.platform_text import STARTS, parse_platform_text
from mendline.ingest.cloudwatch.stacks import NBSP

# Other tools put a time, the log stream or the group before a line, or wrap it in JSON or colours.
_INSIDE = re.compile(
    r"(?:START|END|REPORT) RequestId:|(?:INIT|RESTORE)_(?:START|REPORT)\s|(?:EXTENSION|TELEMETRY|LOGS)\s{1,4}Name:"
    r"|RequestId: |\d{4}-\d\d-\d\dT[\d:.]{5,20}Z?\s[0-9a-f-]{36}\sTask timed out after "
)
_HINTS = ("RequestId:", "_START", "_REPORT", "Name:", "Task timed out")  # one of them is in all that _INSIDE finds
_WRAPPED_FROM = frozenset("0123456789[/\"' \t\x1b{<(")
_PREFIX = 256
_STAMP = re.compile(r"[\d:.,TZ+/-]{1,64}")
_STREAM = re.compile(r"\d{4}/\d\d/\d\d/?[^\s\[\]]{0,140}\[[^\s\]]{1,128}\]\S{0,64}")
_DRIVERS = frozenset(("stdout", "stderr", "F", "P"))  # container runtimes write them before each line
_COLOUR = re.compile(r"\x1b\[[0-9;]{0,16}m")
_ENVELOPES = ("message", "@message", "log", "event", "msg")
_LOGGER_KEYS = ("level", "log_level", "severity", "levelname", "logger")


def parse_line(text: str) -> PlatformEvent | FunctionLine:
    """What a line is. The text may end in line breaks; they are no part of what it says."""
    text = text.rstrip("\r\n")
    if text.startswith(STARTS):
        event = parse_platform_text(text)
        if event is not None:
            return event
    first = text[:1]
    if first == "{":
        return _json(text, nested=False)
    if first in _WRAPPED_FROM:
        event = _unwrapped(text)
        if event is not None:
            return event
    if "\r" in text:
        text = _own_breaks(text)
    return parse_function_text(text)


def _json(text: str, *, nested: bool) -> PlatformEvent | FunctionLine:
    line = load_object(text)
    if line is None:
        return FunctionLine(text)
    kind = line.get("type")
    if isinstance(kind, str) and "record" in line:
        if kind.startswith("platform."):
            event = parse_platform_json(line, text)
            if event is not None:
                return event
        elif kind in ("function", "extension") and not nested:
            return _of_telemetry(line, text)
    if not nested:
        event = _in_envelope(line, text)
        if event is not None:
            return event
    return read_object(line, text)


def _of_telemetry(line: Mapping[str, Value], text: str) -> PlatformEvent | FunctionLine:
    """A `function` or `extension` event of the Telemetry API: its record is the line."""
    record = line["record"]
    if isinstance(record, str):
        return parse_function_text(record.rstrip("\r\n"))
    if isinstance(record, Mapping):
        return read_object(record, text)
    return FunctionLine(text)


def _in_envelope(line: Mapping[str, Value], text: str) -> PlatformEvent | None:
    """The platform's line inside somebody's JSON; a logger's own record is not one, whatever its message says."""
    if any(key in line for key in _LOGGER_KEYS):
        return None
    for key in _ENVELOPES:
        inner = line.get(key)
        if not isinstance(inner, str):
            continue
        inner = inner.strip()
        event: PlatformEvent | FunctionLine | None
        event = _json(inner, nested=True) if inner.startswith("{") else parse_platform_text(inner) or _unwrapped(inner)
        return replace(event, text=text) if isinstance(event, PlatformEvent) else None
    return None


def _unwrapped(text: str) -> PlatformEvent | None:
    head = text[:_PREFIX]
    if not any(hint in head for hint in _HINTS):
        return None
    if "\x1b" in head:
        text = _COLOUR.sub("", text)
        head = text[:_PREFIX]
    match = _INSIDE.search(head)
    if match is None or not all(_is_wrapping(word) for word in head[: match.start()].split()):
        return None
    event = parse_platform_text(text[match.start() :].rstrip("\"' ,}])"))
    return replace(event, text=text) if event is not None else None


def _is_wrapping(word: str) -> bool:
    bare = word.strip("\"',[](){}<>|")
    return (
        not bare
        or bool(_STAMP.fullmatch(bare))
        or bare.startswith("/aws/lambda/")
        or bool(_STREAM.fullmatch(word.strip("\"',")))
        or bare in _DRIVERS
    )


def _own_breaks(text: str) -> str:
    """Real line breaks where a runtime client wrote CR and NBSP to keep a stack trace in one event."""
    text = text.replace("\r\n", "\n")
    if "\r" in text and ("Traceback (most" in text or NBSP in text or "\r\tat " in text or "\r    at " in text):
        return text.replace("\r", "\n").replace(NBSP, " ")
    return text
