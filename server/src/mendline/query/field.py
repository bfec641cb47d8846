"""What a field is: the shape of a row in the registry (mendline.query.fields)."""

from __future__ import annotations

from dataclasses import dataclass

from mendline.query.source import Source
from mendline.query.types import Type


@dataclass(frozen=True, slots=True)
class Field:
    """A field as people name it.

    `key` is what the store calls it, for each source in which it is: the name where nothing else is said. An
    `attribute` is read from the telemetry's attributes: under its key, else under one of its `older` names. `values`
    is the closed list of values, in order where `ordered`. `many`: a row has several values, and a filter holds where
    one of them fits. `aliases` are other names that are accepted, `synonyms` words that are not, but lead here.
    """

    name: str
    type: Type
    sources: frozenset[Source]
    meaning: str
    example: str
    aliases: tuple[str, ...] = ()
    synonyms: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    ordered: bool = False
    many: bool = False
    attribute: bool = False
    older: tuple[str, ...] = ()
    key: str = ""

    def __post_init__(self) -> None:
        if not self.key:
            object.__setattr__(self, "key", self.name)
