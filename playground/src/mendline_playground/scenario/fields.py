"""Reading a mapping of a file field by field, with errors that say where, what is wrong, and what to write."""

import difflib
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from mendline_playground.scenario.faults import (
    CONSUMER,
    COUNT,
    DURATION,
    FACTOR,
    FUNCTION,
    KINDS_OF_VALUES,
    RATE,
    RESOURCE,
    SHARE,
    SIZE,
    TEXT,
)
from mendline_playground.scenario.scenario import ScenarioError
from mendline_playground.scenario.units import parse_duration, parse_size
from mendline_playground.shop.plan import CONSUMERS, FUNCTIONS, resources


def meant(word: object, known: Iterable[str]) -> str:
    """What a person may have meant, as the end of a sentence; else what there is."""
    known = list(known)
    near = difflib.get_close_matches(str(word), known, 1, 0.5)
    return f"did you mean {near[0]}?" if near else f"there are: {', '.join(known)}."


class Fields:
    """One mapping of a file; `where` names it in errors. Each field is taken once, and `finish` refuses the rest."""

    def __init__(self, where: str, value: object) -> None:
        if not isinstance(value, Mapping):
            raise ScenarioError(f"{where} is {_shown(value)}; it must be a mapping of names to values.")
        self.where = where
        self._left: dict[str, Any] = {str(name): item for name, item in value.items()}
        self._known: list[str] = []

    def has(self, name: str) -> bool:
        """Whether a field is there and not taken yet."""
        return name in self._left

    def names(self) -> list[str]:
        """The fields that are not taken yet."""
        return list(self._left)

    def take(self, name: str, *, required: bool = False) -> Any:
        """The value as YAML has it; None when it is not there."""
        self._known.append(name)
        if required and self._left.get(name) is None:
            raise ScenarioError(f"{self.where} has no {name}, and needs one.")
        return self._left.pop(name, None)

    def text(self, name: str, default: str = "", *, required: bool = False) -> str:
        """A text; numbers are taken as they are written."""
        value = self.take(name, required=required)
        if value is None:
            return default
        if isinstance(value, str | int | float) and not isinstance(value, bool):
            return str(value).strip()
        raise self.wrong(name, value, "any text")

    def choice(self, name: str, known: Iterable[str], default: str = "") -> str:
        """One of the words that are known."""
        known = list(known)
        value = self.text(name, default, required=not default)
        if value not in known:
            raise ScenarioError(f"{self.where}.{name} is {_shown(value)}; {meant(value, known)}")
        return value

    def flag(self, name: str) -> bool:
        """True or false; it must be there."""
        value = self.take(name, required=True)
        if isinstance(value, bool):
            return value
        raise self.wrong(name, value, "true or false")

    def duration(self, name: str, default: float, *, least: float = 0.0) -> float:
        """A duration in seconds; a negative one only where `least` allows it."""
        value = self.take(name)
        if value is None:
            return default
        seconds = parse_duration(value)
        if seconds is None:
            raise self.wrong(name, value, f"a duration: {KINDS_OF_VALUES[DURATION]}")
        if seconds < least:
            raise self.wrong(name, value, "a duration that is not negative" if least == 0 else "a longer duration")
        return seconds

    def value(self, name: str, kind: str) -> Any:
        """A value of one of the kinds of `faults.KINDS_OF_VALUES`, checked against the shop."""
        value = self.take(name)
        try:
            found = _READERS[kind](value)
        except LookupError as error:
            raise ScenarioError(f"{self.where}.{name} is {_shown(value)}; {error.args[0]}") from None
        if found is None:
            raise self.wrong(name, value, KINDS_OF_VALUES[kind])
        return found

    def wrong(self, name: str, value: object, wanted: str) -> ScenarioError:
        """The error of a field whose value cannot be used."""
        return ScenarioError(f"{self.where}.{name} is {_shown(value)}; it must be {wanted}.")

    def finish(self) -> None:
        """Refuse what nobody took, since it would change nothing."""
        for name in self._left:
            raise ScenarioError(f"{self.where} has a {name}, which means nothing here; {meant(name, self._known)}")


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:60]}…"


def _number(value: object, least: float, most: float) -> float | None:
    usable = isinstance(value, int | float) and not isinstance(value, bool) and least <= value <= most
    return float(value) if usable else None  # type: ignore[arg-type]


def _factor(value: object) -> float | None:
    found = _number(value, 0, 1e6)
    return found or None


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 1_000_000 else None


def _named(known: Iterable[str], what: str) -> Callable[[object], str]:
    names = list(known)

    def read(value: object) -> str:
        if value in names:
            return str(value)
        raise LookupError(f"the shop has no such {what}: {meant(value, names)}")

    return read


def _resource(value: object) -> str:
    known = list(resources())
    text = str(value)
    if any(text == name or name.startswith(f"{text}/") for name in known) and text.count("/") > 0:
        return text
    raise LookupError(f"the shop calls no such resource: {meant(value, known)}")


def _text(value: object) -> str | None:
    return str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else None


_READERS: dict[str, Callable[[object], Any]] = {
    FUNCTION: _named(FUNCTIONS, "function"),
    CONSUMER: _named(CONSUMERS, "consumer"),
    RESOURCE: _resource,
    TEXT: _text,
    COUNT: _count,
    DURATION: lambda value: parse_duration(value) if not str(value).startswith("-") else None,
    SHARE: lambda value: _number(value, 0, 1),
    FACTOR: _factor,
    SIZE: parse_size,
    RATE: lambda value: _number(value, 0, 1e5),
}
