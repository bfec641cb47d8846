"""The experiments on the shop are right as files, and strike what the shop's functions call."""

from __future__ import annotations

from fnmatch import fnmatchcase
from pathlib import Path

from mendline.chaos.experiment_files import read_files
from mendline.model.experiment import INVOCATION
from mendline_playground.shop.plan import FUNCTIONS

FOLDER = Path(__file__).resolve().parents[2] / "playground" / "experiments"


def test_every_experiment_on_the_shop_strikes_something_of_it():
    found = read_files(FOLDER)
    assert len(found) >= 6
    assert {one.expect.hypothesis for one in found} == {"held", "broken"}
    for one in found:
        target, called = one.target, [call.resource for call in FUNCTIONS[one.target.function].calls]
        fits = [it for it in called if fnmatchcase(it.type, target.type) and fnmatchcase(it.name, target.name)]
        assert fits or target.type == INVOCATION, one.name
