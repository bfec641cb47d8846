"""Which invocations send the spans inside them, and the weight that those carry."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import threading

import pytest

from mendline_agent.agent import the_agent
from mendline_agent.extension import ExtensionExporter
from mendline_agent.guard import GUARD
from mendline_agent.sampling import Slowness, is_kept, threshold_of, trace_state
from mendline_agent.settings import LiveConfig, Settings


def test_a_tenth_of_all_traces_is_kept_and_the_same_ones_everywhere():
    threshold = threshold_of(0.1)
    ids = [os.urandom(16) for _ in range(20_000)]
    kept = [trace_id for trace_id in ids if is_kept(trace_id, threshold)]
    assert 1700 < len(kept) < 2300
    assert all(is_kept(trace_id, threshold_of(0.5)) for trace_id in kept)


@pytest.mark.parametrize(
    ("ratio", "th"), [(0.5, "8"), (0.25, "c"), (0.1, "e666"), (0.01, "fd70a"), (1 / 1024, "ffc"), (0.9, "1999")]
)
def test_the_threshold_is_written_as_opentelemetry_says(ratio, th):
    threshold = threshold_of(ratio)
    assert trace_state("", threshold) == f"ot=th:{th}"
    assert threshold == int(th.ljust(14, "0"), 16)
    assert 1 - threshold / 2**56 == pytest.approx(ratio, rel=0.002)


def test_what_others_say_in_the_trace_state_stays():
    assert trace_state("a=b,ot=rv:123;th:4,c=d", threshold_of(0.5)) == "ot=th:8;rv:123,a=b,c=d"
    assert trace_state("a=b,ot=rv:123;th:4", threshold_of(1.0)) == "ot=rv:123,a=b"
    assert trace_state("ot=th:4,a=b", threshold_of(1.0)) == "a=b"


def test_all_and_nothing():
    ids = [bytes(16), b"\xff" * 16, os.urandom(16)]
    assert all(is_kept(trace_id, threshold_of(1.0)) for trace_id in ids)
    assert not any(is_kept(trace_id, threshold_of(0.0)) for trace_id in ids)


def test_slow_is_what_nineteen_of_twenty_are_faster_than():
    slowness = Slowness()
    durations = [100 + n * 37 % 100 for n in range(4000)]
    slow = [slowness.is_slow(duration) for duration in durations]
    assert not any(slow[:20])
    assert 0.01 < sum(slow[1000:]) / 3000 < 0.15
    assert slowness.is_slow(1000)
    assert not slowness.is_slow(100)


CALL = """
import http.client
try:
    http.client.HTTPConnection("127.0.0.1", 9).request("GET", "/")
except OSError:
    pass
"""


def _handler(event, context):
    exec(CALL)
    if event.get("fails"):
        raise ValueError("as asked")


@pytest.mark.parametrize(("event", "spans"), [({}, 1), ({"fails": True}, 2)])
def test_a_failed_invocation_sends_everything_whatever_the_ratio(
    traced, lambda_env, collector, make_context, attributes, event, spans
):
    lambda_env.setenv("MENDLINE_SAMPLING", "0")
    with contextlib.suppress(ValueError):
        traced(_handler)(event, make_context())
    collector.wait(collector.roots)
    assert len(collector.spans()) == spans
    (count, errors) = json.loads(attributes(collector.root())["mendline.operations"])[0][3:5]
    assert (count, errors) == (1, 1)
    assert attributes(collector.root()).get("mendline.sampled", True) == (spans == 2)


def test_kept_spans_carry_the_weight_and_the_root_does_not(traced, lambda_env, collector, make_context):
    lambda_env.setenv("MENDLINE_SAMPLING", "0.5")
    wrapped = traced(_handler)
    for _ in range(30):
        wrapped({}, make_context())
    collector.wait(lambda: len(collector.roots()) == 30)
    assert {root.trace_state for root in collector.roots()} == {""}
    assert {span.trace_state for span in collector.operations()} <= {"ot=th:8", ""}
    assert 1 <= len(collector.operations()) <= 29


def test_what_a_caller_sampled_weighs_nothing_here_where_all_is_told(traced, collector, make_context):
    headers = {"traceparent": f"00-{'a' * 32}-{'b' * 16}-01", "tracestate": "ot=th:c,x=y"}
    event = {"httpMethod": "GET", "resource": "/", "headers": headers, "requestContext": {"stage": "test"}}
    traced(_handler)(event, make_context())
    collector.wait(collector.roots)
    assert {span.trace_state for span in collector.spans()} == {"x=y"}
    assert len(collector.spans()) == 2


def _config(**env):
    return LiveConfig(Settings(env))


@pytest.mark.parametrize(
    "header",
    [
        "", "%%%", base64.b64encode(b"[]").decode(), base64.b64encode(b'{"version": "a b"}').decode(), "A" * 10_000,
        base64.b64encode(b'{"version": "1", "sampling": {"ratio": 7}}').decode(),
        base64.b64encode(b'{"version": "1", "sampling": {"ratio": "x"}}').decode(),
    ],
)  # fmt: skip
def test_a_bad_document_changes_nothing(header):
    config = _config(MENDLINE_SAMPLING="0.5")
    config.take(header)
    assert (config.version, config.ratio, config.request) == ("0", 0.5, True)


def test_a_document_with_chaos_is_taken_over_without_it_and_said(capsys):
    GUARD._quiet_until = 0.0
    config = _config()
    signed = {"v": 1, "signed": "e30=", "hmac_sha256": "00"}
    document = {"version": "3", "sampling": {"ratio": 0.5}, "chaos": signed}
    config.take(base64.b64encode(json.dumps(document).encode()).decode())
    assert (config.version, config.ratio) == ("3", 0.5)
    assert "chaos" in capsys.readouterr().err
    GUARD._quiet_until = 0.0
    config.take(base64.b64encode(b'{"version": "4", "chaos": null}').decode())
    assert config.version == "4"
    assert capsys.readouterr().err == ""


def test_a_document_cannot_bring_back_what_the_environment_forbids():
    config = _config(MENDLINE_CAPTURE="0")
    config.take(base64.b64encode(b'{"version": "2", "capture": {"request": true, "response": true}}').decode())
    assert (config.version, config.request, config.response) == ("2", False, False)


@pytest.mark.parametrize(("own", "document", "ratio"), [
    ("0", {}, 0.0), ("0", {"sampling": {"ratio": 1.0}}, 0.0), ("0.5", {"sampling": {"ratio": 0.1}}, 0.1), ("", {}, 1.0),
])  # fmt: skip
def test_a_document_never_raises_the_share_that_the_environment_says(own, document, ratio):
    config = _config(MENDLINE_SAMPLING=own)
    config.take(base64.b64encode(json.dumps({"version": "2", **document}).encode()).decode())
    assert (config.version, config.ratio) == ("2", ratio)


class _Exporter:
    """Counts flushes in place of the network."""

    outbox = None

    def __init__(self):
        self.flushed = threading.Event()
        self.budget_s = None

    def flush(self, budget_s):
        self.budget_s = budget_s
        self.flushed.set()
        return "sent"


class _Events:
    """Gives one event, and lets the thread go when asked for another."""

    def __init__(self):
        self.asked = 0

    def next_event(self):
        self.asked += 1
        if self.asked == 2:
            raise OSError("the environment ends")


def test_an_invocation_that_we_do_not_follow_is_not_held_up():
    exporter, events = _Exporter(), _Events()
    thread = threading.Thread(target=ExtensionExporter(exporter).serve, args=(events,), daemon=True)
    thread.start()
    thread.join(5)
    assert not thread.is_alive()
    assert exporter.flushed.is_set()
    assert events.asked == 2


@pytest.mark.parametrize(("remaining_s", "corrects", "least_s", "most_s"), [
    (60.0, False, 0.3, 0.3), (None, False, 0.3, 0.3), (0.39, False, 0.0, 0.0), (0.39, True, 0.0, 0.29),
    (-1.0, True, 0.0, 0.0),
])  # fmt: skip
def test_an_extension_sends_within_what_is_left_of_the_invocation(remaining_s, corrects, least_s, most_s):
    exporter = _Exporter()
    extension = ExtensionExporter(exporter)
    extension.begun()
    extension.finished(remaining_s, corrects=corrects)
    extension.serve(_Events())
    assert least_s <= exporter.budget_s <= most_s


@pytest.mark.parametrize(("error", "sent"), [(SystemExit(3), 1), (ValueError("mine"), 0)])
def test_what_ends_the_process_is_sent_before_its_threads_end(traced, make_context, collector, error, sent):
    def handler(event, context):
        raise error

    followed, agent = traced(handler), the_agent()
    agent.exporter = ExtensionExporter(agent.exporter)  # whose thread comes too late
    with pytest.raises(type(error)):
        followed({}, make_context())
    assert len(collector.roots()) == sent
