"""How an invocation failed, written on its span: the exception with stack and causes, the records of a batch."""

from __future__ import annotations

import json
import time
import traceback

from .operations import message_of, type_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .capture import Capture
    from .redaction import Redactor
    from .spans import Span
    from .triggers import Trigger

_STACK_HEAD, _STACK_TAIL = 800, 3200
_STACK_READ = 64 * 1024  # from each end of a stack without end
_FRAMES_CHARACTERS = 12 * 1024


def describe_error(span: Span, error: BaseException, redactor: Redactor) -> None:
    """Mark the span failed and add OpenTelemetry's `exception` event."""
    pairs = exception_pairs(error, redactor, ours=1)
    span.fail(pairs["exception.type"], pairs["exception.message"])
    span.events.append((span.end_ns or time.time_ns(), "exception", pairs))


def exception_pairs(error: BaseException, redactor: Redactor, *, ours: int = 0) -> dict[str, str]:
    """OpenTelemetry's `exception.*` of an error; so many frames of its stack, the outermost, are the agent's."""
    return {
        "exception.type": type_name(error),
        "exception.message": redactor.brief(message_of(error)),
        "exception.stacktrace": _stack(error, redactor, ours),
    }


def _stack(error: BaseException, redactor: Redactor, ours: int) -> str:
    """The stack as Python prints it, without the agent's own frames; the middle of a long one is left out.

    Redaction comes before that: half a key shows nothing by which it is known.
    """
    try:
        frames = error.__traceback__
        for _ in range(ours):
            frames = frames.tb_next if frames is not None else None
        text = "".join(traceback.format_exception(type(error), error, frames))
    except Exception as unprintable:
        return f"[stack not printable: {type(unprintable).__name__}]"
    if len(text) > 2 * _STACK_READ:
        text = text[:_STACK_READ] + text[-_STACK_READ:]
    text = redactor.text(text)
    if len(text) > _STACK_HEAD + _STACK_TAIL:
        text = text[:_STACK_HEAD] + "\n…[cut]…\n" + text[-_STACK_TAIL:]
    return text


def describe_origin(span: Span, error: BaseException, redactor: Redactor, capture: Capture | None) -> None:
    """Add where the error happened, with the names of local variables, and the errors behind it."""
    from .frames import causes_of, frames_of

    causes = causes_of(error, redactor)
    if causes:
        span.attributes["mendline.error.causes"] = json.dumps(causes, separators=(",", ":"))
    frames = frames_of(error, redactor, capture)
    told = json.dumps(frames, separators=(",", ":"))
    while len(told) > _FRAMES_CHARACTERS:
        del frames[0]
        told = json.dumps(frames, separators=(",", ":"))
    span.attributes["mendline.error.frames"] = told


def describe_records(span: Span, trigger: Trigger, event: Any, ended: tuple[Any, BaseException | None]) -> bool:
    """Write down which records of a batch failed; whether any did."""
    from .batches import batch_outcome

    records = batch_outcome(trigger, event, *ended)
    span.attributes["mendline.records"] = json.dumps(records, separators=(",", ":"))
    return bool(records["failed"]) or "failed_count" in records
