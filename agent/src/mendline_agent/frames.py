"""What the interpreter knows of a failure or a wait: frames by file, line and names, and the errors behind an error.

The black box is made of it: an invocation as it stands shortly before its time is up, told from the watch's thread. It
goes out under the span id of the invocation, marked unfinished. An invocation that then ends in time is told again,
complete, under the same id: the server takes that one (source `early` against `span`).

Names of local variables come from the code, not from the frame: no value is touched unless values were asked for.
"""

from __future__ import annotations

import builtins
import json
import sys
import time
import traceback
from itertools import islice

from .operations import message_of, type_name
from .redaction import REDACTED
from .spans import CLIENT, PRODUCER

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import CodeType, FrameType, TracebackType
    from typing import Any

    from .capture import Capture
    from .redaction import Redactor
    from .spans import Span

_MOST_PENDING = 20
_PEER_CHARACTERS = 300
# As frames have it: a layer is compiled for /opt, wherever it is.
_OURS = (lambda: None).__code__.co_filename.rpartition("/")[0] + "/"
OUTERMOST = _OURS + "agent.py"  # what is outside of it is the runtime's
_MOST_STACK = 40
_STACK_CHARACTERS = 8 * 1024
_SOURCE_S = 0.01
_MOST_FRAMES, _MOST_NAMES, _MOST_CAUSES = 10, 30, 5
_VALUE_BYTES, _VALUES_BYTES = 256, 8 * 1024
_MOST_WALKED = 20_000
_FUNCTION = 1  # CO_OPTIMIZED: locals are in slots of the frame, not in a mapping that may be the user's own

_GROUP: Any = getattr(builtins, "BaseExceptionGroup", None)  # from Python 3.11 on
_cause_of: Any = BaseException.__dict__["__cause__"].__get__
_context_of: Any = BaseException.__dict__["__context__"].__get__
_traceback_of: Any = BaseException.__dict__["__traceback__"].__get__
_suppressed: Any = BaseException.__dict__["__suppress_context__"].__get__


def stack_of(thread: int, redactor: Redactor) -> str | None:
    """Where a thread is now, the latest call last, as Python prints it, without frames of the agent and the runtime."""
    frame: FrameType | None = sys._current_frames().get(thread)
    if frame is None:
        return None
    summaries: list[traceback.FrameSummary] = []
    while frame is not None and frame.f_code.co_filename != OUTERMOST and len(summaries) < _MOST_STACK:
        code = frame.f_code
        if not code.co_filename.startswith(_OURS):
            summaries.append(traceback.FrameSummary(code.co_filename, frame.f_lineno, code.co_name, lookup_line=False))
        frame = frame.f_back
    lines = ["…[cut]…\n"] if len(summaries) == _MOST_STACK else []
    until_s = time.monotonic() + _SOURCE_S
    for summary in reversed(summaries):
        lines.append(f'  File "{summary.filename}", line {summary.lineno}, in {summary.name}\n')
        if time.monotonic() < until_s and summary.line:  # reads the source file
            lines.append(f"    {summary.line[:200]}\n")
    return redactor.text("".join(lines))[-_STACK_CHARACTERS:]


def frames_of(error: BaseException, redactor: Redactor, capture: Capture | None) -> list[dict[str, Any]]:
    """The innermost frames of an error, the latest last: function, file, line, and locals by name.

    With `capture`, locals are `{name: value}` instead, redacted and cut; those of the agent are never among them.
    """
    room, found = _VALUES_BYTES, []
    for entry in reversed(_innermost(error)):
        code = entry.tb_frame.f_code
        names = _names(code)
        told: dict[str, Any] = {"function": getattr(code, "co_qualname", code.co_name), "file": code.co_filename}
        told["line"], told["locals"] = entry.tb_lineno, names
        if capture is not None and room > 0:
            told["locals"] = values = _values(entry.tb_frame, names, redactor, capture)
            room -= sum(map(len, values.values()))
        found.append(told)
    return found[::-1]


def _innermost(error: BaseException) -> list[TracebackType]:
    entries: list[TracebackType] = []
    entry: TracebackType | None = _traceback_of(error)
    for _ in range(_MOST_WALKED):
        if entry is None:
            break
        if not entry.tb_frame.f_code.co_filename.startswith(_OURS):
            entries.append(entry)
            del entries[:-_MOST_FRAMES]
        entry = entry.tb_next
    return entries


def _names(code: CodeType) -> list[str]:
    names = code.co_varnames + tuple(name for name in code.co_cellvars if name not in code.co_varnames)
    return [name[:100] for name in names[:_MOST_NAMES] if name[:1] != "."]


def locals_of(frame: FrameType) -> dict[str, Any]:
    """The local variables of a function's frame; empty for other frames."""
    return dict(frame.f_locals) if frame.f_code.co_flags & _FUNCTION else {}


def _values(frame: FrameType, names: list[str], redactor: Redactor, capture: Capture) -> dict[str, str]:
    values = locals_of(frame)
    return {
        name: REDACTED if redactor.is_secret(name) else capture.render(values[name], _VALUE_BYTES)
        for name in names
        if name in values
    }


def causes_of(error: BaseException, redactor: Redactor) -> list[list[str]]:
    """`[type, message, "cause", "context" or "member"]` of the errors behind this one, nearest first, as Python would
    print; of a group what it is made of, each member before its own members."""
    seen = {id(error)}
    found: list[list[str]] = []
    for member in islice(_members(error), _MOST_CAUSES):
        found.append([type_name(member), redactor.brief(message_of(member)), "member"])
    while len(found) < _MOST_CAUSES:
        behind, how = _cause_of(error), "cause"
        if behind is None and not _suppressed(error):
            behind, how = _context_of(error), "context"
        if behind is None or id(behind) in seen:
            break
        seen.add(id(behind))
        found.append([type_name(behind), redactor.brief(message_of(behind)), how])
        error = behind
    return found


def _members(error: BaseException) -> Iterator[BaseException]:
    for member in _GROUP.exceptions.__get__(error) if _GROUP is not None and issubclass(type(error), _GROUP) else ():
        yield member
        yield from _members(member)


def describe_notice(notice: Span, thread: int, waiting: list[Span], redactor: Redactor) -> None:
    """Write on the notice where the handler is and what it waits for."""
    attributes = notice.attributes
    attributes["mendline.stack"] = stack_of(thread, redactor)
    pending = [_pending(span, redactor) for span in waiting if span.kind in (CLIENT, PRODUCER)]
    if pending:
        attributes["mendline.pending"] = json.dumps(pending[:_MOST_PENDING], separators=(",", ":"))


def _pending(span: Span, redactor: Redactor) -> list[Any]:
    """`[type, name, operation, peer, elapsed_ms]`."""
    get = span.attributes.get
    resource = [get(f"mendline.resource.{part}") for part in ("type", "name", "operation")]
    resource[2] = resource[2] or span.name
    peer = get("network.peer.address") or get("server.address") or get("url.full")
    port = get("network.peer.port") or get("server.port")
    if peer and port and "/" not in str(peer):
        peer = f"{peer}:{port}"
    told = redactor.text(str(peer))[:_PEER_CHARACTERS] if peer else None
    return [*resource, told, round((span.end_ns - span.start_ns) / 1e6, 1)]
