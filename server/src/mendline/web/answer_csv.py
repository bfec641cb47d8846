"""An answer of the query language as CSV: numbers as they are, in the units of the head."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import Any

from mendline.model.answer import Answer

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def answer_csv(answer: Answer) -> str:
    """A line of heads, then the rows. A text that a spreadsheet would run as a formula is told from one by an
    apostrophe: telemetry is hostile."""
    head = [f"{it.name} ({it.unit})" if it.unit else it.name for it in answer.columns]
    return csv_text(head, answer.rows)


def csv_text(head: Iterable[str], rows: Iterable[Iterable[Any]]) -> str:
    """As `answer_csv`, of any head and rows."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(map(_text, head))
    writer.writerows(map(_cell, row) for row in rows)
    return out.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, list):
        return _text(", ".join(map(str, value)))
    return _text(value) if isinstance(value, str) else value


def _text(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text
