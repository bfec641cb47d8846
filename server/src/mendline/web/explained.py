"""The explanation of a selection as a page shows it: sentences, bars, and links to the invocations behind them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

from mendline.analysis.path_times import PathDifference
from mendline.analysis.predicate import Predicate
from mendline.errors import QueryTextError
from mendline.insight.outliers import Found, common_in_words, path_in_words, predicate_in_words
from mendline.query import read_query
from mendline.query.fields import find_field
from mendline.query.source import Source
from mendline.query.spelling import is_bare_name, quoted, value_text
from mendline.web.formats import chance

_PAYLOADS = ("request.", "response.")
_UNITS = {"memory.size": "B", "timeout": "ms"}


@dataclass(frozen=True, slots=True)
class FindingRow:
    """A finding in words; shares are of the selected and of the other invocations. `query` finds the invocations that
    it holds for, '' where no query can say it."""

    title: str
    also: tuple[str, ...]
    coverage: float
    others: float
    lift: str
    chance: str
    slow_ms: float
    without_ms: float
    query: str


@dataclass(frozen=True, slots=True)
class PathRow:
    """A path in words, and its milliseconds of both sides."""

    text: str
    selected_ms: float
    others_ms: float


def finding_rows(found: Sequence[Found], asked: str) -> list[FindingRow]:
    """Rows of findings or hints; `asked` is the query that was selected from."""
    return [_row(one, asked) for one in found]


def path_rows(paths: Sequence[PathDifference]) -> list[PathRow]:
    """Rows of where the time went."""
    return [PathRow(path_in_words(one), one.selected_ms, one.baseline_ms) for one in paths]


def _row(found: Found, asked: str) -> FindingRow:
    common = found.common
    return FindingRow(
        title=common_in_words(common),
        also=tuple(predicate_in_words(one) for one in common.also),
        coverage=common.coverage,
        others=common.elsewhere,
        lift=f"{common.lift:,.1f} times as often" if isfinite(common.lift) else "only here",
        chance=chance(common.chance),
        slow_ms=found.slow_ms,
        without_ms=found.slow_without_ms,
        query=query_with(asked, common.predicates),
    )


def query_with(asked: str, predicates: Sequence[Predicate]) -> str:
    """The query narrowed to what the predicates hold for; '' where the language cannot say that."""
    terms = [_term(one) for one in predicates]
    if not all(terms):
        return ""
    try:
        query = read_query(asked).query
        own = f"({query.filter}) " if query.filter else ""
        text = own + " ".join(terms)
        return read_query(text).text
    except QueryTextError:
        return ""


def _term(predicate: Predicate) -> str:
    name, value = _name(predicate.attribute), predicate.value
    if not name or predicate.op in ("present", "absent"):
        return name and f"{'not ' if predicate.op == 'absent' else ''}exists({name})"
    if isinstance(value, bool):
        return name if value else f"not {name}"
    if isinstance(value, str):
        return f"{name}:{value_text(value)}" if predicate.op == "=" else f"{name} {predicate.op} {value}"
    return f"{name} {predicate.op} {value}{_UNITS.get(predicate.attribute, '')}"


def _name(attribute: str) -> str:
    """How a query names an attribute; '' where it cannot."""
    if attribute.startswith("calls ") or attribute.endswith(" (length)"):
        return ""
    if find_field(attribute, Source.INVOCATIONS) or attribute.startswith(_PAYLOADS):
        return attribute if is_bare_name(attribute) else ""
    return f"attr({quoted(attribute)})"
