"""Where the time of invocations went: pieces of bars on one scale, one colour for one thing in all of them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from mendline.model.function import FunctionId
from mendline.model.invocation import Invocation
from mendline.web.breakdown import OTHERS, OWN, breakdown


def _row(duration_ms, *calls):
    texts = dict.fromkeys(
        ("version", "instance", "trace_id", "span_id", "error_kind", "error_type", "error_message", "trigger",
         "trigger_source"), "",
    )  # fmt: skip
    numbers = dict.fromkeys(
        ("init_ms", "restore_ms", "billed_ms", "timeout_ms", "memory_size_bytes", "memory_used_bytes"), 0
    )
    flags = dict.fromkeys(("error", "cold_start", "unfinished", "reported", "recovered"), False)
    return Invocation(
        id="a~1", function=FunctionId("", "", "f"), start=datetime(2026, 5, 1, tzinfo=UTC), duration_ms=duration_ms,
        attempt=1, final=None, calls=calls, **texts, **numbers, **flags,
    )  # fmt: skip


def _told(bar):
    return [(piece.name, piece.x, piece.width) for piece in bar]


def test_parts_of_a_bar_follow_each_other_and_own_code_is_what_is_left():
    found = breakdown([_row(100, ("dynamodb orders", 60.0), ("http x", 20.0)), _row(200, ("http x", 50.0))])
    assert _told(found.bars[0]) == [("http x", 0, 10), ("dynamodb orders", 10, 30), (OWN, 40, 10)]
    assert _told(found.bars[1]) == [("http x", 0, 25), (OWN, 25, 75)]
    assert [name for name, _ in found.legend] == ["http x", "dynamodb orders", OWN]


def test_calls_at_once_never_make_a_bar_longer_than_its_invocation():
    (bar,) = breakdown([_row(100, ("a", 90.0), ("b", 90.0))]).bars
    assert sum(piece.width for piece in bar) == pytest.approx(100)
    assert [piece.milliseconds for piece in bar] == [90, 90]


def test_what_has_no_colour_left_is_told_together():
    (bar,) = breakdown([_row(100, *[(f"c{number}", 10.0) for number in range(8)])]).bars
    assert [piece.name for piece in bar] == ["c0", "c1", "c2", "c3", "c4", OTHERS, OWN]
    assert next(piece.milliseconds for piece in bar if piece.name == OTHERS) == 30


def test_without_calls_there_is_nothing_to_break_down():
    assert breakdown([_row(100)]).bars == breakdown([]).bars == ()
