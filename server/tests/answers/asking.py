"""Asks a query of a store over the last hour."""

from __future__ import annotations

from datetime import UTC, datetime

from mendline.insight.answers import answer
from mendline.insight.evaluations import Question
from mendline.model.timerange import parse_range


def ask(store, now, text, start="-1h", **more):
    """The answer."""
    present = datetime.now(UTC)
    return answer(store, Question(text, parse_range(start, None, present), present, **more))
