"""Calls that fail more than usual, as causes: of what invocations show, and where a fallback or a buffer hides them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from mendline.analysis.verdict import Facts, judge
from mendline.insight.called import CalledThen, called_then, failures_of
from mendline.insight.shares import percent
from mendline.insight.signs.looked import Looked, is_more
from mendline.model.cause import Cause
from mendline.model.party import party_of

_LEAST_UNSEEN, _LEAST_SHARE, _LEVEL = 5, 0.05, 1e-4  # of each operation, and there are many
_MOST = 3


def cause_of_failing(called: CalledThen, kind: str, code: str, weight: float, known: Facts) -> Cause | None:
    """Calls of one operation that fail more than usual, mostly by an error of this kind and code, as a cause; the more
    of them fail, the more it weighs than `weight`. `known` is what else is known of them. None where nobody is at
    fault: a declined card is an answer."""
    type_, name, _ = called.resource
    verdict = judge(
        replace(
            known,
            error_kind="throttled" if called.throttled * 2 > called.errors.found else kind,
            code=code,
            resource=called.words,
            party=party_of(type_, name),
            others=called.failed_elsewhere,
            own=called.errors,
        )
    )
    if verdict.side == "nobody":
        return None
    fails = f"{called.words} fails in {percent(called.errors.share)} of calls"
    return Cause(
        kind=verdict.kind,
        owner=verdict.owner,
        text=f"{fails} instead of {percent(called.usual_errors.share)}.",
        weight=weight + 0.4 * called.errors.share,
        confidence=verdict.confidence,
        function=called.caller,
        resource=f"{type_}/{name}",
        evidence=(verdict.text, *verdict.evidence),
    )


def failing_unseen(looked: Looked, moment: datetime) -> Iterator[Cause]:
    """Of functions whose invocations are as usual: their calls that fail beyond doubt more than usual."""
    if not looked.functions:
        return
    called = called_then(looked.store, looked.functions, looked.now, [looked.usual], with_durations=False)
    failing = sorted(filter(_is_failing, called.values()), key=lambda one: -one.errors.found)
    for one in failing[:_MOST]:
        kind, code = failures_of(looked.store, one.resource, looked.functions, looked.now, moment)
        cause = cause_of_failing(one, kind, code, 0.45, Facts())
        if cause is not None:
            hidden = "No invocation shows it: they are as fast and fail as seldom as usual."
            yield replace(cause, evidence=(hidden, *cause.evidence))


def _is_failing(called: CalledThen) -> bool:
    now, usual = called.errors, called.usual_errors
    enough = now.found >= max(_LEAST_UNSEEN, _LEAST_SHARE * now.of)
    return enough and is_more(now.found, now.of, usual.found, usual.of, _LEVEL)
