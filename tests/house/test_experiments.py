"""The experiments on the shop are right as files, and strike what the shop's functions call."""

from __future__ import annotations

from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path

from mendline.chaos.experiment_files import read_files
from mendline.model.experiment import INVOCATION
from mendline_playground.shop.plan import FUNCTIONS, SECOND_VERSIONS

FOLDER = Path(__file__).resolve().parents[2] / "playground" / "experiments"


def test_every_experiment_on_the_shop_strikes_something_of_it():
    found = read_files(FOLDER).experiments
    assert len(found) >= 10
    assert {one.expect.hypothesis for one in found} == {"held", "broken"}
    for one in found:
        target, called = one.target, [call.resource for call in FUNCTIONS[one.target.function].calls]
        fits = [it for it in called if fnmatchcase(it.type, target.type) and fnmatchcase(it.name, target.name)]
        assert fits or target.type == INVOCATION, one.name


def test_the_second_version_of_a_function_stands_what_breaks_the_first():
    found = read_files(FOLDER).experiments
    first, second = ([one for one in found if one.target.version == version] for version in ("1", "2"))
    assert {one.target.function for one in first} == set(SECOND_VERSIONS)
    for one in first:
        (twin,) = [it for it in second if replace(it.target, version="1") == one.target and it.fault == one.fault]
        assert (one.expect.hypothesis, twin.expect.hypothesis, twin.expect.fallback) == ("broken", "held", True)
