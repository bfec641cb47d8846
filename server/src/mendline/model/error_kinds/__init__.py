"""Error kinds: one word for what went wrong, the same for every language and service, from one table.

`classify` says it in Python; `kind_sql` says the same in ClickHouse, for rows on their way into the store.
"""

from __future__ import annotations

from collections.abc import Sequence

from mendline.model.error_kinds.kinds import MEANINGS, ErrorKind, Meaning
from mendline.model.error_kinds.messages import MARKS
from mendline.model.error_kinds.normal import NORMAL_SQL, normal
from mendline.model.error_kinds.table import KINDS, ROWS, Row

__all__ = [
    "MEANINGS",
    "NORMAL_SQL",
    "ROWS",
    "ErrorKind",
    "Meaning",
    "Row",
    "classify",
    "codes_and_kinds",
    "kind_sql",
    "marks_and_kinds",
    "normal",
]

_KIND_SQL = (
    "transform(({normal} AS error_code), {codes}, {kinds}, "
    "if((arrayElement({mark_kinds}, multiSearchFirstIndex(lower({message}), {marks}) + 1) AS error_kind_told) != '', "
    "error_kind_told, if(has({unhandled}, error_code), 'unhandled', '')))"
)


def classify(code: str, message: str = "") -> ErrorKind | None:
    """What kind of error a code or exception name is, and if that says nothing, its message; None when neither does.

    A code that only says that an error happened (`Error`, `ClientError`, `RuntimeException`) is `unhandled`, unless
    its message says more.
    """
    by_code = KINDS.get(normal(code))
    if by_code is not None and by_code is not ErrorKind.UNHANDLED:
        return by_code
    small = message.encode("utf-8", "surrogatepass").lower()  # of bytes: ASCII only, as the store does it
    return next((kind for mark, kind in MARKS if mark.encode() in small), by_code)


def codes_and_kinds() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Every code in its one spelling, and beside it its kind: the arrays for `transform`."""
    return tuple(KINDS), tuple(str(kind) for kind in KINDS.values())


def marks_and_kinds() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Every text that messages are searched for, in order, and beside it its kind: for `multiSearchFirstIndex`."""
    return tuple(mark for mark, _ in MARKS), tuple(str(kind) for _, kind in MARKS)


def kind_sql(code: str, message: str) -> str:
    """`classify` as an expression of ClickHouse's SQL over two columns (or expressions) of text; '' is unknown.

    The table stands in it, so it is long, and stands there once: the analyser pays for each touch. It uses the aliases
    error_code and error_kind_told.
    """
    codes, kinds = codes_and_kinds()
    marks, mark_kinds = marks_and_kinds()
    telling = [(code, kind) for code, kind in zip(codes, kinds, strict=True) if kind != ErrorKind.UNHANDLED]
    return _KIND_SQL.format(
        normal=NORMAL_SQL.replace("{code}", code),
        message=message,
        codes=_array([code for code, _ in telling]),
        kinds=_array([kind for _, kind in telling]),
        unhandled=_array([code for code, kind in zip(codes, kinds, strict=True) if kind == ErrorKind.UNHANDLED]),
        marks=_array(marks),
        mark_kinds=_array(["", *mark_kinds]),
    )


def _array(texts: Sequence[str]) -> str:
    """An array as one text to be split: thousands of separate literals cost 20 ms of analysis with every insert."""
    joined = "|".join(texts).replace("\\", "\\\\").replace("'", "\\'")
    return f"splitByChar('|', '{joined}')"
