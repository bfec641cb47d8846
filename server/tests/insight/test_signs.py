"""What shows in no duration and in few errors is named: messages, records, memory, loops; of usual times nothing is."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from datetime import timedelta

import pytest
from changing import MINUTE, resource

from mendline.insight.moments import from_ns
from mendline.insight.signs import Looked, signs_of
from mendline.model.change import Change
from mendline.model.error_kinds.bugs import is_bug
from mendline.model.timerange import TimeRange

BEGAN = (time.time_ns() // MINUTE - 90) * MINUTE
WINDOW, EACH = 20 * MINUTE, 60  # a window, and the invocations of each function in one
QUEUE = {"mendline.trigger": "sqs", "mendline.trigger.source": "arn:aws:sqs:eu-central-1:1:jobs"}
CALLS = json.dumps([["dynamodb", "jobs", "PutItem", 4, 0, 9, 9]])
SENDS = {
    "mendline.resource.type": "sqs",
    "mendline.resource.name": "jobs",
    "mendline.resource.operation": "SendMessage",
}


def _span(function, window, number, *, status=0, parent=b"", kind=2, extra="", **attributes):
    key = f"{function}{window}{number}{extra}".encode()
    return {
        "trace_id": f"{function}{window}{number}".encode().ljust(16, b".")[-16:], "span_id": key.rjust(8, b".")[-8:],
        "parent_id": parent, "kind": kind, "name": function, "status": status, "duration": MINUTE // 1000,
        "start": BEGAN + window * WINDOW + number * (WINDOW // EACH), "attributes": attributes,
    }  # fmt: skip


def _link(window, number):
    return f"sqs:{window}-{number}"


def _taker(window, number, bad):
    """A consumer of single messages: it takes what `sender` sent, but not each in the last window."""
    if bad and number % 6 == 0:
        return []
    told = {**QUEUE, "mendline.links.in": [_link(window, number)], "mendline.records": '{"size":1,"failed":[]}'}
    return [_span("taker", window, number, **told)]


def _sender(window, number, _):
    links = {"mendline.links.out": [_link(window, number)]}
    return [_span("sender", window, number), _span("sender", window, number, kind=4, extra="s", **SENDS, **links)]


def _batcher(window, number, bad):
    size = 5 if bad and number % 2 else 4
    records = {"mendline.records": json.dumps({"size": size, "failed": []}), "mendline.operations": CALLS}
    return [
        _span(
            "batcher", window, number, **{**QUEUE, "mendline.trigger.source": "arn:aws:sqs:eu-central-1:1:b"}, **records
        )
    ]


def _poisoned(window, number, bad):
    """Of the last window ten messages fail twice each."""
    fails = bad and number < 20
    id_ = f"p{window}-{number % 10 if fails else number}"
    told = {"mendline.links.in": [f"sqs:{id_}"], "mendline.records": json.dumps({"size": 1, "failed": [id_] * fails})}
    error = {"error.type": "ValueError"} if fails else {}
    source = {**QUEUE, "mendline.trigger.source": "arn:aws:sqs:eu-central-1:1:p"}
    return [_span("poisoned", window, number, status=2 * fails, **source, **told, **error)]


def _loop(window, number, bad):
    source = {**QUEUE, "mendline.trigger.source": "arn:aws:sqs:eu-central-1:1:round"}
    own = _span("loop", window, number, **source)
    if bad and number % 2:
        return [own, {**own, "span_id": b"again%03d"[:5] + b"%03d" % number, "parent_id": own["span_id"]}]
    return [own]


def _puts_aside(window, number, bad):
    """What it could not do it puts into its own queue, and does it later."""
    own, *later = _loop(window, number, bad)
    resent = {**own, "attributes": {**own["attributes"], "mendline.buffered": bad}}
    return [{**one, "name": "puts_aside"} for one in (resent, *later)]


def _leaky(window, number, bad):
    used = (60 + (2 * number if bad else number % 3)) << 20
    told = {
        "mendline.memory.used_bytes": used,
        "faas.instance": "one",
        "faas.invocation_id": f"leaky-{window}-{number}",
    }
    return [_span("leaky", window, number, **told)]


def _looked(store, window):
    now, usual = (
        TimeRange(from_ns(BEGAN + at * WINDOW), from_ns(BEGAN + (at + 1) * WINDOW)) for at in (window, window - 1)
    )
    return Looked(store, ("taker", "batcher", "poisoned", "loop", "puts_aside", "leaky"), now, usual, usual)


def test_what_shows_in_no_duration_is_named_and_nothing_where_all_is_usual(store, send_spans):
    for function in (_sender, _taker, _batcher, _poisoned, _loop, _puts_aside, _leaky):
        spans = [one for window in (0, 1, 2) for number in range(EACH) for one in function(window, number, window == 2)]
        name = function.__name__[1:]
        send_spans(*spans, resource={**resource(name, "1"), "faas.max_memory": 256 << 20, "faas.instance": "one"})
    assert signs_of(_looked(store, 1)) == ()
    found = {(one.kind, one.owner, one.function, one.resource) for one in signs_of(_looked(store, 2))}
    assert found == {
        ("lost_downstream", "unknown", "taker", "sqs/jobs"),
        ("partial_batch", "code", "batcher", "sqs/b"),
        ("poison_record", "input", "poisoned", "sqs/p"),
        ("recursion", "code", "loop", "sqs/round"),
        ("memory", "code", "leaky", ""),
    }


def test_version_that_keeps_memory_is_still_named_where_all_that_is_usual_is_that_version(store, send_spans):
    for window in (0, 1, 2, 3):
        version = "2" if window > 1 else "1"
        spans = [one for number in range(EACH) for one in _leaky(window, number, window > 1)]
        send_spans(
            *spans, resource={**resource("leaky", version), "faas.max_memory": 256 << 20, "faas.instance": version}
        )
    looked = _looked(store, 3)
    before = replace(looked.usual, start=looked.usual.start - timedelta(minutes=40))
    deployed = Change(looked.usual.start, "version", "lambda", "", "", "leaky", "2", "", "")
    told = signs_of(replace(looked, long_before=before, changes=(deployed,)))
    assert [(one.kind, one.function, one.version) for one in told] == [("memory", "leaky", "2")]
    assert "usually 62" in told[0].text


def test_time_without_functions_shows_no_signs(store):
    looked = _looked(store, 1)
    moment = looked.now.end + timedelta(days=1)
    assert signs_of(Looked(store, (), TimeRange(looked.now.end, moment), looked.usual, looked.usual)) == ()


@pytest.mark.parametrize(
    ("code", "bug"),
    [("TypeError", True), ("java.lang.NullPointerException", True), ("builtins.IndexError", True),
     ("ValueError", False), ("PaymentError", False), ("", False)],
)  # fmt: skip
def test_mistakes_in_code_are_known_by_the_type_of_their_error(code, bug):
    assert is_bug(code) is bug
