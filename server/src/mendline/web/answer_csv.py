"""An answer of the query language as CSV: numbers as they are, in the units of the head."""

from __future__ import annotations

import csv
import io
from typing import Any

from mendline.model.answer import Answer

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def answer_csv(answer: Answer) -> str:
    """A line of heads, then the rows. A text that a spreadsheet would run as a formula is told from one by an
    apostrophe: telemetry is hostile."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([f"{it.name} ({it.unit})" if it.unit else _text(it.name) for it in answer.columns])
    writer.writerows([_cell(value) for value in row] for row in answer.rows)
    return out.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, list):
        return _text(", ".join(map(str, value)))
    return _text(value) if isinstance(value, str) else value


def _text(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text
