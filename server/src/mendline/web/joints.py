"""How an invocation was joined to what caused it, and so how sure that is. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from mendline.insight.senders import Hop, texts_of
from mendline.model.trace import Span, Trace

_MOST_IDS = 3


@dataclass(frozen=True, slots=True)
class Joint:
    """`by` is how: the trace's header that came with the call or message, an id of the message that both ends told,
    or both; `sure` whether that leaves no doubt; `note` what is missing."""

    by: str
    sure: bool
    note: str = ""


def joint_of(trace: Trace, span: Span, sender: Hop | None = None) -> Joint | None:
    """Of an invocation or a consumer; None of what its parent made itself, and of an entry that nobody sent. `sender`
    is who sent it where no header did."""
    if not (span.invocation or span.kind == "consumer"):
        return None
    taken = set(texts_of(span, "mendline.links.in"))
    if span.parent_id:
        parent = next((it for it in trace.spans if it.span_id == span.parent_id), None)
        if parent is None and sender:
            return joint_with(sender)
        if parent is None:
            return Joint("trace header", True, "the sender's span is not here")
        if taken & set(texts_of(parent, "mendline.links.out")):
            return Joint("trace header and message id", True)
        return Joint("trace header", True)
    if span.links:
        sent = trace.part_of or trace.continued_in
        return Joint(f"trace header of {len(span.links):,} messages", True, "" if sent else "the senders are not here")
    if sender:
        return joint_with(sender)
    if taken:
        shown = ", ".join(sorted(taken)[:_MOST_IDS])
        return Joint("nothing", False, f"no trace header came with it; it took {shown}")
    return None


def joint_with(sender: Hop) -> Joint:
    """How one end of a hop was found from the other."""
    if sender.confidence.startswith("trace header"):
        return Joint(sender.confidence, True)
    if sender.confidence != "inferred":
        return Joint(sender.confidence, True, "no trace header came with it")
    if sender.candidates == 1:
        return Joint("inferred", False, f"the only call of {sender.resource} just before that nothing else continues")
    note = f"the nearest of {sender.candidates:,} calls of {sender.resource} just before that nothing else continues"
    return Joint("inferred", False, note)
