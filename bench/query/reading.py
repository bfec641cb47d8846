"""What reading a query costs, from its text to its plan: the examples of docs/query.md, and wrong queries with the
search for one that works. Beside it what Python takes to parse an expression as long, so that machines compare.

The bar is 2 ms for a query that people write (parse and check). CPU time of one thread, rounds interleaved in one run.
"""

from __future__ import annotations

import ast
import contextlib
import statistics
import time
from collections.abc import Callable
from pathlib import Path

from bars import Bars

from mendline.errors import QueryTextError
from mendline.query import read_query
from mendline.query.page import examples_of

ROUNDS = 25
BAR_MS = 2.0
ROOT = Path(__file__).resolve().parents[2]


def _ms(task: Callable[[str], object], text: str) -> float:
    """CPU time of one call, in ms."""
    begun = time.thread_time_ns()
    task(text)
    return (time.thread_time_ns() - begun) / 1e6


def _read(text: str) -> None:
    with contextlib.suppress(QueryTextError):
        read_query(text)


def _python(text: str) -> None:
    """A Python expression of about the same length and shape."""
    ast.parse(" and ".join(["duration > 1"] * max(1, len(text) // 17)), mode="eval")


def _rows(name: str, texts: list[str]) -> tuple[str, float]:
    times: dict[str, list[float]] = {text: [] for text in texts}
    yardstick = []
    for _ in range(ROUNDS):
        for text in texts:
            times[text].append(_ms(_read, text))
            yardstick.append(_ms(_python, text))
    medians = sorted(map(statistics.median, times.values()))
    middle, slowest = statistics.median(medians), medians[-1]
    ratio = middle / statistics.median(yardstick)
    return f"{name:16}{len(texts):>8}{middle:>12.3f}{slowest:>12.3f}{ratio:>14.0f}x", slowest


def measure(bars: Bars) -> None:
    """Print a table."""
    wrong = (ROOT / "server" / "tests" / "query" / "wrong_queries.txt").read_text().split("\n\n")
    sets = {
        "examples": list(examples_of((ROOT / "docs" / "query.md").read_text())),
        "wrong queries": [block.split("\n")[1] for block in wrong if not block.startswith("#")],
        "longest": ["error.type in (" + ", ".join(f"Type{number}" for number in range(380)) + ")"],
    }
    _read("error")  # what is made once
    print(f"{'':16}{'queries':>8}{'median ms':>12}{'slowest ms':>12}{'ast.parse':>15}")
    for name, texts in sets.items():
        line, slowest = _rows(name, texts)
        print(line)
        if name == "examples":
            bars.hold("reading a query, the slowest example, ms", slowest, BAR_MS, at_most=True)
