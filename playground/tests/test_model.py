"""The model of the shop: the same from the same seed, like the real thing, and bent by every fault as it says."""

import functools
import json
import math
from collections import Counter
from statistics import mean

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from telling import Heard, middle, pairs

from mendline_playground.model import BLOCK_S, Model, wire
from mendline_playground.model.shape import load_at
from mendline_playground.model.telemetry import Telemetry
from mendline_playground.scenario import OURS, load_folder
from mendline_playground.scenario.faults import FAULTS
from mendline_playground.scenario.fields import Fields
from mendline_playground.scenario.load import read_scenario
from mendline_playground.shop.plan import FUNCTIONS, ORDERS_A_SECOND

NOON = 1_795_953_600  # 2026-11-29, a Sunday, 12:00 UTC
MB = 1024 * 1024


def make(*injections, **more):
    """A model whose injections are written as in a file; offsets are from noon."""
    document = {"title": "t", "kind": "none", "inject": list(injections), "truth": {"detected": False}}
    scenario = read_scenario("t", Fields("t.yaml", document))
    return Model(7, injections=scenario.injections, origin_ns=NOON * 10**9, **more)


@pytest.fixture(scope="module")
def usual():
    return Heard.of(make(), NOON, NOON + 1800)


@pytest.mark.parametrize("number", [0, 1, 127, 128, 300, 16383, 16384, 2**31, 2**63 - 1, -1])
def test_numbers_are_written_as_protobuf_has_them(number):
    own, trace = b"\1" * 8, b"\2" * 16
    rest = wire.Key("n").number(number) + wire.Key("x").real(0.1) + wire.Key("t").texts(["a", "b"])
    span = wire.span(trace, own, b"", wire.head("name", 3), 5, 7, rest)
    body = wire.group(wire.attributes(wire.IN_RESOURCE, {"a": True}), wire.scope("s", "1"), [span])
    (group,) = ExportTraceServiceRequest.FromString(body).resource_spans
    (told,) = group.scope_spans[0].spans
    assert pairs(told.attributes) == {"n": number, "x": 0.1, "t": ["a", "b"]}
    assert (told.trace_id, told.span_id, told.kind, told.end_time_unix_nano) == (trace, own, 3, 7)


@pytest.mark.parametrize("size", [0, 1, 99, 100, 110, 118, 119, 120, 121, 122, 126, 127, 128, 129, 5000, 20000])
@pytest.mark.parametrize("name", ["k", "mendline.memory.used_bytes"])
def test_texts_of_every_length_are_written_as_protobuf_has_them(size, name):
    span = wire.span(b"\2" * 16, b"\1" * 8, b"\3" * 8, wire.head("é" * 60, 3), 5, 7, wire.Key(name).text(b"x" * size))
    body = wire.group(b"", wire.scope("s", "1"), [span])
    told = ExportTraceServiceRequest.FromString(body).resource_spans[0].scope_spans[0].spans[0]
    assert (pairs(told.attributes), told.name, told.parent_span_id) == ({name: "x" * size}, "é" * 60, b"\3" * 8)


def test_a_block_is_the_same_whatever_was_asked_for_before():
    number = NOON // BLOCK_S
    alone = Model(7).block(number)
    in_turn = list(Model(7).blocks(NOON - 3 * BLOCK_S, NOON + BLOCK_S))[-1]
    assert [body for *_, body in alone.spans] == [body for *_, body in in_turn.spans]
    assert [body for *_, body in alone.logs] == [body for *_, body in in_turn.logs]
    assert [body for *_, body in alone.spans] != [body for *_, body in Model(8).block(number).spans]


def test_the_load_is_one_in_the_mean_of_a_week_and_has_the_shape_of_days_and_weeks():
    hours = [load_at(3600 * hour) for hour in range(7 * 24)]
    assert math.isclose(sum(hours) / len(hours), 1.0, rel_tol=0.02)
    saturday = NOON - 86400
    assert load_at(saturday + 8 * 3600) > 2.5 * load_at(saturday - 8 * 3600)
    assert load_at(saturday + 7 * 3600) > 1.2 * load_at(saturday - 4 * 86400 + 7 * 3600)


def test_the_usual_rate_is_at_most_eight_spans_a_second(usual):
    busy = load_at(NOON + 900)
    mean = len(usual.spans) / 1800 / busy
    assert 2 < mean < 8
    orders = len(usual.calls("sqs/orders/SendMessage"))
    assert orders == pytest.approx(ORDERS_A_SECOND * busy * 1800, rel=0.25)


def test_every_function_of_the_plan_is_seen_in_a_day():
    seen = {span.function for span in Heard.of(make(), NOON + 13 * 3600, NOON + 15 * 3600).spans}
    assert seen == set(FUNCTIONS)


def test_traces_are_whole_and_times_are_in_order(usual):
    ids = {span.id for span in usual.spans}
    assert len(ids) == len(usual.spans)
    assert not [span for span in usual.spans if span.parent and span.parent not in ids]
    assert not [span for span in usual.spans if span.end < span.start]
    invocations = {span.id: span for span in usual.spans if span.is_invocation}
    for span in usual.spans:
        if not span.is_invocation:
            caller = invocations[span.parent]
            assert caller.start <= span.start <= span.end <= caller.end
            assert (caller.function, caller.trace) == (span.function, span.trace)
    way = {"checkout", "price", "stock", "order-writer", "payment", "notify", "email"}
    reached: dict[bytes, set[str]] = {}
    for span in usual.spans:
        reached.setdefault(span.trace, set()).add(span.function)
    whole = sum(functions == way for functions in reached.values())
    assert whole > 0.5 * len(usual.calls("sqs/orders"))  # the others were in a batch, which has its own trace


def test_every_message_that_was_sent_is_consumed_and_nothing_else(usual):
    sent = Counter(link for span in usual.spans if not span.is_invocation for link in _links(span, "out"))
    for kind in ("sqs", "sns", "kinesis", "dynamodb"):
        out = {link for link in sent if link.startswith(kind)}
        came = {link for span in usual.spans for link in _links(span, "in") if link.startswith(kind)}
        assert out == came, kind
        assert len(out) > 100, kind


def _links(span, side):
    return span.attributes.get(f"mendline.links.{side}", [])


def test_sums_of_calls_are_those_of_the_spans(usual):
    for invocation in usual.invocations("stock")[:50]:
        calls = [span for span in usual.spans if span.parent == invocation.id]
        (sums,) = invocation.operations
        assert sums[:4] == ["dynamodb", "stock", "UpdateItem", len(calls)]
        assert sums[5] == pytest.approx(sum(span.ms for span in calls), abs=0.01)


def test_the_platform_reports_every_invocation_and_bills_it(usual):
    for function in FUNCTIONS:
        reports = {report["faas.invocation_id"]: report for report in usual.reports(function)}
        invocations = {span.attributes["faas.invocation_id"]: span for span in usual.invocations(function)}
        assert set(reports) == set(invocations)
        for request_id, span in invocations.items():
            report = reports[request_id]
            assert report["mendline.billed_ms"] >= report["mendline.duration_ms"] >= span.ms - 0.01
            assert report["mendline.memory.used_bytes"] <= report["mendline.memory.size_bytes"]
            assert ("mendline.init_ms" in report) == (span.attributes["faas.coldstart"] is True)


def test_a_few_invocations_are_cold_and_a_few_things_go_wrong_on_any_day(usual):
    cold = sum(span.attributes.get("faas.coldstart", False) for span in usual.spans if span.is_invocation)
    invocations = sum(span.is_invocation for span in usual.spans)
    assert 0 < cold < 0.05 * invocations
    assert 0 < sum(usual.errors(name) for name in FUNCTIONS) < 0.02 * invocations


def test_two_functions_speak_stock_opentelemetry():
    assert {plan.name for plan in FUNCTIONS.values() if plan.runtime == "node"} == {"email", "thumbnail"}
    heard = Heard.of(make(), NOON, NOON + 1800)
    for name in ("email", "thumbnail"):
        assert not [key for span in heard.invocations(name) for key in span.attributes if key.startswith("mendline.")]


def test_backfilled_telemetry_is_marked_and_a_run_is_not():
    for backfilled in (True, False):
        model = Model(7, backfilled=backfilled)
        telemetry = model.block(NOON // BLOCK_S)
        for signal, _, body in telemetry.requests(model.place):
            assert (b"mendline.backfilled" in body) == backfilled, signal


def test_what_is_known_before_a_moment_is_taken_and_the_rest_stays():
    telemetry = Model(7).block(NOON // BLOCK_S)
    records, moment = telemetry.count(), (NOON + 300) * 10**9
    taken = telemetry.take(moment)
    assert taken.count() + telemetry.count() == records
    assert max(at for at, *_ in taken.spans) < moment <= min(at for at, *_ in telemetry.spans)


AT = {"at": "10m", "for": "10m"}
FROM, TO = (NOON + 600) * 10**9, (NOON + 1200) * 10**9


def during(spans):
    return [span for span in spans if FROM <= span.start < TO]


def _slow(now, usual):
    return middle(s.ms for s in during(now.calls("dynamodb/orders"))) > 4 * middle(
        s.ms for s in during(usual.calls("dynamodb/orders"))
    )


def _fail(now, usual):
    return now.errors("payment") > 40 and now.most("dlq.messages_visible", queue="payments-dlq") > 10


def _poison_in_stream(now, usual):
    return now.most("kinesis.iterator_age", stream="shop-events") > 500_000 and now.errors("analytics") > 5


def _jam(now, usual):
    waited = [s.start - s.attributes["mendline.trigger.sent_at"] for s in during(now.invocations("payment"))]
    return max(waited) > 100e9 and now.most("sqs.age_of_oldest_message", queue="payments") > 100


FAULT_TABLE = [
    ({"fault": "slow", "resource": "dynamodb/orders", "factor": 6}, _slow),
    ({"fault": "slow", "function": "price", "add": "300ms"},
     lambda now, usual: middle(s.ms for s in during(now.invocations("price"))) > 280),
    ({"fault": "slow", "resource": "http/api.payfriend.example", "add": "1s", "only": {"tenant": "birch"}},
     lambda now, usual: {s.attributes["tenant"] for s in during(now.invocations("payment")) if s.ms > 1500}
     == {"birch"}),
    ({"fault": "fail", "resource": "http/api.payfriend.example"}, _fail),
    ({"fault": "fail", "resource": "dynamodb/prices", "status": 500, "healed": 1},
     lambda now, usual: now.errors("price") == usual.errors("price")
     and all(s.attributes["mendline.retries"] == 1 for s in during(now.calls("dynamodb/prices")))),
    ({"fault": "throttle", "resource": "dynamodb/orders"},
     lambda now, usual: now.most("dynamodb.write_throttles", table="orders") > 10 and now.errors("payment") > 20),
    ({"fault": "deny", "resource": "dynamodb/orders/PutItem", "function": "order-writer"},
     lambda now, usual: ("order-writer", "permission") in list(now.changes())
     and all("AccessDenied" in s.error for s in during(now.calls("dynamodb/orders/PutItem")))),
    ({"fault": "reconnect", "resource": "http/search.example", "share": 0.5},
     lambda now, usual: 0.3 < mean(s.attributes["mendline.connection"] == "new" for s in during(
         now.calls("http/search.example"))) < 0.7),
    ({"fault": "exhaust_pool", "function": "payment", "resource": "http/api.payfriend.example", "wait": "800ms"},
     lambda now, usual: middle(s.ms for s in during(now.invocations("payment"))) > 700
     and middle(s.ms for s in during(now.calls("http/api.payfriend.example/POST /v1/charges"))) < 150),
    ({"fault": "give_up", "function": "checkout", "resource": "lambda/price/Invoke", "after": "5ms"},
     lambda now, usual: all(s.ms <= 5.001 for s in during(now.calls("lambda/price")))
     and len(now.invocations("price")) > 30),
    ({"fault": "repeat", "function": "price", "resource": "dynamodb/prices", "times": 12},
     lambda now, usual: len(during(now.calls("dynamodb/prices"))) > 10 * len(during(usual.calls("dynamodb/prices")))),
    ({"fault": "raise", "function": "notify", "error": "KeyError", "message": "'to'"},
     lambda now, usual: {s.error for s in during(now.invocations("notify"))} == {"'to'"}
     and not during(now.invocations("email"))),
    ({"fault": "raise", "function": "checkout", "most": 3, "error": "E", "message": "only thrice"},
     lambda now, usual: sum(s.error == "only thrice" for s in now.invocations("checkout")) == 3),
    ({"fault": "deploy", "function": "price", "version": "2"},
     lambda now, usual: {s.version for s in during(now.invocations("price"))} == {"2"}
     and ("price", "deployment") in list(now.changes())),
    ({"fault": "configure", "function": "thumbnail", "memory": "128MB"},
     lambda now, usual: {r.get("error.type") for r in now.reports("thumbnail")} >= {"Runtime.OutOfMemory"}
     and ("thumbnail", "memory") in list(now.changes())),
    ({"fault": "configure", "function": "payment", "timeout": "100ms"},
     lambda now, usual: sum(s.attributes.get("mendline.unfinished", False) for s in now.invocations("payment")) > 50),
    ({"fault": "configure", "queue": "payments", "redrive": "none"},
     lambda now, usual: ("payments", "other") in list(now.changes())),
    ({"fault": "set", "queue": "payments-dlq", "retention": "1d"},
     lambda now, usual: ("payments-dlq", "other") in list(now.changes())),
    ({"fault": "cold", "function": "checkout", "share": 0.5, "factor": 4},
     lambda now, usual: sum(s.attributes["faas.coldstart"] for s in now.invocations("checkout")) > 50),
    ({"fault": "leak", "function": "payment", "each": "20MB"},
     lambda now, usual: {r.get("error.type") for r in now.reports("payment")} >= {"Runtime.OutOfMemory"}),
    ({"fault": "poison", "function": "payment", "share": 0.3},
     lambda now, usual: now.most("dlq.messages_visible", queue="payments-dlq") > 10),
    ({"fault": "poison", "function": "analytics"}, _poison_in_stream),
    ({"fault": "limit", "function": "payment", "per_second": 0.05}, _jam),
    ({"fault": "stop", "function": "order-writer"},
     lambda now, usual: not during(now.invocations("order-writer"))
     and len(now.calls("dynamodb/orders/PutItem")) == len(now.calls("sqs/orders"))),
    ({"fault": "stop", "function": "notify"},
     lambda now, usual: len(now.invocations("notify")) < len(now.calls("sns/order-events")) - 50),
    ({"fault": "lose", "function": "analytics", "share": 0.5},
     lambda now, usual: _unconsumed(now, "kinesis") > 30),
    ({"fault": "swallow", "function": "order-writer", "share": 0.5},
     lambda now, usual: not _unconsumed(now, "sqs")
     and len(now.calls("dynamodb/orders/PutItem")) < len(now.calls("sqs/orders")) - 20),
    ({"fault": "loop", "function": "order-writer", "times": 5},
     lambda now, usual: len(now.calls("dynamodb/orders/PutItem")) > 2 * len(now.calls("sqs/orders"))),
    ({"fault": "flood", "function": "analytics", "per_second": 20},
     lambda now, usual: now.most("kinesis.records_in", stream="shop-events") > 1000),
    ({"fault": "traffic", "factor": 4},
     lambda now, usual: len(during(now.invocations("checkout"))) > 3 * len(during(usual.invocations("checkout")))),
    ({"fault": "payload", "share": 0.3, "customer": "birch-0042", "items": 200},
     lambda now, usual: max(s.attributes["order.items"] for s in now.invocations("price")) == 200),
    ({"fault": "log", "function": "price", "lines": 100},
     lambda now, usual: len(now.logs) > len(usual.logs) + 3000),
    ({"fault": "skew", "function": "notify", "by": "90s"},
     lambda now, usual: min(s.start - s.attributes["mendline.trigger.sent_at"] for s in now.invocations("notify")
                            if FROM + 90e9 <= s.start < TO) > 80e9),
    ({"fault": "change", "function": "report", "what": "layers"},
     lambda now, usual: ("report", "layers") in list(now.changes())),
]  # fmt: skip


def _unconsumed(heard, kind):
    out = {link for span in heard.spans if not span.is_invocation for link in _links(span, "out")}
    came = {link for span in heard.spans for link in _links(span, "in")}
    return sum(link.startswith(kind) for link in out - came)


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("injection", "holds"), FAULT_TABLE, ids=[f"{row[0]['fault']}-{n}" for n, row in enumerate(FAULT_TABLE)]
)
def test_each_fault_does_what_the_page_says(injection, holds, usual):
    now = Heard.of(make(injection | AT), NOON, NOON + 1800)
    assert holds(now, usual)
    before = {span.id for span in now.spans if span.end < FROM}
    assert before == {span.id for span in usual.spans if span.end < FROM}  # what was before it is as it was


def test_a_retry_calls_again_until_it_succeeds(usual):
    fails = {"fault": "fail", "resource": "http/api.payfriend.example/POST /v1/charges", "share": 0.7}
    again = {"fault": "retry", "function": "payment", "resource": fails["resource"], "times": 30}
    now = Heard.of(make(fails | AT, again | AT), NOON, NOON + 1800)
    assert len(during(now.calls(fails["resource"]))) > 2.5 * len(during(usual.calls(fails["resource"])))
    assert now.errors("payment") < 0.1 * len(now.invocations("payment"))


def test_the_table_of_faults_is_tried_in_full():
    assert {injection["fault"] for injection, _ in FAULT_TABLE} | {"retry"} == set(FAULTS)


def test_a_fault_with_a_ramp_grows():
    injection = {"fault": "slow", "resource": "dynamodb/prices", "add": "1s", "at": "0s", "ramp": "30m"}
    calls = Heard.of(make(injection), NOON, NOON + 1800).calls("dynamodb/prices")
    thirds = [[s.ms for s in calls if n * 600 <= s.start / 1e9 - NOON < (n + 1) * 600] for n in range(3)]
    assert middle(thirds[0]) * 1.5 < middle(thirds[1]) < middle(thirds[2])


@pytest.mark.thorough
@pytest.mark.parametrize("scenario", load_folder(OURS), ids=lambda scenario: scenario.name)
def test_every_scenario_of_ours_shows_in_the_telemetry(scenario):
    if not scenario.injections:
        return
    last = max(injection.at_s for injection in scenario.injections)
    block = int(NOON + max(0, last)) // BLOCK_S
    bent = Model(7, rate=scenario.rate, injections=scenario.injections, origin_ns=NOON * 10**9)
    if scenario.name == "timeout-too-short":
        block += (14 * 3600) // BLOCK_S  # the nightly job runs at two
    if scenario.name == "memory-too-low":
        block += 1
    assert _bodies(bent.block(block)) != _plain(scenario.rate, block)


@functools.cache
def _plain(rate, block):
    return _bodies(Model(7, rate=rate).block(block))


def _bodies(telemetry: Telemetry):
    spans, logs = [body for *_, body in telemetry.spans], [body for *_, body in telemetry.logs]
    return spans, logs, [(point.name, point.value) for point in telemetry.points]


def test_requests_of_functions_are_json(usual):
    for span in usual.spans:
        if "mendline.request" in span.attributes:
            json.loads(span.attributes["mendline.request"])
            json.loads(span.attributes.get("mendline.response", "null"))
