"""What environments are ordered: signed, only those whom it concerns, never more in all than the maximum, and no more
once it is stopped or over."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re

import pytest
from chaos.conftest import KEY
from chaos.told import TOLD, told

from mendline.chaos.experiments import Experiments
from mendline.chaos.orders import Orders, read_caller
from mendline.errors import UsageError
from mendline.model.agent_config import MOST_BYTES, AgentConfig, header_of
from mendline.model.experiment_run import RunState
from mendline.query import read_query

ME = "a1b2c3d4e5f60718/checkout/7"


def _document(signed):
    raw = base64.b64decode(signed["document"])
    assert signed["signature"] == hmac.new(KEY, raw, hashlib.sha256).hexdigest()
    return json.loads(raw)


def test_environment_is_ordered_what_concerns_it_under_a_signature(orders, begin, clock):
    assert orders.of("default", ME) is None
    run = begin(told(target={**TOLD["target"], "version": "7"}))
    told_ = _document(orders.of("default", ME))
    assert (told_["project"], told_["environment"]) == ("default", "a1b2c3d4e5f60718")
    (order,) = told_["experiments"]
    assert (order["id"], order["limit"], order["percent"]) == (run.tag, 5, 50)
    assert order["target"] == {"type": "dynamodb", "name": "orders*", "operation": "*", "tag": None}
    assert order["fault"] == {"kind": "latency", "ms": 800}
    assert order["expires"] - order["starts"] == 120
    assert told_["issued"] == order["starts"] == int(clock.now().timestamp())
    assert orders.at_hand("default", ME)
    assert orders.of("default", ME) == orders.of("default", ME)
    assert not orders.at_hand("default", f"{ME};exp-1=5")  # it is to get more
    clock.move(seconds=2)
    assert not orders.at_hand("default", ME)
    for other in ("a1b2c3d4e5f60718/checkout/8", "a1b2c3d4e5f60718/pricing/7", "nonsense", "x" * 5000):
        assert orders.of("default", other) is None


def test_header_of_an_environment_is_read_or_it_is_nobody():
    caller = read_caller("a1b2c3d4/shop-pricing/$LATEST;exp-12=3;exp-x=1;exp-13=4")
    assert (caller.function, caller.version, caller.used) == ("shop-pricing", "$LATEST", {12: 3, 13: 4})
    assert read_caller("a1b2c3d4/shop pricing/1") is None


def test_all_environments_together_get_the_maximum_and_never_more(orders, begin):
    begin(TOLD)
    used = {f"{number:016x}": 0 for number in range(4)}
    for _ in range(6):
        for environment, so_far in list(used.items()):
            header = f"{environment}/checkout/7;exp-1={so_far}"
            (order,) = _document(orders.of("default", header))["experiments"]
            used[environment] = order["limit"]
        assert sum(used.values()) <= 10
    assert sum(used.values()) == 10


@pytest.mark.parametrize("how", ["stop", "stop all", "time"])
def test_what_is_over_is_taken_back_under_a_later_signature(how, orders, begin, experiments, clock):
    run = begin(TOLD)
    clock.move(seconds=10)
    before = _document(orders.of("default", ME))
    assert before["issued"] == int(run.ordered.timestamp()) + 10
    clock.move(seconds=30)
    if how == "stop":
        assert experiments.stop(run.id, clock.now(), "me").state is RunState.SETTLING
    elif how == "stop all":
        experiments.stop_all(clock.now(), "me", "orders fail")
        with pytest.raises(UsageError, match="stopped since"):
            experiments.begin(run.experiment.name, clock.now(), clock.now(), "me")
        experiments.release()
    else:
        clock.move(seconds=90)
    after = _document(orders.of("default", ME))
    assert after["experiments"] == []
    assert after["issued"] >= before["issued"] + 30
    clock.move(seconds=3 * 3600)
    assert orders.of("default", ME) is None


def test_three_experiments_fit_into_what_an_agent_is_told(orders, begin):
    wide = {**TOLD["target"], "name": "n" * 120, "operation": "o" * 120, "tag": {"key": "k" * 60, "value": "v" * 60}}
    for number in range(3):
        begin(told(name=f"e{number}", target=wide))
    with pytest.raises(UsageError, match="as many as may be at once"):
        begin(told(name="e4"))
    signed = orders.of("default", ME)
    assert len(_document(signed)["experiments"]) >= 2
    assert len(header_of(AgentConfig().document(signed))) <= MOST_BYTES


def test_without_a_key_experiments_are_kept_and_none_begins(state, clock):
    drafts = Experiments(state, "default", Orders(state, clock, b"").ready)
    drafts.save(TOLD, clock.now(), "", read_query)
    with pytest.raises(UsageError, match="MENDLINE_CHAOS_KEY"):
        drafts.begin(TOLD["name"], clock.now(), clock.now(), "")
    assert Orders(state, clock, b"").of("default", ME) is None


def test_experiment_runs_once_at_a_time_and_is_deleted_when_it_does_not(begin, experiments, clock):
    run = begin(TOLD, starts_in=600)
    with pytest.raises(UsageError, match="already"):
        experiments.begin(TOLD["name"], clock.now(), clock.now(), "")
    with pytest.raises(UsageError, match="stop it first"):
        experiments.delete(TOLD["name"])
    stopped = experiments.stop(run.id, clock.now(), "key 1")
    assert (stopped.state, stopped.reason) == (RunState.ABORTED, "stopped by key 1")
    experiments.delete(TOLD["name"])
    assert re.match("exp-[0-9]+$", experiments.runs()[0].tag)
