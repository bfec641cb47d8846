"""Errors that never happened before, as findings: so that a policy can tell of them."""

from __future__ import annotations

from collections.abc import Iterator

from mendline.insight.errors import list_errors
from mendline.insight.watch import Watched
from mendline.model.finding import Finding

_MOST = 50


def never_seen_before(watched: Watched) -> Iterator[Finding]:
    """Those of the range, where enough is known of the time before to say so."""
    for group in filter(lambda it: it.is_new, list_errors(watched.store, watched.range, limit=_MOST)):
        of = f" of {', '.join(group.functions)}" if group.functions else ""
        what = " ".join(filter(None, (group.type, f"({group.message[:200]})" if group.message else "")))
        yield Finding(
            kind="code_error",
            what="new_error",
            owner="unknown",
            text=f"An error{of} that never happened before: {what}.",
            next_step="Look at its first case and at what was deployed before; or say on its page that it is expected.",
            confidence="high",
            since=group.first,
            count=group.count,
            counted="errors",
            function=group.functions[0] if group.functions else "",
            resource=f"error/{group.fingerprint}",
            ids=(group.trace_id,) if group.trace_id else (),
        )
