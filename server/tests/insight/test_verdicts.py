"""Whose fault it is, asked of stored telemetry: a third party that fails for all, messages of one shape, a slow one."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from changing import BEGINS, EACH, MINUTE, WINDOW, invocations, send

from mendline.insight.errors import error_samples, list_errors
from mendline.insight.failed_at import _place
from mendline.insight.shared_cases import shared_by_cases
from mendline.insight.traces import get_trace
from mendline.insight.verdicts import judge_error, judge_trace
from mendline.model.timerange import TimeRange

BEGAN = (time.time_ns() // MINUTE - 60) * MINUTE
END = datetime.fromtimestamp(BEGAN / 1e9 + 2 * WINDOW * 60, UTC)
RANGE = TimeRange(datetime.fromtimestamp(BEGAN / 1e9, UTC), END)
LAST = WINDOW * 2 * EACH - 1
OF_LAST = (LAST + 1 + (sum(b"checkout") << 40)).to_bytes(16, "big").hex()


def _judged(store, error_type):
    (group,) = [one for one in list_errors(store, RANGE) if one.type == error_type]
    samples = error_samples(store, group.fingerprint, RANGE)
    return judge_error(store, group, shared_by_cases(store, group, samples, RANGE, END), END)


@pytest.fixture
def bank_fails(store, holding, send_spans):
    def fill():
        change = {"fails": True, "type": "PaymentError", "refused": "503"}
        send(send_spans, invocations(BEGAN, lambda _: change))
        send(send_spans, invocations(BEGAN, lambda _: change, function="refund"), function="refund")

    holding(fill)


def test_error_of_a_call_that_fails_for_all_is_the_third_partys(store, bank_fails):
    judged = _judged(store, "PaymentError")
    found = judged.verdict
    assert (found.side, found.kind, found.confidence) == ("third_party", "resource_error", "high")
    assert judged.where == "http bank.example.com POST /charge"
    assert any(f"{(WINDOW - BEGINS) * EACH} of " in one and "other functions" in one for one in found.evidence)
    assert '"items"' in judged.sent.text


def test_trace_says_it_too(store, bank_fails):
    judged = judge_trace(store, get_trace(store, OF_LAST))
    assert (judged.verdict.side, judged.slow) == ("third_party", False)
    assert dict(judged.sent.parameters) == {}


@pytest.mark.parametrize(
    ("files", "named"),
    [
        (["/var/task/pay.py", "/var/task/botocore/client.py", "/opt/python/agent.py"], "pay (/var/task/pay.py line 1)"),
        (["/var/task/pay.mjs", "/var/task/node_modules/a/b.js", "node:net"], "pay (/var/task/pay.mjs line 1)"),
        (["/var/runtime/bootstrap.py", "/var/lang/lib/python3.13/json/decoder.py"],
         "pay (/var/lang/lib/python3.13/json/decoder.py line 2)"),
    ],
)  # fmt: skip
def test_line_that_is_named_is_of_peoples_own_code_where_there_is_such(files, named):
    frames = [{"file": file, "function": "pay", "line": at} for at, file in enumerate(files, 1)]
    span = SimpleNamespace(attributes={"mendline.error.frames": json.dumps(frames)}, invocation=True)
    assert _place([span], [0]) == named


def test_messages_of_one_shape_are_named(store, send_spans):
    send(send_spans, invocations(BEGAN, lambda number: _large(number, {"fails": True, "type": "KeyError"})))
    found = _judged(store, "KeyError").verdict
    assert (found.side, found.owner, found.confidence) == ("ours", "input", "high")
    assert any("request.items" in one for one in found.evidence)


def test_slow_trace_is_judged_and_a_usual_one_is_not(store, send_spans):
    send(send_spans, invocations(BEGAN, lambda number: {"ms": 900} if number == LAST else {}))
    judged = judge_trace(store, get_trace(store, OF_LAST))
    assert (judged.slow, judged.verdict.side, judged.where) == (
        True,
        "third_party",
        "http bank.example.com POST /charge",
    )
    usual = (LAST + (sum(b"checkout") << 40)).to_bytes(16, "big").hex()
    assert judge_trace(store, get_trace(store, usual)) is None


def _large(number, change):
    return {"items": 40, **change} if number % 4 == 0 else {}
