"""What the ledger finds: messages that are lost, and transactions that ended with a failure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from mendline.insight.ledger import list_ledgers
from mendline.insight.never_started import list_never_started
from mendline.insight.watch import Watched
from mendline.model.finding import Finding
from mendline.model.ledger import ACCOUNTS, EdgeLedger, Missing
from mendline.model.never_started import NeverStarted

_SURE = 20
"""Messages of an edge, from which on nothing that is missing is taken for how the edge is."""
_MOST_IDS = 20


def lost_messages(watched: Watched) -> Iterator[Finding]:
    """Of each edge, what nobody took, or what was given up with nowhere to go."""
    for edge in list_ledgers(watched.store, watched.range, watched.now, every_usual=False):
        lost = [one for one in edge.missing if one.account in ("lost", "expired")]
        never, given_up = [one for one in lost if not one.tries], [one for one in lost if one.tries]
        if never:
            yield _never_taken(edge, never)
        if given_up:
            yield _given_up(edge, given_up)


def _never_taken(edge: EdgeLedger, lost: list[Missing]) -> Finding:
    expected = "all of them" if edge.usual is None or edge.usual > 0.995 else f"{edge.usual:.1%}"
    sure = edge.consumed >= _SURE and edge.usual is not None
    return _of_edge(
        edge,
        lost,
        what="messages_lost",
        owner="unknown",
        text=f"{len(lost)} of {edge.sent} messages of {', '.join(edge.senders)} to {edge.resource} never reached"
        f" {edge.function}, which usually takes {expected}.",
        next_step=f"Send them again: their ids and traces are in the ledger. Look at what takes from {edge.resource}"
        " beside it, at filters of its mapping or subscription, and at its throttles.",
        confidence="high" if sure else "medium",
    )


def _given_up(edge: EdgeLedger, lost: list[Missing]) -> Finding:
    return _of_edge(
        edge,
        lost,
        what="messages_given_up",
        owner="configuration",
        text=f"{len(lost)} of {edge.sent} messages to {edge.resource} were tried by {edge.function}, {lost[0].tries}"
        " times at most, and then given up: nothing says that anything keeps them.",
        next_step=f"Give {edge.function} a destination on failure (or the queue a dead-letter queue), and send these"
        " again.",
        confidence="high",
    )


def _of_edge(edge: EdgeLedger, lost: list[Missing], **told: Any) -> Finding:
    return Finding(
        kind="lost_downstream",
        since=min(one.sent for one in lost),
        count=len(lost),
        counted="messages",
        function=edge.function,
        resource=edge.resource,
        evidence=_accounts(edge),
        ids=tuple(dict.fromkeys(one.trace_id for one in lost))[:_MOST_IDS],
        **told,
    )


def _accounts(edge: EdgeLedger) -> tuple[str, ...]:
    told = [f"{getattr(edge, name)} {name.replace('_', ' ')}" for name in ACCOUNTS if getattr(edge, name)]
    return (f"{edge.sent} sent = {' + '.join(told)}",)


def stranded_transactions(watched: Watched) -> Iterator[Finding]:
    """Of each function that failed, the transactions that went no further."""
    for one in list_never_started(watched.store, watched.range):
        yield _stranded(one)


def _stranded(one: NeverStarted) -> Finding:
    functions = sorted({name for _, names in one.downstream for name in names})
    errors = Counter(event.error for event in one.events if event.error).most_common(2)
    payloads = sorted({event.payload_hash for event in one.events if event.payload_hash})
    count, called = len(one.events), [name for name, _ in one.downstream]
    said = f" ({', '.join(f'{error}: {number}' for error, number in errors)})" if errors else ""
    return Finding(
        kind="lost_downstream",
        what="downstream_never_started",
        owner="code",
        text=f"{one.function} failed at {count} {'event' if count == 1 else 'events'}{said}, and what usually follows"
        f" never started: {', '.join(functions)}.",
        next_step="Mend the error, then send these events again; those in a dead-letter queue can be moved back.",
        confidence="high" if one.learned_from >= _SURE else "medium",
        since=min(event.first for event in one.events),
        count=count,
        counted="transactions",
        cost_usd=one.cost_usd,
        function=one.function,
        evidence=(
            f"{one.usual:.1%} of {one.learned_from} good executions call {', '.join(called)}",
            *([f"payloads (hashes): {', '.join(payloads[:_MOST_IDS])}"] if payloads else []),
        ),
        ids=tuple(dict.fromkeys(event.trace_id for event in one.events))[:_MOST_IDS],
    )
