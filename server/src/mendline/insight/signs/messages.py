"""Messages: those that wait longer and longer, those that nobody took, and those that fail in each of their tries."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mendline.insight.architecture import source_name
from mendline.insight.backlogs import list_backlogs
from mendline.insight.moments import range_parameters
from mendline.insight.signs.looked import Looked, is_more
from mendline.model.backlog import Backlog
from mendline.model.cause import Cause
from mendline.model.error_kinds.bugs import is_bug
from mendline.model.timerange import TimeRange

_LEAST_AGE_S, _TIMES_AGE, _TIMES_IN = 60.0, 3.0, 1.5
_ON_THEIR_WAY_NS = 90 * 10**9
_LEAST_LOST, _LOST, _ALL = 5, 0.02, 0.95
_LEAST_POISON, _LEAST_TRIES, _TIMES_CHANCE = 3, 5, 10


def messages_that_wait(looked: Looked) -> Iterator[Cause]:
    """A queue or a stream whose oldest message becomes older: its consumer is off, or too slow."""
    old = [one for one in looked.backlogs if one.age_s and one.age_s >= _LEAST_AGE_S]
    usual = {(one.type, one.name): one for one in list_backlogs(looked.store, looked.usual)} if old else {}
    consumers = looked.consumers if old else {}
    for one in old:
        was = usual.get((one.type, one.name))
        by = {name: told for name, told in consumers.get((one.type, one.name), {}).items() if name in looked.functions}
        if not by or not one.age_s or one.age_s < _TIMES_AGE * ((was and was.age_s) or 0.0):
            continue
        function, (calls, errors, _) = max(by.items(), key=lambda each: each[1][2])
        waits = f"the oldest message in {one.name} is {one.age_s / 60:,.0f} min old"
        if not calls:
            text = f"{function} takes nothing from {one.type} {one.name} any more: {waits}."
            yield _told("consumer_stopped", "configuration", text, 0.85, function, one)
            continue
        is_failing = errors * 2 > calls
        more = was is not None and was.in_per_s and one.in_per_s and one.in_per_s >= _TIMES_IN * was.in_per_s
        weight = 0.3 if is_failing or function in looked.failing else 0.8
        text = f"{function} does not keep up with {one.type} {one.name}: {waits}."
        yield _told("backlog", "load" if more else "configuration", text, weight, function, one, *_rates(one, was))


def _rates(one: Backlog, was: Backlog | None) -> Iterator[str]:
    if one.in_per_s is not None:
        usual = f" (usually {was.in_per_s * 60:,.1f})" if was and was.in_per_s is not None else ""
        yield f"{one.in_per_s * 60:,.1f} messages a minute come in{usual}"
    if one.out_per_s is not None:
        yield f"{one.out_per_s * 60:,.1f} a minute are done"


def _told(kind: str, owner: str, text: str, weight: float, function: str, of: Backlog, *evidence: str) -> Cause:
    return Cause(kind, owner, text, weight, "high", function, f"{of.type}/{of.name}", evidence=evidence)


def messages_that_are_lost(looked: Looked) -> Iterator[Cause]:
    """Messages that were sent and that no consumer took, of what usually all are taken."""
    consumers = looked.consumers
    named = sorted({name for _, name in consumers if name})
    now = _sent(looked, looked.now, named)
    off = {thing: row for thing, row in now.items() if row["lost"] >= max(_LEAST_LOST, _LOST * row["sent"])}
    before = _sent(looked, looked.usual, sorted({name for _, name in off}))
    waiting = {(one.type, one.name) for one in looked.backlogs if (one.age_s or 0) > 30} if off else set()
    for thing, row in off.items():
        was, by = before.get(thing), consumers.get(thing, {})
        if was is None or not by or thing in waiting or not {*by, *row["producers"]} & {*looked.functions}:
            continue
        lost, sent = row["lost"], row["sent"]
        if not is_more(lost, sent, was["lost"], was["sent"], looked.level):
            continue
        function = max(by, key=lambda name: by[name][2])
        nobody = lost >= _ALL * sent
        yield Cause(
            "consumer_stopped" if nobody else "lost_downstream",
            "configuration" if nobody else "unknown",
            f"{lost:,} of {sent:,} messages to {row['type']} {row['name']} never reached {function}, usually"
            f" {was['lost']:,} of {was['sent']:,}.",
            0.9,
            "high",
            function,
            f"{row['type']}/{row['name']}",
        )


def _sent(looked: Looked, when: TimeRange, names: Sequence[str]) -> dict[tuple[str, str], Mapping[str, Any]]:
    """By type and name, what was put into these things, and how much of it nobody took."""
    if not names:
        return {}
    wanted = {**range_parameters(when), "names": list(names), "grace_ns": _ON_THEIR_WAY_NS}
    return {(row["type"], row["name"]): row for row in looked.store.select("messages_lost", wanted)}


def messages_that_always_fail(looked: Looked) -> Iterator[Cause]:
    """Messages that fail in each of their tries while others are done: poison."""
    now = [row for row in looked.rows(looked.now, "messages_failing", looked.takers) if row["poison"]]
    usual = looked.rows(looked.long_before, "messages_failing", sorted({row["function"] for row in now}))
    before = {(row["function"], row["source"]): row for row in usual}
    for row in now:
        none = {"poison": 0, "messages": row["messages"], "most_tries": 0}
        was = before.get((row["function"], row["source"]), none)
        many = is_more(row["poison"], row["messages"], was["poison"], was["messages"], _TIMES_CHANCE * looked.level)
        # the first tries of what fails now may lie in the time before
        is_new = row["poison"] > was["poison"] or row["most_tries"] > was["most_tries"]
        blocked = row["most_tries"] >= _LEAST_TRIES and is_new
        if not ((row["poison"] >= _LEAST_POISON and many) or blocked):
            continue
        if row["function"] in looked.failing or is_bug(row["error"]):
            continue  # what they call fails, or our code whatever it is told
        thing = row["trigger"], source_name(row["source"])
        told = "1 message" if row["poison"] == 1 else f"{row['poison']:,} messages"
        with_ = f" ({row['error']})" if row["error"] else ""
        yield Cause(
            "poison_record",
            "input",
            f"{told} from {thing[0]} {thing[1]} failed in each of {row['tries']:,} tries by {row['function']}"
            f"{with_}, of {row['messages']:,} in all; before, {was['poison']:,} of {was['messages']:,} did.",
            0.96,
            "high" if blocked else "medium",
            row["function"],
            f"{thing[0]}/{thing[1]}",
        )
