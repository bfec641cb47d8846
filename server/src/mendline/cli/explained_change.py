"""What changed, and whose fault something is, as lines on a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

_LONGEST = 1000


def change_lines(told: dict[str, Any]) -> Iterator[str]:
    """Of the answer of `/api/v1/explain/change`."""
    yield told["text"]
    if told["state"] != "changed":
        return
    since = told["since"]
    if since:
        exact = since["first"] == since["last"]
        between = "" if exact else f" (between {since['first']} and {since['last']}, 95 % confidence)"
        until = f"; over at {since['until']}" if since["until"] else ""
        yield f"Since {since['at']}{between}{until}."
    else:
        yield "It began before this range and the time before it, or grows bit by bit."
    yield from (one["text"] for one in told["differences"][1:])
    yield "\nLikely causes"
    if not told["causes"]:
        yield "  Nothing explains it: no call, attribute or change of configuration goes with it beyond chance."
    for one in told["causes"]:
        owner = "" if one["owner"] == "unknown" else f", to mend: {one['owner'].replace('_', ' ')}"
        yield f"  {one['rank']}. {one['text']}"
        yield f"     {one['kind'].replace('_', ' ')}{owner}, confidence {one['confidence']}"
        yield from (f"     - {line}" for line in one["evidence"])
    if told["affected"]:
        yield "\nWho is affected"
        for one in told["affected"]:
            shares = f"{one['bad']:.0%} of the affected, {one['rest']:.0%} of the others"
            yield f"  {one['attribute']} {one['value']}: {shares}"
    if told["changes"]:
        yield "\nChanged in the 24 hours before"
        for one in told["changes"]:
            yield f"  {one['time']}  {one['name']}: {one['kind']} {one['version']}".rstrip()
    if told["examples"]:
        yield "\nExamples"
        yield from (f"  {one['duration_ms']:>10,.1f} ms  trace {one['trace_id']}" for one in told["examples"])


def verdict_lines(judged: dict[str, Any]) -> Iterator[str]:
    """Of the answer of `/api/v1/traces/{id}/verdict`."""
    verdict, sent = judged["verdict"], judged["sent"]
    side = {"third_party": "a third party's", "provider": "AWS's", "nobody": "nobody's", "unknown": "unknown whose"}
    owner = f"ours ({verdict['owner']})" if verdict["side"] == "ours" else side[verdict["side"]]
    yield f"  {owner}, confidence {verdict['confidence']}: {verdict['text']}"
    yield from (f"     + {line}" for line in verdict["evidence"])
    yield from (f"     - {line}" for line in verdict["against"])
    if sent["sender"]:
        yield f"  The message was sent by {sent['sender']}."
    if sent["place"]:
        yield f"  It was met in {sent['place']}."
    if sent["text"]:
        yield f"  The message: {sent['text'][:_LONGEST]}{'…' if len(sent['text']) > _LONGEST else ''}"
    yield from (f"  {key}: {value}" for key, value in sent["parameters"])
