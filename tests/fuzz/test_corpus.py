"""Every input that fuzzing found interesting, or that once broke something, is still answered with our own errors."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
from targets import TARGETS  # noqa: E402

INPUTS = [(name, path) for name in TARGETS for path in sorted((HERE / "corpus" / name).iterdir())]


def test_every_target_has_a_corpus():
    assert {name for name, _ in INPUTS} == set(TARGETS)


@pytest.mark.parametrize(("name", "path"), INPUTS, ids=lambda value: getattr(value, "name", value))
def test_input_is_answered_with_our_own_errors(name, path):
    TARGETS[name](path.read_bytes())
