"""The platform's lines in Lambda's text log format, in all the shapes that eight years and many tools gave them.

Every pattern here is bounded: no text makes one of them search for long.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable

from mendline.ingest.cloudwatch.events import UUID, PlatformEvent, PlatformKind, Value, XRay

MIB = 1024 * 1024
_LONGEST = 8192  # lines of the platform are far shorter; what follows is not searched
_UUID = UUID.pattern
_ID = rf"({_UUID}|[^\s\\]{{1,128}})"
_OF_REQUEST = re.compile(rf"(START|END|REPORT) RequestId:\s{{0,4}}{_ID}")
_VERSION = re.compile(r"Version:\s{0,4}(\$?\w{1,64})")
_NUMBER = r"([0-9][0-9,]{0,20}(?:\.[0-9]{1,20})?(?:[eE][-+]?[0-9]{1,2})?)"
_FIELD = re.compile(
    r"(Billed Restore Duration|Restore Duration|Billed Duration|Init Duration|Duration|Max Memory Used|Memory Size)"
    rf"\s{{0,4}}:\s{{0,4}}{_NUMBER}\s{{0,4}}(ms|us|seconds|s|KB|MB|GB|B)?"
)
_STATUS = re.compile(r"Status\s{0,4}:\s{0,4}(success|failure|error|timeout)", re.IGNORECASE)
_ERROR_TYPE = re.compile(r"Error Type\s{0,4}:\s{0,4}([A-Za-z_][\w.]{0,200})")
_PHASE = re.compile(r"Phase\s{0,4}:\s{0,4}(init|invoke|restore)", re.IGNORECASE)
_XRAY = re.compile(r"XRAY TraceId\s{0,4}:\s{0,4}(1-[0-9a-fA-F]{8}-[0-9a-fA-F]{24})")
_SEGMENT = re.compile(r"SegmentId\s{0,4}:\s{0,4}([0-9a-fA-F]{16})")
_SAMPLED = re.compile(r"Sampled\s{0,4}:\s{0,4}(true|false)", re.IGNORECASE)
_RUNTIME = re.compile(r"Runtime Version:\s{0,4}(\S{1,200})")
_RUNTIME_ARN = re.compile(r"Runtime Version ARN:\s{0,4}(\S{1,300})")
_EXTENSION = re.compile(r"(EXTENSION|TELEMETRY|LOGS)\s{1,4}Name:\s{0,4}([^\t\n]{1,200}?)\s{0,4}State:\s{0,4}(\w{1,40})")
_TIMED_OUT = re.compile(
    rf"\d{{4}}-\d\d-\d\dT[\d:.]{{5,20}}Z?\s({_UUID})\sTask timed out after (\d{{1,9}}(?:\.\d{{1,9}})?) seconds"
)
_TIMEOUT = re.compile(r"Task timed out after (\d{1,9}(?:\.\d{1,9})?) seconds")
_OF_RUNTIME = re.compile(rf"RequestId:\s{{0,4}}({_UUID})\s{{1,4}}(.{{1,4096}})", re.DOTALL)
_ENDINGS = ("Runtime exited", "Process exited", "Couldn't find valid bootstrap", "fork/exec ", "exit code", "Unknown ")
_FAILED_TYPE = re.compile(r"\s((?:Runtime|Extension|Function|Sandbox)\.\w{1,100})\s{0,4}$")

_UNITS_MS = {"ms": 1.0, "us": 0.001, "s": 1000.0, "seconds": 1000.0}
_UNITS_BYTES = {"B": 1, "KB": 1024, "MB": MIB, "GB": 1024 * MIB}
_DURATIONS = {
    "Duration": "mendline.duration_ms",
    "Billed Duration": "mendline.billed_ms",
    "Init Duration": "mendline.init_ms",
    "Restore Duration": "mendline.restore_ms",
    "Billed Restore Duration": "mendline.billed_restore_ms",
}
_SIZES = {"Memory Size": "mendline.memory.size_bytes", "Max Memory Used": "mendline.memory.used_bytes"}


def parse_platform_text(text: str) -> PlatformEvent | None:
    """The platform event that this text is, from its first character on; None when a function may have written it."""
    if text.startswith(STARTS):
        return next(read for start, read in _READERS if text.startswith(start))(text)
    if text[:1].isdigit() and "Task timed out" in text[:120]:
        match = _TIMED_OUT.match(text)
        return _timeout(text, match[1], match[2]) if match else None
    return None


def parse_xray_tail(text: str) -> XRay | None:
    """What `XRAY TraceId: … SegmentId: … Sampled: …` says, wherever it stands in the first lines of the text."""
    head = text[:_LONGEST]
    root = _XRAY.search(head)
    if not root:
        return None
    segment, sampled = _SEGMENT.search(head), _SAMPLED.search(head)
    return XRay(root[1], segment[1] if segment else "", sampled[1].lower() == "true" if sampled else None)


def milliseconds(number: float) -> float | None:
    """A duration that can be one: finite and not negative."""
    return float(number) if math.isfinite(number) and number >= 0 else None


def timed_out(facts: dict[str, Value]) -> None:
    """Give a timeout its error type where the platform names none."""
    if facts.get("mendline.status") == "timeout":
        facts.setdefault("error.type", "Function.Timeout")


def _of_request(text: str) -> PlatformEvent | None:
    report = text.find("\nREPORT RequestId:", 0, _LONGEST)
    if report > 0:  # START, END and REPORT in one event: the report tells most
        return _of_request(text[report + 1 :])
    match = _OF_REQUEST.match(text)
    if not match:
        return None
    word, request_id = match[1], match[2]
    rest = text[match.end() : _LONGEST]
    if word == "START":
        version = _VERSION.search(rest)
        return PlatformEvent(PlatformKind.START, text, request_id, {"faas.version": version[1]} if version else {})
    if word == "END":
        return PlatformEvent(PlatformKind.END, text, request_id)
    facts = _report_facts(rest)
    timed_out(facts)
    return PlatformEvent(PlatformKind.REPORT, text, request_id, facts, parse_xray_tail(rest))


def _report_facts(text: str) -> dict[str, Value]:
    facts: dict[str, Value] = {}
    for label, number, unit in _FIELD.findall(text):
        amount = float(number.replace(",", ""))
        if label in _SIZES:
            size = amount * _UNITS_BYTES.get(unit, MIB)
            if size < 2**63:
                facts.setdefault(_SIZES[label], int(size))
        else:
            duration_ms = milliseconds(amount * _UNITS_MS.get(unit, 1.0))
            if duration_ms is not None:
                facts.setdefault(_DURATIONS[label], duration_ms)
    status = _STATUS.search(text)
    if status:
        facts["mendline.status"] = status[1].lower()
    error_type = _ERROR_TYPE.search(text)
    if error_type:
        facts["error.type"] = error_type[1].removesuffix("XRAY")
    return facts


def _init_start(text: str) -> PlatformEvent:
    facts: dict[str, Value] = {}
    version, arn = _RUNTIME.search(text[:_LONGEST]), _RUNTIME_ARN.search(text[:_LONGEST])
    if version:
        facts["mendline.runtime.version"] = version[1]
    if arn:
        facts["mendline.runtime.arn"] = arn[1]
    kind = PlatformKind.INIT_START if text.startswith("INIT") else PlatformKind.RESTORE_START
    return PlatformEvent(kind, text, facts=facts)


def _init_report(text: str) -> PlatformEvent | None:
    head = text[:_LONGEST]
    facts = _report_facts(head)
    if not facts:
        return None
    phase = _PHASE.search(head)
    if phase:
        facts["mendline.phase"] = phase[1].lower()
    timed_out(facts)
    kind = PlatformKind.INIT_REPORT if text.startswith("INIT") else PlatformKind.RESTORE_REPORT
    return PlatformEvent(kind, text, facts=facts)


def _extension(text: str) -> PlatformEvent | None:
    head = text[:_LONGEST]
    match = _EXTENSION.match(head)
    if not match:
        return None
    facts: dict[str, Value] = {"mendline.extension.name": match[2], "mendline.extension.state": match[3]}
    error_type = _ERROR_TYPE.search(head)
    if error_type:
        facts["error.type"] = error_type[1]
    kind = PlatformKind.EXTENSION if match[1] == "EXTENSION" else PlatformKind.TELEMETRY
    return PlatformEvent(kind, text, facts=facts)


def _dropped(text: str) -> PlatformEvent:
    return PlatformEvent(PlatformKind.LOGS_DROPPED, text)


def _of_runtime(text: str) -> PlatformEvent | None:
    match = _OF_RUNTIME.match(text)
    if not match:
        return None
    request_id, words = match[1], match[2]
    timeout = _TIMEOUT.search(words[:80])
    if timeout:
        return _timeout(text, request_id, timeout[1])
    return _exit(text, request_id, words.removeprefix("Error: "))


def _of_exit(text: str) -> PlatformEvent | None:
    return _exit(text, "", text[:4096])


def _exit(text: str, request_id: str, words: str) -> PlatformEvent | None:
    named = _FAILED_TYPE.search(words)
    if not named and not words.startswith(_ENDINGS):
        return None  # a function may begin a line of its own with the request id
    message = words[: named.start()] if named else words
    facts: dict[str, Value] = {
        "error.type": named[1] if named else "Runtime.ExitError",
        "exception.message": message.strip(),
    }
    return PlatformEvent(PlatformKind.EXIT, text, request_id, facts)


def _timeout(text: str, request_id: str, seconds: str) -> PlatformEvent:
    facts: dict[str, Value] = {"error.type": "Function.Timeout", "mendline.timeout_ms": float(seconds) * 1000}
    return PlatformEvent(PlatformKind.TIMEOUT, text, request_id, facts)


_READERS: tuple[tuple[str, Callable[[str], PlatformEvent | None]], ...] = (
    ("START RequestId:", _of_request),
    ("END RequestId:", _of_request),
    ("REPORT RequestId:", _of_request),
    ("INIT_START Runtime Version", _init_start),
    ("INIT_REPORT ", _init_report),
    ("INIT_REPORT\t", _init_report),
    ("RESTORE_START Runtime Version", _init_start),
    ("RESTORE_REPORT ", _init_report),
    ("RESTORE_REPORT\t", _init_report),
    ("EXTENSION", _extension),
    ("TELEMETRY", _extension),
    ("LOGS DROPPED", _dropped),
    ("LOGS_DROPPED", _dropped),
    ("LOGS", _extension),
    ("RequestId:", _of_runtime),
    ("Runtime exited with error:", _of_exit),
    ("Runtime exited without providing a reason", _of_exit),
    ("Unknown application error occurred", _of_exit),
)
STARTS = tuple(start for start, _ in _READERS)
