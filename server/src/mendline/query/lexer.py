"""Text to tokens, one at a time: what a character means depends on whether a value or anything else is due.

After `:`, `=` and in lists a value is due, in which slashes, colons, wildcards and hyphens are letters
(`url.path:/orders/*`); elsewhere they are marks. The parser says which. Every step moves on, so that reading is linear.
"""

from __future__ import annotations

import re

from mendline.errors import QuerySyntaxError
from mendline.query.faults import HERE, Edit, fault
from mendline.query.spelling import DATE, UNQUOTING
from mendline.query.syntax import Span
from mendline.query.tokens import Kind, Token
from mendline.query.units import looks_like_quantity

_BLANK = re.compile(r"(?:\s+|(?<!\S)#[^\n]*)+")
_WORD = re.compile(r"@?[^\W\d][\w.\-]*(?:\[[0-9]{1,4}\][\w.\-]*)*")
_RUN = re.compile(r"[\w$.][\w.%µμ\-]*")  # begins with a digit, or with $ or . before one
_SIGNED = re.compile(r"-[0-9$.]")
_INDEX = re.compile(r"\[([0-9]+)\]")
_VALUE = re.compile(r"(?:\\.|[^\s|()\[\]{},\"<>\\])+", re.DOTALL)
_UNTIL_BLANK = re.compile(r"[^\s\"|()]+")
_MARKS = ("&&", "||", "!~", "!=", "=~", "==", "<>", ">=", "<=", *"|!=<>~:,()[]{}+-*/%;")
_SPELLED = {
    "==": "=", "<>": "!=", "=~": "~", "\N{GREATER-THAN OR EQUAL TO}": ">=", "\N{LESS-THAN OR EQUAL TO}": "<=",
    "\N{NOT EQUAL TO}": "!=", "\N{MULTIPLICATION SIGN}": "*", "\N{MINUS SIGN}": "-",
}  # fmt: skip
# also as text processors write them
_QUOTES = {
    '"': '"', "'": "'", "`": "`", "\N{LEFT DOUBLE QUOTATION MARK}": "\N{RIGHT DOUBLE QUOTATION MARK}",
    "\N{DOUBLE LOW-9 QUOTATION MARK}": "\N{LEFT DOUBLE QUOTATION MARK}",
    "\N{LEFT SINGLE QUOTATION MARK}": "\N{RIGHT SINGLE QUOTATION MARK}",
}  # fmt: skip
_MIDDLES = frozenset("$.")


class Lexer:
    """The tokens of one text. Positions are given and not kept: whoever reads may go back."""

    def __init__(self, text: str) -> None:
        self.text = text

    def token(self, position: int, *, value: bool) -> Token:
        """The token at or after a position. Raises QuerySyntaxError for what is none."""
        gap = _BLANK.match(self.text, position)
        start = gap.end() if gap else position
        blank = gap is not None or start == 0
        if start >= len(self.text):
            return Token(Kind.END, "", len(self.text), len(self.text), blank)
        if self.text[start] in _QUOTES:
            return self._string(start, blank)
        found = self._value(start, blank) if value else None
        return found or self._number(start, blank) or self._word(start, blank) or self._mark(start, blank)

    def _string(self, start: int, blank: bool) -> Token:
        letters: list[str] = []
        closing, position = _QUOTES[self.text[start]], start + 1
        while position < len(self.text):
            letter = self.text[position]
            if letter == closing:
                return Token(Kind.STRING, "".join(letters), start, position + 1, blank)
            if letter == "\\" and position + 1 < len(self.text):
                position += 1
                letter = UNQUOTING.get(self.text[position], self.text[position])
            letters.append(letter)
            position += 1
        raise fault(
            QuerySyntaxError,
            self.text,
            Span(start, len(self.text)),
            f"The quote{HERE} is never closed",
            f"Close it with {closing}.",
            expected=closing,
            edits=[Edit(len(self.text), len(self.text), closing)],
        )

    def _value(self, start: int, blank: bool) -> Token | None:
        """A run of what may stand in a bare value; None where a mark stands (`:>2s`, `= (a or b)`)."""
        if self.text[start] in "=!~" or self.text.startswith("&&", start):
            return None
        run = _VALUE.match(self.text, start)
        if run is None:
            return None
        raw = run[0]
        if looks_like_quantity(raw):
            return Token(Kind.NUMBER, raw, start, run.end(), blank)
        pieces = re.findall(r"\\.|.", raw, re.DOTALL)
        if "*" in pieces or "?" in pieces:
            pattern = "".join(piece if piece in ("\\*", "\\?", "\\\\") else piece[-1] for piece in pieces)
            return Token(Kind.GLOB, pattern, start, run.end(), blank)
        return Token(Kind.WORD, "".join(piece[-1] for piece in pieces), start, run.end(), blank)

    def _number(self, start: int, blank: bool) -> Token | None:
        date = DATE.match(self.text, start)
        if date:
            return Token(Kind.WORD, date[0], start, date.end(), blank)
        signed = _SIGNED.match(self.text, start) is not None
        first = start + signed
        if not (
            self.text[first].isdigit() or (self.text[first] in _MIDDLES and self.text[first + 1 : first + 2].isdigit())
        ):
            return None
        run = _RUN.match(self.text, first)
        if run is None:
            return None
        raw = self.text[start : run.end()]
        kind = Kind.NUMBER if looks_like_quantity(raw) else Kind.WORD
        return Token(kind, raw, start, run.end(), blank)

    def _word(self, start: int, blank: bool) -> Token | None:
        run = _WORD.match(self.text, start)
        if run is None:
            return None
        text = _INDEX.sub(r".\1", run[0].removeprefix("@"))
        return Token(Kind.WORD, text, start, run.end(), blank)

    def _mark(self, start: int, blank: bool) -> Token:
        mark = next((mark for mark in _MARKS if self.text.startswith(mark, start)), self.text[start])
        spelled = _SPELLED.get(mark, mark)
        if spelled not in _MARKS:
            run = _UNTIL_BLANK.match(self.text, start)
            end = run.end() if run else start + 1
            raise fault(
                QuerySyntaxError,
                self.text,
                Span(start, start + 1),
                f"The character '{mark}'{HERE} means nothing in a query",
                "To look for it, put the whole value in double quotes.",
                edits=[Edit(start, end, f'"{self.text[start:end]}"')],
            )
        return Token(Kind.MARK, spelled, start, start + len(mark), blank)

    def regex(self, position: int) -> Token:
        """The regular expression at or after a position: between slashes, or a quoted text."""
        gap = _BLANK.match(self.text, position)
        start = gap.end() if gap else position
        if self.text[start : start + 1] != "/":
            return self.token(position, value=True)
        end = start + 1
        while end < len(self.text) and self.text[end] != "/":
            end += 2 if self.text[end] == "\\" else 1
        if end >= len(self.text):
            raise fault(
                QuerySyntaxError,
                self.text,
                Span(start, len(self.text)),
                f"The regular expression{HERE} is never closed",
                "Close it with a slash.",
                expected="/",
                edits=[Edit(len(self.text), len(self.text), "/")],
            )
        pattern = self.text[start + 1 : end]
        end += 1
        if self.text[end : end + 1] == "i" and not self.text[end + 1 : end + 2].isalnum():
            return Token(Kind.STRING, f"(?i){pattern}", start, end + 1, True)
        return Token(Kind.STRING, pattern, start, end, True)
