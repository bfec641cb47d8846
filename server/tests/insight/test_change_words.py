"""What changed is told in words that people use, not in hashes."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from mendline.insight.change_words import Fact, change_words
from mendline.model.change import Change

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
CODE = {"code_sha256": "abcdefghijkl"}, {"code_sha256": "mnopqrstuvwx"}
ORDERS = {"uuid": "1", "source": "arn:aws:sqs:eu:1:orders"}
CASES = [
    ("deployment", "44", *CODE, "deployed version 44", (Fact("code", "abcdefgh…", "mnopqrst…"),)),
    ("deployment", "", *CODE, "deployed", (Fact("code", "abcdefgh…", "mnopqrst…"),)),
    ("deployment", "", {"exists": True}, {"exists": False}, "removed", ()),
    ("version", "44", "", "", "deployed version 44, first invoked then", ()),
    ("memory", "", {"memory_mb": 128}, {"memory_mb": 256}, "memory", (Fact("", "128 MB", "256 MB"),)),
    ("event_source", "", {"event_sources": [{**ORDERS, "batch_size": 10, "partial_batch": False}]},
     {"event_sources": [{**ORDERS, "batch_size": 5, "partial_batch": True, "batching_window_s": 2}]}, "event source",
     (Fact("orders batch size", "10", "5"), Fact("orders batching window", "", "2 s"),
      Fact("orders partial batch", "no", "yes"))),
    ("event_source", "", {"event_sources": []}, {"event_sources": [ORDERS]}, "event source", (Fact("", "", "orders"),)),
    ("event_source", "", {"event_sources": [ORDERS]}, {"event_sources": []}, "event source", (Fact("", "orders", ""),)),
    ("event_source", "", {"event_sources": ["q"]}, {}, "event source", (Fact("event sources", "q", ""),)),
    ("environment", "", {"environment": {"TABLE_s": "a value"}}, {"environment": {"TABLE_s": "another value"}},
     "environment", (Fact("TABLE_s", "a value", "another value"),)),
    ("layers", "", {"layers": ["arn:aws:lambda:eu:1:layer:mendline:1"]}, {"layers": []}, "layers",
     (Fact("", "mendline:1", ""),)),
    ("deployment", "", {"aliases": {"live": {"version": "1", "weights": {}}}},
     {"aliases": {"live": {"version": "1", "weights": {"2": 0.1}}}}, "deployed",
     (Fact("aliases live", "version 1", "version 1, 10% version 2"),)),
    ("other", "", {"tags": {"team": "a"}}, {"tags": {"team": "b"}}, "settings", (Fact("tags team", "a", "b"),)),
    ("other", "", "cut {", "<b>", "settings", (Fact("", "cut {", "<b>"),)),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "version", "before", "after", "what", "facts"), CASES)
def test_change_is_told_in_words(kind, version, before, after, what, facts):
    texts = [it if isinstance(it, str) else json.dumps(it) for it in (before, after)]
    told = change_words(Change(NOON, kind, "lambda", "1", "eu", "checkout", version, *texts))
    assert (told.what, told.facts) == (what, facts)
