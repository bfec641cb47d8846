"""An answer of the query language as a table for people: numbers with their units, and cells that lead on. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from mendline.model.answer import Answer, AnswerColumn
from mendline.model.function import FunctionId
from mendline.web.formats import NOTHING, clock_time, day_text, moment_text
from mendline.web.page_url import PageUrl
from mendline.web.quantities import quantity
from mendline.web.telemetry_text import clip
from mendline.web.zones import zone_name

_MOST, _MOST_OF_IDS = 160, 14
_CHOSEN = re.compile(r"(?:first|last)\(([\w.]+)\)")
_TRACE_ID = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Cell:
    """`kind` is number, text, flag or time. `date` stands before the text where rows are of several days; `part` is
    how much of a bar is filled, 0 to 1, where the column has bars."""

    text: str
    kind: str
    link: str = ""
    date: str = ""
    title: str = ""
    part: float | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """A head: its name, the kind of its cells, and whether they have bars."""

    name: str
    kind: str
    bars: bool = False


@dataclass(frozen=True, slots=True)
class AnswerTable:
    """`linked`: the first cell of each row leads to what the row is."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    linked: bool = False


def rows_table(answer: Answer, rows: Sequence[Sequence[Any]], here: PageUrl) -> AnswerTable:
    """Rows of a source. Columns without anything in them, and ids that links have, are left away."""
    names = [column.name for column in answer.columns]
    told = [dict(zip(names, row, strict=True)) for row in rows]
    hidden = _told_by_others(told, names)
    shown = [column for column in answer.columns if column.name not in hidden and _has_values(column.name, told)]
    days = len({row["time"][:10] for row in told if row.get("time")}) > 1
    return AnswerTable(
        tuple(Column(column.name, _kind(column)) for column in shown),
        tuple(
            tuple(_row_cell(row, column, here, days, index == 0) for index, column in enumerate(shown)) for row in told
        ),
        linked=True,
    )


def groups_table(
    answer: Answer,
    rows: Sequence[Sequence[Any]],
    keys: int,
    here: PageUrl,
    behind: Callable[[Sequence[Any]], str] | None = None,
) -> AnswerTable:
    """Groups, or the steps of a series; the first aggregate of each leads to the rows behind it. Numbers that are no
    keys have bars, from zero, unless the answer is a series."""
    first = keys + (1 if answer.is_series else 0)
    most = {} if answer.is_series else _largest(answer, first)
    days = answer.is_series and len({row[0][:10] for row in rows}) > 1
    columns = tuple(Column(column.name, _kind(column), index in most) for index, column in enumerate(answer.columns))
    shown = []
    for row in rows:
        cells = [_cell(value, column, here, days) for value, column in zip(row, answer.columns, strict=True)]
        if answer.is_series:
            cells[0] = replace(cells[0], text=cells[0].text.removesuffix(".000").removesuffix(":00"))
        for index, largest in most.items():
            cells[index] = _with_bar(cells[index], row[index], largest)
        if behind and first < len(cells):
            cells[first] = _linked(cells[first], behind(row), "the rows behind this")
        shown.append(tuple(cells))
    return AnswerTable(columns, tuple(shown))


def link_of(name: str, row: Mapping[str, Any], here: PageUrl) -> str:
    """Where a value leads by the name of its column; empty where it leads nowhere."""
    value = row[name]
    if not isinstance(value, str) or not value:
        return ""
    chosen = _CHOSEN.fullmatch(name)
    match chosen[1] if chosen else name:
        case "function":
            if "account" in row and "region" in row:
                return here.to_function(FunctionId(row["account"] or "", row["region"] or "", value))
            return here.to_function_named(value)
        case "trace_id":
            return here.to(f"/traces/{value}", span=row.get("span_id") or None) if _TRACE_ID.fullmatch(value) else ""
        case "request_id":
            return here.to_invocation(value)
        case "service":
            return here.to("/traces", service=value)
    return ""


def _told_by_others(rows: Sequence[Mapping[str, Any]], names: Sequence[str]) -> set[str]:
    """Columns that tell nothing which another does not: the span, which the link of its trace has; that a row failed,
    where its error has a type."""
    hidden = {"span_id"} if "trace_id" in names else set()
    if "error.type" in names and all(row["error.type"] for row in rows if row["error"]):
        hidden.add("error")
    return hidden


def _has_values(name: str, rows: Sequence[Mapping[str, Any]]) -> bool:
    return not rows or any(row[name] not in (None, "", False, []) for row in rows)


def _row_cell(row: Mapping[str, Any], column: AnswerColumn, here: PageUrl, days: bool, first: bool) -> Cell:
    cell = _cell(row[column.name], column, here, days)
    own = link_of(column.name, row, here)
    if first and not own:
        own = next(filter(None, (link_of(name, row, here) for name in ("trace_id", "request_id") if name in row)), "")
    return _linked(cell, own)


def _cell(value: Any, column: AnswerColumn, here: PageUrl, days: bool) -> Cell:
    kind = _kind(column)
    if value is None or value == "":
        return Cell(NOTHING if kind == "number" else "", kind)
    if kind == "number":
        return Cell(quantity(value, column.unit), kind, title=f"{value} {column.unit}".rstrip())
    if kind == "time":
        moment = datetime.fromisoformat(value)
        return Cell(
            clock_time(moment),
            kind,
            date=day_text(moment) if days else "",
            title=f"{moment_text(moment)} {zone_name()}",
        )
    if kind == "flag":
        return Cell("yes" if value else "", kind)
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    shown = clip(text, _MOST_OF_IDS if column.name in ("trace_id", "request_id", "span_id") else _MOST)
    kind = "flag" if column.name == "error.type" else kind
    return Cell(shown, kind, link_of(column.name, {column.name: value}, here), title=text)


def _kind(column: AnswerColumn) -> str:
    return {"number": "number", "time": "time", "bool": "flag"}.get(column.type, "text")


def _linked(cell: Cell, link: str, title: str = "") -> Cell:
    return replace(cell, link=link or cell.link, title=title or cell.title)


def _with_bar(cell: Cell, value: Any, largest: float) -> Cell:
    return replace(cell, part=(value or 0) / largest)


def _largest(answer: Answer, first: int) -> dict[int, float]:
    """By the number of a column: its largest value, where all are from zero on and some above."""
    found = {}
    for index, column in enumerate(answer.columns[first:], first):
        values = [row[index] for row in answer.rows if row[index] is not None]
        if column.type == "number" and len(values) > 1 and min(values) >= 0 < max(values):
            found[index] = max(values)
    return found
