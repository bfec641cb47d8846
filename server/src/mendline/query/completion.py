"""What may be written at a cursor: fields, functions, values, units and keywords, the likeliest first. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from mendline.query.attribute_fields import WITH_ATTRIBUTES
from mendline.query.field import Field
from mendline.query.fields import fields_of, find_field
from mendline.query.functions import AGGREGATES, OTHERS
from mendline.query.known import NOTHING_KNOWN, Known
from mendline.query.names import FAMILIES
from mendline.query.sentence import Calendar
from mendline.query.situation import Due, Situation, situation
from mendline.query.source import ROWS, Source
from mendline.query.spelling import value_text
from mendline.query.syntax import Attribute
from mendline.query.types import Kind
from mendline.query.units import BYTES, TIME, USD

MOST = 50
_NUMBER = re.compile(r"-?\d[\d_.]*")
_UNITS = {TIME: ("ms", "s", "m", "h", "d"), BYTES: ("KB", "MB", "GB")}
_STAGES = {
    "over": "how far back, and with 'every' in which steps", "where": "a condition on the results",
    "sort": "order", "limit": "how many rows", "since": "from when on", "between": "from when until when",
}  # fmt: skip
_BEHIND = {"by": "groups", "every": "in steps", "for": "how long it must hold", "desc": "largest first"}
_JOINTS = {"and": "both", "or": "either", "not": "the opposite"}


@dataclass(frozen=True, slots=True)
class Completion:
    """`text` replaces the characters from `start` to the cursor. `kind` is source, field, function, value, unit or
    keyword; `detail` says in short what it is."""

    text: str
    kind: str
    detail: str
    start: int


def complete(text: str, cursor: int, known: Known = NOTHING_KNOWN) -> tuple[Completion, ...]:
    """What fits at the cursor, at most 50; attributes and values that have been seen are in `known`."""
    here = situation(text, cursor)
    offered = [*_offers(here, known)]
    ranked = sorted(
        ((rank, index, offer) for index, offer in enumerate(offered) if (rank := _rank(offer, here.word)) is not None),
        key=lambda ranked_offer: ranked_offer[:2],
    )
    found = {offer.text: offer for _, _, offer in reversed(ranked)}  # the best of equal texts
    return tuple(dict.fromkeys(found[offer.text].completion(here.start) for _, _, offer in ranked))[:MOST]


@dataclass(frozen=True, slots=True)
class _Offer:
    """Something that may be written; it is found by any of `names`."""

    text: str
    kind: str
    detail: str
    names: tuple[str, ...] = ()

    def completion(self, start: int) -> Completion:
        return Completion(self.text, self.kind, self.detail, start)


def _rank(offer: _Offer, word: str) -> int | None:
    """How well an offer fits the beginning of a word: 0 best; None not at all."""
    small = word.lower().lstrip('"@')
    names = [name.lower() for name in (offer.text.lstrip('"'), *offer.names)]
    if names[0].startswith(small):
        return 0
    if any(name.startswith(small) for name in names):
        return 1
    if any(f".{small}" in name or f"_{small}" in name for name in names):
        return 2
    return 3 if len(small) > 2 and small in names[0] else None


def _offers(here: Situation, known: Known) -> Iterator[_Offer]:
    if _NUMBER.match(here.word) and here.due in (Due.VALUE, Due.LENGTH, Due.HOLD, Due.MOMENT, Due.NUMBER):
        yield from _with_units(here)
    elif here.due is Due.TERM:
        yield from _terms(here, known)
    elif here.due is Due.STAGE:
        yield from _functions()
        yield from _keywords(_STAGES)
    elif here.due is Due.NUMBER:
        yield from _fields(here.source, lambda field: field.type.kind is Kind.NUMBER)
    elif here.due is Due.KEY:
        yield from _fields(here.source, lambda field: field.type.kind is not Kind.TIME)
        yield _Offer("bucket(", "function", OTHERS["bucket"][0])
        yield from _seen(here.source, known)
    elif here.due is Due.GROUP:
        yield from (_Offer(written, "function", "a column of this query") for written in here.aggregates)
        yield from _functions()
        yield from _fields(here.source, lambda field: True)
    elif here.due is Due.VALUE:
        yield from _values(here, known.values)
    elif here.due in (Due.JOINT, Due.NEXT):
        yield from _keywords(_JOINTS | _STAGES | _BEHIND)
        yield from _terms(here, known) if here.due is Due.NEXT else ()
    elif here.due is Due.LENGTH:
        yield from (_Offer(str(length), "value", "") for length in ("5m", "10m", "1h", "1d", *Calendar))
    elif here.due is Due.HOLD:
        yield from (_Offer(hold, "value", "") for hold in ("3 of 5", "10m", "3 in a row"))
    elif here.due is Due.MOMENT:
        yield from (_Offer(moment, "value", "ago") for moment in ("1h", "24h", "7d"))


def _terms(here: Situation, known: Known) -> Iterator[_Offer]:
    """What a filter may go on with."""
    if here.first:
        yield from (_Offer(str(source), "source", rows) for source, rows in ROWS.items())
    yield from _fields(here.source, lambda field: not field.attribute)
    yield from (_Offer(family, "field", meaning) for family, meaning in FAMILIES.items())
    yield from (_Offer(f"{name}(", "function", OTHERS[name][0]) for name in ("exists", "attr"))
    if here.source is Source.TRACES:
        yield _Offer("through(", "function", OTHERS["through"][0])
    yield _Offer("not", "keyword", _JOINTS["not"])
    yield from _fields(here.source, lambda field: field.attribute)
    yield from _seen(here.source, known)


def _seen(source: Source, known: Known) -> Iterator[_Offer]:
    """Attributes that telemetry has had, which are in no registry."""
    if source in WITH_ATTRIBUTES:
        unknown = sorted(key for key in known.attributes if find_field(key, source) is None)
        yield from (_Offer(str(Attribute(key)), "field", "an attribute that was seen", (key,)) for key in unknown)


def _fields(source: Source, fits: Callable[[Field], bool]) -> Iterator[_Offer]:
    """Fields of a source: short names before attributes."""
    chosen = [field for field in fields_of(source) if fits(field)]
    for field in sorted(chosen, key=lambda field: field.attribute):
        yield _Offer(field.name, "field", field.meaning, (*field.aliases, *field.synonyms))


def _functions() -> Iterator[_Offer]:
    yield from (_Offer(f"{name}(", "function", aggregate.meaning) for name, aggregate in AGGREGATES.items())
    yield from (_Offer(f"{name}(", "function", "a percentile") for name in ("p50", "p90", "p95", "p99"))


def _keywords(words: Mapping[str, str]) -> Iterable[_Offer]:
    return (_Offer(word, "keyword", meaning) for word, meaning in words.items())


def _values(here: Situation, values: Mapping[str, Sequence[str]]) -> Iterator[_Offer]:
    """Values of the field on the left: of its list, seen, or an example of a number."""
    if here.grouped:
        yield from (
            _Offer(bound, "value", "what is learned for this hour and weekday") for bound in ("3x usual", "usual")
        )
    field = find_field(here.field, here.source)
    if field is None:
        name = "function" if here.field == "through" else here.field
        yield from (_Offer(value_text(value), "value", "") for value in values.get(name, ()))
        return
    yield from (_Offer(value, "value", "") for value in field.values)
    yield from (_Offer(value_text(value), "value", "") for value in values.get(field.name, ()) if value)
    if field.type.kind is Kind.NUMBER:
        yield from (_Offer(example, "value", "") for example in _examples(field))
    if field.type.kind is Kind.BOOL:
        yield from (_Offer(word, "value", "") for word in ("true", "false"))


def _examples(field: Field) -> tuple[str, ...]:
    return {
        TIME: ("100ms", "1s", "10s"), BYTES: ("64MB", "128MB", "1GB"), USD: ("$0.001", "$1"),
    }.get(field.type.dimension, ())  # fmt: skip


def _with_units(here: Situation) -> Iterator[_Offer]:
    """The number at the cursor with each unit that fits."""
    number = _NUMBER.match(here.word)
    digits = number[0] if number else ""
    field = find_field(here.field, here.source) if here.due is Due.VALUE else None
    dimension = field.type.dimension if field else TIME
    for unit in _UNITS.get(dimension, ()):
        yield _Offer(digits + unit, "unit", "")
    if field is not None and field.type.unit.symbol == "%":
        yield _Offer(f"{digits}%", "unit", "")
