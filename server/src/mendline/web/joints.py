"""How an invocation was joined to what caused it, and so how sure that is. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass

from mendline.model.trace import Span, Trace

_MOST_IDS = 3


@dataclass(frozen=True, slots=True)
class Joint:
    """`by` is how: the trace's header that came with the call or message, an id of the message that both ends told,
    or both; `sure` whether that leaves no doubt; `note` what is missing."""

    by: str
    sure: bool
    note: str = ""


def joint_of(trace: Trace, span: Span) -> Joint | None:
    """Of an invocation or a consumer; None of what its parent made itself, and of an entry that nobody sent."""
    if not (span.invocation or span.kind == "consumer"):
        return None
    taken = _ids(span, "mendline.links.in")
    if span.parent_id:
        parent = next((it for it in trace.spans if it.span_id == span.parent_id), None)
        if parent is None:
            return Joint("trace header", True, "the sender's span is not here")
        if taken & _ids(parent, "mendline.links.out"):
            return Joint("trace header and message id", True)
        return Joint("trace header", True)
    if span.links:
        sent = trace.part_of or trace.continued_in
        return Joint(f"trace header of {len(span.links):,} messages", True, "" if sent else "the senders are not here")
    if taken:
        shown = ", ".join(sorted(taken)[:_MOST_IDS])
        return Joint("nothing", False, f"no trace header came with it; it took {shown}")
    return None


def _ids(span: Span, key: str) -> set[str]:
    try:
        found = json.loads(span.attributes.get(key, "[]"))
    except ValueError:
        return set()
    return {it for it in found if isinstance(it, str)} if isinstance(found, list) else set()
