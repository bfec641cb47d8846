"""What goes on in this context: the call that is being made, and the innermost function that is followed.

Loaded with the first of them: what tells contexts apart takes a twentieth of the agent's start.
"""

from __future__ import annotations

from _contextvars import ContextVar  # as `contextvars` does, which is one more file
from threading import get_ident

from .operations import ACTIVE, Operation, name_resource, parent_of
from .spans import Given, Span

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .connections import Setup
    from .inside import Call
    from .operations import Record

# Set while a call is being made, so that the layers under it (botocore over urllib3 over http.client) are not counted.
INSIDE: ContextVar[Setup | None] = ContextVar("mendline_inside_call", default=None)
# The innermost function that is followed of this context; `current_call` is what to ask.
CURRENT: ContextVar[Call | None] = ContextVar("mendline_current", default=None)


def begin(
    name: str, kind: int, resource: tuple[str, str, str], given: dict[str, Any] | None = None
) -> Operation | None:
    """Begin an operation of the invocation that runs; None when none does, or when within another operation.

    `given` are attributes, all hashable, that it has in common with others of its kind; if they are `Given`, they name
    the resource already, and the span.
    """
    record = ACTIVE.record
    if record is None or INSIDE.get() is not None:
        return None
    span = Span(name, kind, parent_of(record), record.ids.next())
    if type(given) is Given:
        span.given = given
    else:
        span.given = given = {} if given is None else given
        name_resource(given, resource)
    if record.inside is not None:
        call = current_call(record)
        if call is not None and call.steps is not None:
            span.attributes.update(call.steps.place())
    return Operation(record, span, resource)


def current_call(record: Record) -> Call | None:
    """The innermost function of this invocation that is followed, in which what is called now is called."""
    call, inside = CURRENT.get(), record.inside
    if call is not None and call.inside is inside:
        return call
    return inside.at if inside is not None and get_ident() == record.thread else None


def is_inside() -> bool:
    """Whether one of ours is the call that goes on."""
    return INSIDE.get() is not None


def wanted() -> bool:
    """Whether an operation begun now would count."""
    return ACTIVE.record is not None and INSIDE.get() is None
