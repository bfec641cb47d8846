"""What the lexer hands to the parser."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from mendline.query.syntax import Span


class Kind(Enum):
    """Kinds of tokens; the value is what an error calls one."""

    WORD = "a word"
    NUMBER = "a number"
    STRING = "a quoted text"
    GLOB = "a value with wildcards"
    MARK = "a mark"
    END = "the end"


@dataclass(frozen=True, slots=True)
class Token:
    """`text` is what it means: a string without quotes, a pattern, a mark in its usual spelling. `blank` says that
    white space, or the beginning of the text, stands before it."""

    kind: Kind
    text: str
    start: int
    end: int
    blank: bool

    @property
    def at(self) -> Span:
        """Where it stands."""
        return Span(self.start, self.end)

    @property
    def word(self) -> str:
        """In small letters, for a word that may be a keyword; empty for all else."""
        return self.text.lower() if self.kind is Kind.WORD else ""

    def is_mark(self, *marks: str) -> bool:
        """Whether it is one of these marks."""
        return self.kind is Kind.MARK and self.text in marks
