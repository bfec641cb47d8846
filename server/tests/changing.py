"""Invocations of two half hours: in the second one of ten minutes, something is planted."""

from __future__ import annotations

import json

MINUTE = 60 * 10**9
EACH = 10  # invocations a minute
WINDOW = 20  # minutes; as many before
BEGINS = 12  # minutes into the window


def invocations(began, now=lambda number: {}, function="checkout", numbers=range(WINDOW * 2 * EACH)):
    """The spans of 40 minutes that begin at a moment (ns). `now` says what is different of an invocation (its number)
    in the change: `ms` of the bank, `fails`, `type`, `version`, `items`, `tenant`."""
    found = []
    for number in numbers:
        minute = number // EACH
        changed = now(number) if minute >= WINDOW + BEGINS else {}
        found.append((changed.get("version", "1"), _spans(number, began, changed, function)))
    return found


def resource(function, version):
    """That of a function."""
    return {
        "service.name": function,
        "faas.name": function,
        "faas.version": version,
        "cloud.platform": "aws_lambda",
        "cloud.region": "eu-central-1",
        "cloud.account.id": "123456789012",
    }


def send(send_spans, found, function="checkout"):
    """Put them into the store, by version."""
    for version in sorted({version for version, _ in found}):
        spans = [span for own, all_ in found if own == version for span in all_]
        send_spans(*spans, resource=resource(function, version))


def _spans(number, began, changed, function):
    start = began + number * MINUTE // EACH
    key = number + 1 + (sum(function.encode()) << 40)
    trace, root = {"trace_id": key.to_bytes(16, "big")}, key.to_bytes(8, "big")
    bank_ms = changed.get("ms", 50 + number % 7)
    items = changed.get("items", 1 + number % 4)
    request = {"tenant": changed.get("tenant", f"t{number % 4}"), "at": start, "items": [{"sku": "A"}] * items}
    attributes = {"faas.invocation_id": f"{function}-{number}", "mendline.request": json.dumps(request)}
    failed = {}
    if changed.get("fails"):
        told = {"exception.type": changed["type"], "exception.message": "It failed."}
        failed = {"status": 2, "message": "It failed.", "events": [("exception", told)]}
        attributes["error.type"] = changed["type"]
    call = {"mendline.resource.type": "http", "mendline.resource.name": "bank.example.com"}
    call |= {"mendline.resource.operation": "POST /charge"}
    yield {
        **trace, **failed, "span_id": root, "kind": 2, "name": function, "start": start,
        "duration": (bank_ms + 20) * 10**6, "attributes": attributes,
    }  # fmt: skip
    refused = changed.get("refused")
    yield {
        **trace, "span_id": (key + (1 << 52)).to_bytes(8, "big"), "parent_id": root, "kind": 3, "name": "POST",
        "start": start + 10**6, "duration": bank_ms * 10**6, "status": 2 if refused else 0,
        "attributes": {**call, "error.type": refused} if refused else call,
    }  # fmt: skip
