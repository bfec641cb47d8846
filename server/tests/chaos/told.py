"""An experiment as files tell it, to be changed by tests."""

from __future__ import annotations

from mendline.model.experiment import read_experiment

TOLD = {
    "name": "Orders do not answer",
    "hypothesis": "checkout goes on without its table",
    "steady_state": "function:checkout | ratio(error) | over 1m | where ratio(error) < 10%",
    "target": {"function": "checkout", "type": "dynamodb", "name": "orders*", "percent": 50, "maximum": 10},
    "fault": {"kind": "latency", "ms": 800},
    "abort": "function:checkout | count(error) | over 1m | where count(error) > 5",
    "duration": "2m",
    "before": "2m",
    "after": "1m",
}


def told(**changed):
    return {**TOLD, **changed}


def experiment(**changed):
    return read_experiment(told(**changed), "ui")
