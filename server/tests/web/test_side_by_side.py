"""Requests and responses stand beside one another by key; what sets the odd ones apart is marked and comes first."""

from __future__ import annotations

import json

from mendline.insight.outlier_rows import Sampled
from mendline.web.side_by_side import side_by_side


def _row(request, response=""):
    text = request if isinstance(request, str) else json.dumps(request)
    return Sampled(True, "r", "f", "", "", 0, 1.0, {}, {}, text, response)


def _lines(odd, usual):
    return {line.key: line for line in side_by_side([_row(one) for one in odd], [_row(one) for one in usual]).lines}


def test_keys_that_set_the_odd_ones_apart_are_marked_and_ids_are_not():
    odd = [{"id": "a", "tenant": "birch", "items": 20, "note": "x"}, {"id": "b", "tenant": "birch", "items": 31}]
    usual = [{"id": "c", "tenant": "oak", "items": 2, "ok": True}, {"id": "d", "tenant": "elm", "items": 3, "ok": True}]
    lines = _lines(odd, usual)
    assert list(lines) == ["request.tenant", "request.items", "request.ok", "request.id", "request.note"]
    assert [line.differs for line in lines.values()] == [True, True, True, False, False]
    assert [cell.text for cell in (*lines["request.ok"].odd, *lines["request.ok"].usual)] == ["–", "–", "true", "true"]  # noqa: RUF001
    assert lines["request.ok"].odd[0].missing


def test_redactions_are_seen_and_what_is_no_json_is_one_value():
    lines = _lines(['{"password": "[redacted]"}', "plain \x1b text"], [{"password": "[redacted]"}])
    assert lines["request.password"].odd[0].redacted
    assert lines["request"].odd[1].text == "plain \x1b text"


def test_more_keys_than_fit_are_counted():
    told = side_by_side([_row({f"k{n}": n for n in range(90)})], [])
    assert (len(told.lines), told.more) == (60, 30)
