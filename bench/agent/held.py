"""What the agent is held to, read from the tables of `peers.py`: each bar beside our row and the best of the others."""

from __future__ import annotations

from typing import NamedTuple

EMPTY = "Empty handler, local collector"
CALLS = "Two AWS calls and one HTTP call, local collector"
ONE = "One function, 200 calls in a row"
MANY = "200 functions, each called once"
FAR = "Empty handler, collector 10 ms away"
DISK = "On the disk"


class _Bar(NamedTuple):
    what: str
    table: str
    row: str
    column: str
    bar: float
    at_most: bool = True


_BARS = (
    _Bar("start", EMPTY, "mendline log", "init cpu ms", 5.0),
    _Bar("start", EMPTY, "mendline http", "init cpu ms", 5.0),
    _Bar("first invocation", EMPTY, "mendline log", "first ms", 0.5),
    _Bar("first invocation", EMPTY, "mendline http", "first ms", 0.5),
    _Bar("warm, empty", EMPTY, "mendline log", "answer ms", 0.10),
    _Bar("warm, empty", EMPTY, "mendline http", "answer ms", 0.20),
    _Bar("warm, three calls", CALLS, "mendline log", "cpu ms", 0.4),
    _Bar("warm, three calls", CALLS, "mendline http", "cpu ms", 0.4),
    _Bar("of three calls", CALLS, "mendline http", "spans", 4, at_most=False),
    _Bar("of three calls", CALLS, "mendline http", "values", 60, at_most=False),
    _Bar("of three calls", CALLS, "mendline http", "sent B", 1500),
    _Bar("200 functions", MANY, "mendline log, spans sent", "cpu ms", 1.5),
    _Bar("200 functions", MANY, "mendline log, sums alone", "cpu ms", 0.2),
    _Bar("one function 200 times", ONE, "mendline log, spans sent", "cpu ms", 1.5),
    _Bar("one function 200 times", ONE, "mendline log, sums alone", "cpu ms", 0.2),
    _Bar("collector 10 ms away, no time billed", FAR, "mendline log", "billed ms", 1.0),
    _Bar("collector 10 ms away, nobody waits", FAR, "mendline extension", "answer ms", 1.0),
    _Bar("memory, empty", EMPTY, "mendline http", "RSS MiB", 0.95),
    _Bar("memory, three calls", CALLS, "mendline http", "RSS MiB", 0.95),
    _Bar("memory, 200 functions", MANY, "mendline log, spans sent", "RSS MiB", 0.95),
    _Bar("size", DISK, "mendline", "as it is written kB", 250),
)


def held(text: str) -> str:
    """A table of the bars that these tables can say something of."""
    tables = _read(text)
    lines = [
        "### Held against what we aim at\n",
        "| | of | bar | here | | best of the others |",
        "|---|---|---:|---:|---|---|",
    ]
    for bar in _BARS:
        rows = tables.get(bar.table, {})
        here = rows.get(bar.row, {}).get(bar.column)
        if here is None:
            continue
        met = here <= bar.bar if bar.at_most else here >= bar.bar
        others = {
            name: cells.get(bar.column) or 0.0 for name, cells in rows.items() if name[:4] not in ("mend", "bare")
        }
        best = min((cell, name) for name, cell in others.items() if cell) if any(others.values()) else None
        lines.append(
            f"| {bar.what}, {bar.column} | {bar.row} | {'≤' if bar.at_most else '≥'} {bar.bar:g} | {here:g} |"
            f" {'met' if met else 'missed'} | {f'{best[0]:g}, {best[1]}' if best and bar.at_most else ''} |"
        )
    return "\n".join(lines) + "\n"


def _read(text: str) -> dict[str, dict[str, dict[str, float]]]:
    """Title → name of a row → column → number; what is no number is left out."""
    tables: dict[str, dict[str, dict[str, float]]] = {}
    rows: dict[str, dict[str, float]] = {}
    columns: list[str] = []
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if line.startswith("### "):
            rows, columns = tables.setdefault(line[4:], {}), []
        elif not line.startswith("|"):
            continue
        elif not columns:
            columns = line.strip().strip("|").split("|")[1:]
        elif not cells[0].startswith("---"):
            told = zip(columns, map(_number, cells[1:]), strict=False)
            rows[cells[0]] = {column.strip(): number for column, number in told if number is not None}
    return tables


def _number(cell: str) -> float | None:
    try:
        return float(cell.replace(",", ""))
    except ValueError:
        return None
