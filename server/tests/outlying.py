"""Invocations of which some are slow for a reason: every fifteenth has a large cart, and waits for the bank."""

from __future__ import annotations

import json

COUNT, SLOW = 300, range(0, 300, 15)
TABLES = ("orders", "items", "prices")


def invocation(number, began):
    """Every fifteenth has a large cart, waits 900 ms for the bank, and asks a table twice."""
    slow, start = number in SLOW, began + number * 100_000_000
    trace = {"trace_id": (number + 1).to_bytes(16, "big")}
    request = {"tenant": f"t{number % 4}", "items": [{"sku": f"A-{n}"} for n in range(20 if slow else number % 4)]}
    root = (number + 1).to_bytes(8, "big")
    request["attributes"] = {"SentTimestamp": str(start // 10**6)}
    calls = [("http", "bank.example", "POST /charge", 900 if slow else 20), *_of_tables(number, 2 if slow else 1)]
    attributes = {
        "faas.invocation_id": f"r{number}",
        "faas.coldstart": number % 50 == 1,
        "mendline.request": json.dumps(request),
        "mendline.remaining_ms": 2000 if slow else 2940,
        "mendline.timeout_ms": 3000,
        "mendline.trigger.sent_at": start - (5000 if slow else 40) * 10**6,
        "user.id": f"u{number:05}",
    }
    timed = {"start": start, "duration": (945 if slow else 60) * 10**6}
    yield {**trace, **timed, "span_id": root, "kind": 2, "name": "checkout", "attributes": attributes}
    at = start + 1_000_000
    for index, (kind, name, operation, ms) in enumerate(calls):
        keys = ("type", "name", "operation")
        what = {f"mendline.resource.{key}": told for key, told in zip(keys, (kind, name, operation), strict=True)}
        own = {"span_id": ((index + 1) << 32 | number + 1).to_bytes(8, "big"), "parent_id": root, "kind": 3}
        yield {**trace, **own, "name": operation, "start": at, "duration": ms * 10**6, "attributes": what}
        at += ms * 10**6


def _of_tables(number, calls):
    return [("dynamodb", TABLES[number % 3], "GetItem", 5)] * calls


def all_invocations(began):
    """The spans of all of them, a tenth of a second apart from a moment (ns) on."""
    return [span for number in range(COUNT) for span in invocation(number, began)]
