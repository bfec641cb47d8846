"""Experiments are files: what is right reads back the same, what is wrong is told with its line."""

from __future__ import annotations

from copy import deepcopy

import pytest
from chaos.told import TOLD, experiment, told

from mendline.chaos.experiment_files import Told, as_yaml, read_files, read_texts
from mendline.errors import NotFoundError, UsageError
from mendline.model.experiment import experiment_document, read_experiment
from mendline.model.fault import FAULTS, MODES, fault_document, read_fault
from mendline.yaml_entries import as_yaml as yaml_of

WHOLE = told(
    fault={"kind": "latency", "distribution": {"p50_ms": 100, "p99_ms": 900}},
    target={**TOLD["target"], "version": "7", "operation": "PutItem", "tag": {"key": "user.kind", "value": "test"}},
    notify=["chat"],
    alert_people=True,
    owner="shop",
    expect={"hypothesis": "broken", "alert": True, "within": "2m", "cause": "dynamodb/orders", "fallback": False},
)


@pytest.mark.parametrize("said", [TOLD, WHOLE])
def test_what_is_told_is_written_as_it_was_read(said, tmp_path):
    (tmp_path / "a.yaml").write_text(yaml_of({"experiments": [said]}))
    (one,) = read_files(tmp_path / "a.yaml").experiments
    assert read_texts({"b.yaml": as_yaml([one])}) == read_files(tmp_path) == Told((one,))
    assert read_experiment(experiment_document(one), "file") == one
    assert (one.duration_s, one.origin) == (120, "file")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"stedy_state": "x"}, "An experiment has no 'stedy_state'. Did you mean 'steady_state'?"),
        ({"hypothesis": " "}, "hypothesis is to be a text"),
        ({"duration": "2h"}, "duration is 2h; it must be 10s to 1h."),
        ({"abort": "error"}, "abort needs a condition"),
        ({"abort": None}, "abort is missing"),
        ({"steady_state": "errr:x | count() | where count() > 1"}, "steady_state: Unknown field 'errr'"),
        ({"fault": "latncy"}, "fault.kind is 'latncy'. Did you mean latency?"),
        ({"fault": {"kind": "latency"}}, "fault latency needs ms"),
        ({"fault": {"kind": "latency", "ms": -1}}, "fault.ms is to be a number"),
        ({"fault": {"kind": "latency", "distribution": {"p50_ms": 9, "p99_ms": 1}}}, "p50_ms is more than p99_ms"),
        ({"fault": {"kind": "http_status", "status": 99}}, "fault.status is to be an HTTP status"),
        ({"fault": {"kind": "aws_error", "code": "no such"}}, "fault.code is to be a name"),
        ({"fault": {"kind": "no_answer", "ms": 1}}, "A fault no_answer has no 'ms'"),
        ({"fault": "out_of_memory"}, "strikes the invocation itself; target.type is 'dynamodb'"),
        ({"target": {"function": "a b"}}, "it is one function's name"),
        ({"target": {"function": "a", "type": "invocation"}}, "fault latency strikes a call"),
        ({"target": {"function": "a", "percent": 0}}, "target.percent"),
        ({"target": {"function": "a", "maximum": 0}}, "target.maximum"),
        ({"target": {"function": "a", "name": "[a]"}}, "a pattern has letters, * and ?"),
        ({"target": {"function": "a", "version": "live"}}, "target.version is 'live'"),
        ({"target": {"function": "a", "tag": {"key": "a"}}}, "target.tag is to be"),
        ({"target": "checkout"}, "target is to be an object"),
        ({"expect": {"alerts": True}}, "expect has no 'alerts'. Did you mean 'alert'?"),
        ({"expect": {"hypothesis": "held?"}}, "Did you mean held?"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(changed, said):
    with pytest.raises(UsageError) as found:
        read_texts({"a.yaml": yaml_of({"experiments": [told(**changed)]})})
    assert found.value.message.startswith("a.yaml:2: the experiment 'Orders do not answer': ")
    assert said in found.value.message


def test_faults_of_all_files_are_told_at_once_and_nothing_is_taken(tmp_path):
    twice = yaml_of({"experiments": [TOLD, deepcopy(TOLD)]})
    with pytest.raises(UsageError, match=r"a\.yaml:\d+: .*another one of that name\.\nb\.yaml:1: .*not known"):
        read_texts({"a.yaml": twice, "b.yaml": "experiment: []"})
    with pytest.raises(UsageError, match="no experiment in it"):
        read_texts({"a.yaml": ""})
    with pytest.raises(NotFoundError):
        read_files(tmp_path / "none.yaml")


def test_every_fault_can_be_told_and_belongs_to_a_mode_and_has_words():
    needed = {
        "latency": {"ms": 5}, "http_status": {"status": 503}, "aws_error": {"code": "ThrottlingException"},
        "redis_error": {"class": "ConnectionError"}, "sql_error": {"class": "OperationalError"},
    }  # fmt: skip
    for kind in FAULTS:
        fault = read_fault({"kind": kind, **needed.get(kind, {})})
        assert read_fault(fault_document(fault)) == fault
        assert fault.mode in MODES
        assert fault.words
    assert experiment(fault="out_of_memory", target={"function": "a"}).target.type == "invocation"
