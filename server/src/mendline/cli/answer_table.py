"""An answer on a terminal: a table with units, and small charts for series. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_BARS = "▁▂▃▄▅▆▇█"
_MOST_WIDTH = 60
_BOLD, _DIM, _END = "\x1b[1m", "\x1b[2m", "\x1b[0m"


def as_lines(told: Mapping[str, Any], *, color: bool) -> Iterator[str]:
    """The lines of a table, or of one chart for each group and number of a series; then what was read."""
    columns, rows = told["columns"], told["rows"]
    bold, dim, end = (_BOLD, _DIM, _END) if color else ("", "", "")
    if not rows:
        yield f"No row from {told['start']} to {told['end']}. {dim}{_read(told)}{end}"
        return
    if told["series"]:
        yield from _charts(columns, rows, bold, end)
    else:
        yield from _table(columns, rows, bold, end)
    yield f"{dim}{_read(told)}{end}"


def number(value: float, unit: str) -> str:
    """A number as a person reads it: `1 234`, `12.3 ms`, `$0.0012`, `4.5 %`."""
    if isinstance(value, int) or (value == int(value) and abs(value) < 1e15):
        text = f"{int(value):,}".replace(",", " ")
    elif abs(value) >= 100:
        text = f"{value:,.0f}".replace(",", " ")
    else:
        text = f"{value:.3g}" if abs(value) >= 0.001 else f"{value:.2e}"
    if unit == "$":
        return f"-${text[1:]}" if text.startswith("-") else f"${text}"
    return f"{text} {unit}" if unit else text


def _table(columns: Sequence[Mapping[str, str]], rows: Sequence[Sequence[Any]], bold: str, end: str) -> Iterator[str]:
    cells = [[_cell(value, column) for value, column in zip(row, columns, strict=True)] for row in rows]
    widths = [max(len(column["name"]), *(len(row[index]) for row in cells)) for index, column in enumerate(columns)]
    right = [column["type"] == "number" for column in columns]

    def line(texts: Sequence[str]) -> str:
        placed = [
            text.rjust(width) if on_right else text.ljust(width)
            for text, width, on_right in zip(texts, widths, right, strict=True)
        ]
        return "  ".join(placed).rstrip()

    yield f"{bold}{line([column['name'] for column in columns])}{end}"
    for row in cells:
        yield line(row)


def _charts(columns: Sequence[Mapping[str, str]], rows: Sequence[Sequence[Any]], bold: str, end: str) -> Iterator[str]:
    numbers = [index for index, column in enumerate(columns) if column["type"] == "number"]
    keys = [index for index in range(1, len(columns)) if index not in numbers]
    groups: dict[tuple[str, ...], list[Sequence[Any]]] = {}
    for row in rows:
        groups.setdefault(tuple(_cell(row[index], columns[index]) for index in keys), []).append(row)
    yield f"{rows[0][0]} to {rows[-1][0]}"
    for group, told in groups.items():
        for index in numbers:
            values = [row[index] for row in told]
            known = [value for value in values if value is not None]
            unit = columns[index]["unit"]
            extent = f"{number(min(known), unit)} … {number(max(known), unit)}" if known else "no value"
            name = f"{bold}{' '.join(group)}{end} {columns[index]['name']}".strip()
            yield f"{name}\n  {spark(values)}  {extent}"


def spark(values: Sequence[float | None]) -> str:
    """One character for each value, from zero; a space where there is none."""
    most = max((value for value in values if value is not None), default=0.0)
    return "".join(
        " " if value is None else _BARS[min(7, int(value / most * 7.999))] if most > 0 else _BARS[0] for value in values
    )


def _cell(value: Any, column: Mapping[str, str]) -> str:
    if value is None or value == "":
        return "-"
    if column["type"] == "number":
        return number(value, column["unit"])
    text = ", ".join(map(str, value)) if isinstance(value, list) else {True: "yes", False: "no"}.get(value, str(value))
    text = "".join(character if character.isprintable() else " " for character in text)
    return text if len(text) <= _MOST_WIDTH else text[: _MOST_WIDTH - 1] + "…"


def _read(told: Mapping[str, Any]) -> str:
    read = told["read"]
    percentiles = ", percentiles within 1 %" if read["approximate_percentiles"] else ""
    more = "; there are more rows (--limit N)" if told["truncated"] else ""
    count = len(told["rows"])
    rows = {0: "Read", 1: "1 row"}.get(count, f"{count} rows")
    return f"{rows} from {read['from']} data in {read['seconds']:.2f} s{percentiles}{more}"
