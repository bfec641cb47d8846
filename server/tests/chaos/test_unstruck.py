"""Policies, back tests, costs, findings and reports say the same with an experiment's data as without it; and something
else where somebody asks for all. What is usual: insight/test_steady_state.py."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from chaos.told import told
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from otlp_requests import any_value, pairs
from web.shop import LAMBDA

from mendline.alerting.digest import Known, digest_of
from mendline.alerting.policies import Policies, supplied
from mendline.alerting.policy_files import Told
from mendline.alerting.watch import Watch
from mendline.insight.back_test import back_test
from mendline.insight.chaos_struck import functions_struck
from mendline.insight.costs import list_costs
from mendline.insight.dependencies import list_dependencies
from mendline.insight.errors import list_errors
from mendline.insight.findings import WATCHES, list_findings
from mendline.insight.functions import list_functions
from mendline.insight.learning import Learning
from mendline.insight.rollups import function_rollups, resource_rollups
from mendline.insight.service_reports import service_report
from mendline.insight.unstruck import unstruck
from mendline.model.learning_mark import BY_EXPERIMENT, LEAVE_OUT, LearningMark
from mendline.model.policy import Policy
from mendline.model.signal import Signal
from mendline.model.timerange import TimeRange
from mendline.query import read_query
from mendline.store.state import add_learning_mark, save_run

TABLE = {
    "mendline.resource.type": "dynamodb",
    "mendline.resource.name": "orders",
    "mendline.resource.operation": "PutItem",
}
CONDITIONS = {
    "caller fails": "function:front | count(error) | over 5m | where count(error) > 3",
    "by minute": "| count(error) by function | over 5m | where count(error) > 3",
    "what came after": "function:mailer | count(error) | over 5m | where count(error) > 3",
    "calls": "operations resource.name:orders | count(error) | over 5m | where count(error) > 3",
    "transactions": "traces error | count() | over 5m | where count() > 3",
    "log records": "logs level:error | count() by function | over 5m | where count() > 3",
    "month's budget": "| sum(duration) | over this month | where sum(duration) > 20s",
    "silence": "function:front | count() | over 1m | where count() < 1",
    "against usual": "function:front | count(error) | over 5m | where count(error) > 3 or count(error) > 4x usual",
    "lost share": "function:front | ratio(error) | over 5m | where ratio(error) > 40%",
}
RESOURCE = {name: {**LAMBDA, "service.name": name, "faas.name": name} for name in ("front", "checkout", "mailer")}


def transaction(number, at, tag=""):
    """`front` calls `checkout`, which writes to a table and has `mailer` send; all fail slowly when that is struck."""
    start, trace = int(at.timestamp() * 1e9), number.to_bytes(16, "big")
    spans = {}
    for place, name in enumerate(RESOURCE):
        own = {"trace_id": trace, "name": name, "kind": 2, "span_id": (number * 8 + place).to_bytes(8, "big")}
        own |= {"parent_id": (number * 8 + place - 1).to_bytes(8, "big")} if place else {}
        asked = {"faas.invocation_id": f"{name}-{number}", "mendline.timeout_ms": 3000}
        if tag and name == "checkout":
            asked |= {"mendline.chaos.id": tag, "mendline.chaos.injected": json.dumps({tag: 1})}
        went = {"start": start, "duration": 10**9 if tag else 10**8, "status": 2 if tag else 0}
        spans[name] = [{**own, **went, "attributes": asked}]
        if name == "checkout":
            mark = {"mendline.chaos.id": tag, "mendline.chaos.fault": "latency"} if tag else {}
            call = {"trace_id": trace, "parent_id": own["span_id"], "span_id": (number * 8 + 7).to_bytes(8, "big")}
            spans[name].append({**call, **went, "name": "PutItem", "kind": 3, "attributes": {**TABLE, **mark}})
    return spans


def records(number, at):
    """A line of the struck function that knows its trace, and one of the platform, which knows the request alone."""
    message = ExportLogsServiceRequest()
    group = message.resource_logs.add()
    group.resource.attributes.extend(pairs(RESOURCE["checkout"]))
    own = group.scope_logs.add()
    for attributes, trace in (({}, number.to_bytes(16, "big")), ({"faas.invocation_id": f"checkout-{number}"}, b"")):
        record = own.log_records.add(time_unix_nano=int(at.timestamp() * 1e9), severity_number=17, trace_id=trace)
        record.body.CopyFrom(any_value("the table does not answer"))
        record.attributes.extend(pairs(attributes))
    return Signal.LOGS, message.SerializeToString()


@pytest.fixture
def shop(send_spans, tell, clock):
    """Sends a transaction every ten seconds of so many minutes from the clock's present on; struck ones with a tag."""
    numbers = iter(range(1, 10**5))

    def sends(minutes, tag=""):
        spans, logs = {name: [] for name in RESOURCE}, []
        for step in range(minutes * 6):
            number, at = next(numbers), clock.now() + timedelta(seconds=10 * step + (5 if tag else 0))
            for name, own in transaction(number, at, tag).items():
                spans[name] += own
            logs += [records(number, at)] if tag else []
        for name, own in spans.items():
            send_spans(*own, resource=RESOURCE[name])
        if logs:
            tell(logs)

    return sends


def said(store, now):
    """What is asked, by name; each is the same where nothing else is looked at."""
    hour, week = TimeRange(now - timedelta(hours=1), now), TimeRange(now - timedelta(days=7), now)
    found = {
        f"back test: {name}": back_test(store, read_query(CONDITIONS[name]).plan, now, 1, 3600).fired
        for name in ("by minute", "calls", "transactions", "log records")
    }
    return found | {
        "costs": list_costs(store, hour, now),
        "digest": digest_of(store, Known((), (), (), ()), now, 1),
        "findings": [(one.key, one.text) for one in list_findings(store, hour, now).found],
        "report of a vendor": service_report(store, now, "dynamodb", "orders"),
        "functions": list_functions(store, hour),
        "dependencies": list_dependencies(store, hour),
        "errors": list_errors(store, hour),
        "functions by minute": [it for it in function_rollups(store, hour, "minute") if it.invocations],
        "functions by day": function_rollups(store, week, "day"),
        "resources by minute": [it for it in resource_rollups(store, hour, "minute") if it.calls],
        "resources by day": resource_rollups(store, week, "day"),
    }


@pytest.mark.thorough
def test_nothing_is_said_of_what_an_experiment_struck_unless_that_is_asked_for(
    store, state, clock, begin, shop, monkeypatch
):
    some = ("money that is wasted", "errors that are new")
    monkeypatch.setattr("mendline.insight.findings.WATCHES", {name: WATCHES[name] for name in some})
    shop(30)
    clock.move(minutes=10)
    run = begin(told(target={"function": "checkout", "type": "dynamodb", "maximum": 100}))
    clock.move(minutes=20)
    before = said(store, clock.now())
    clock.move(minutes=-20)
    shop(2, tag=run.tag)
    clock.move(minutes=20)
    hour = TimeRange(clock.now() - timedelta(hours=1), clock.now())
    assert functions_struck(store, run.tag, hour) == ("checkout", "front", "mailer")
    left = unstruck(store, state, "default", hour)
    after = said(left, clock.now())
    assert {name: told_ for name, told_ in after.items() if told_ != before[name]} == {}
    of_all = said(store, clock.now())
    assert [name for name, told_ in of_all.items() if told_ == before[name]] == []
    long_ago = TimeRange(hour.start - timedelta(days=9), hour.start - timedelta(days=8))
    assert unstruck(store, state, "default", long_ago.before) is store


def test_policies_are_not_told_of_what_was_struck_nor_that_it_is_missing(store, state, clock, begin, shop):
    run = begin(told(target={"function": "checkout", "maximum": 100}))
    shop(2, tag=run.tag)
    clock.move(minutes=2)
    off = [replace(one, enabled=False) for one in supplied()]
    told_ = Told((*off, *(Policy(name, query) for name, query in CONDITIONS.items())), ())
    Policies(state, "default").apply(told_, clock.now())

    marks = Learning(state, "default").marks
    mark = LearningMark(LEAVE_OUT, "checkout", run.starts, run.settled, "", clock.now(), f"{BY_EXPERIMENT}{run.tag}")
    with state.writing() as connection:
        add_learning_mark(connection, "default", mark)

    def fired():
        watch = Watch(store, state, "default", marks)
        watch.load(clock.now())
        found = {change.policy.name for change in watch.round(clock.now()) if change.fired}
        assert watch.failing == {}
        return found

    assert fired() == set()
    with state.writing() as connection:
        save_run(connection, replace(run, experiment=replace(run.experiment, alert_people=True)), clock.now())
    assert fired() == {*CONDITIONS} - {"silence"}
