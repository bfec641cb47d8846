"""Checks regular expressions: what passes here is valid in RE2, so that no store refuses it later.

Source: RE2 syntax (github.com/google/re2/wiki/Syntax), of which a little less is accepted here. Look-around and back
references, which RE2 does not have because they take exponential time, are named in the error.
"""

from __future__ import annotations

import re

from mendline.errors import QueryValueError
from mendline.query.faults import HERE, fault
from mendline.query.syntax import Span

MOST_REPEATS = 1000  # RE2's own limit, also of the product of nested repeats
_MOST_CHARACTERS = 1000
_MOST_DEPTH = 50
_LETTER_SIZE, _PROPERTY_SIZE, _MOST_SIZE = 20, 700, 200_000  # instructions of RE2, which takes about 350,000
_SLASH = re.compile(r"\\(.)", re.DOTALL)
_PROPERTIES = (
    "L|Lu|Ll|Lt|Lm|Lo|M|Mn|Mc|Me|N|Nd|Nl|No|P|Pc|Pd|Ps|Pe|Pi|Pf|Po|S|Sm|Sc|Sk|So|Z|Zs|Zl|Zp|C|Cc|Cf|Co"
    "|Latin|Greek|Cyrillic|Han|Hiragana|Katakana|Hangul|Arabic|Hebrew|Thai|Devanagari"
)
_LETTER = (
    r"[dDsSwW]|[ntrfva]|x[0-7][0-9A-Fa-f]|x\{(?:[0-9A-Ca-c]?[0-9A-Fa-f]{1,3}|[1-9A-Fa-f][0-9A-Fa-f]{4})\}"
    rf"|[pP](?:[LMNPSZC]|\{{(?:{_PROPERTIES})\}})"
)
_IN_CLASS = re.compile(rf"\\(?:{_LETTER}|[!-/:-@\[-^`{{-~])")
_ESCAPE = re.compile(rf"\\(?:{_LETTER}|[bBAz]|[!-/:-@\[-^`{{-~])")
_REPEAT = re.compile(r"[*+?]\??|\{([0-9]{1,4})(?:(,)([0-9]{1,4})?)?\}\??")
_GROUP = re.compile(r"\((?:\?(?:P<([A-Za-z_][A-Za-z0-9_]{0,30})>|[ims]{0,3}(?:-[ims]{1,3})?(:|\))))?(?!\?)")
_POSIX = re.compile(r"\[:\^?(?:alnum|alpha|ascii|blank|cntrl|digit|graph|lower|print|punct|space|upper|word|xdigit):\]")
_CLASSES = ("[:", r"\d", r"\D", r"\s", r"\S", r"\w", r"\W", r"\p", r"\P")
_ABSENT = (
    ("(?=", "a look-ahead"), ("(?!", "a look-ahead"), ("(?<=", "a look-behind"), ("(?<!", "a look-behind"),
    ("(?>", "an atomic group"), ("(?(", "a conditional group"), ("(?#", "a comment"), ("(?P=", "a back reference"),
)  # fmt: skip


def unslashed(pattern: str) -> str:
    """The pattern without backslashes before slashes, which need none."""
    return _SLASH.sub(lambda pair: "/" if pair[1] == "/" else pair[0], pattern)


def check_regex(pattern: str, text: str, at: Span) -> None:
    """Raises QueryValueError where RE2 would refuse the pattern; it stands `at` a place in the text of the query."""
    reason = _Reader(pattern).reason()
    if reason:
        raise fault(QueryValueError, text, at, f"The regular expression{HERE} cannot be used: {reason}")


class _Reader:
    """One pattern, read once from left to right."""

    def __init__(self, pattern: str) -> None:
        self.pattern, self.position = pattern, 0
        self.names: set[str] = set()
        self.open_groups: list[tuple[int, int]] = []  # of each, what stood here for the group around before it
        self.largest, self.atom = 0, 0  # the largest repeat in this group; that of the last atom, 0 where there is none
        self.size, self.atom_size = 0, 0  # of the compiled group and its last atom, about

    def reason(self) -> str:
        """Why it is not valid; empty where it is."""
        if len(self.pattern) > _MOST_CHARACTERS:
            return f"it has more than {_MOST_CHARACTERS} characters"
        while self.position < len(self.pattern):
            wrong = self._step(self.pattern[self.position])
            if wrong:
                return wrong
        return "a bracket is never closed" if self.open_groups else ""

    def _step(self, letter: str) -> str:
        """Past the next part of the pattern; why not, where it is wrong."""
        if letter == "(":
            return self._group()
        if letter == ")":
            return self._close()
        repeat = _REPEAT.match(self.pattern, self.position)
        if repeat:
            return self._repeat(repeat)
        begin = self.position
        wrong, self.atom = self._atom(letter)
        self.largest = max(self.largest, self.atom)
        self.atom_size = _LETTER_SIZE + _PROPERTY_SIZE * self.pattern.count("\\p", begin, self.position)
        self.atom_size += _PROPERTY_SIZE * self.pattern.count("\\P", begin, self.position)
        self.size += self.atom_size
        return wrong

    def _close(self) -> str:
        if not self.open_groups:
            return "a bracket closes that was never opened"
        self.atom, self.position = max(self.largest, 1), self.position + 1
        largest, size = self.open_groups.pop()
        self.largest, self.atom_size, self.size = max(largest, self.atom), self.size, self.size + size
        return ""

    def _repeat(self, repeat: re.Match[str]) -> str:
        if not self.atom:
            return f"'{repeat[0]}' has nothing to repeat"
        times, wrong = _times(repeat)
        if wrong or times * self.atom > MOST_REPEATS:
            return wrong or f"it repeats more than {MOST_REPEATS} times"
        self.largest, self.atom, self.position = max(self.largest, times * self.atom), 0, repeat.end()
        self.size += (times - 1) * self.atom_size
        return "it becomes too large when it is compiled" if self.size > _MOST_SIZE else ""

    def _group(self) -> str:
        """`(`, `(?:`, `(?P<name>`, or flags alone, `(?i)`."""
        for opening, what in _ABSENT:
            if self.pattern.startswith(opening, self.position):
                return f"it has {what}, '{opening}', which RE2 does not know"
        found = _GROUP.match(self.pattern, self.position)
        if found is None:
            return f"'{self.pattern[self.position : self.position + 4]}' opens no group that RE2 knows"
        if found[1]:
            if found[1] in self.names:
                return f"two groups are called {found[1]}"
            self.names.add(found[1])
        self.position, self.atom = found.end(), 0
        if found[2] != ")":
            self.open_groups.append((self.largest, self.size))
            self.largest, self.size = 0, 0
        return "it nests too deeply" if len(self.open_groups) > _MOST_DEPTH else ""

    def _atom(self, letter: str) -> tuple[str, int]:
        """(why not, 1 where it can be repeated)."""
        if letter == "[":
            return self._class(), 1
        if letter == "\\":
            found = _ESCAPE.match(self.pattern, self.position)
            if found is None:
                return _no_escape(self.pattern[self.position : self.position + 2]), 0
            self.position = found.end()
            return "", 0 if found[0][1] in "bBAz" else 1
        self.position += 1
        return "", 0 if letter in "|^$" else 1

    def _class(self) -> str:
        position = self.position + 1
        position += self.pattern.startswith("^", position)
        first, low, ranging = position, "", False
        while position < len(self.pattern) and (self.pattern[position] != "]" or position == first):
            piece = self._piece(position)
            if not piece:
                return _no_escape(self.pattern[position : position + 2])
            position += len(piece)
            letter = piece[1] if len(piece) == 2 and not piece[1].isalnum() else piece
            if ranging:
                if len(letter) > 1 or len(low) > 1 or letter < low:
                    return f"'{low}-{piece}' is no range of characters"
                low, ranging = "", False
            elif low and piece == "-" and self.pattern[position : position + 1] not in ("]", ""):
                ranging = True
            else:
                low = "" if letter[:2] in _CLASSES else letter
        if position >= len(self.pattern):
            return "'[' is never closed"
        self.position = position + 1
        return ""

    def _piece(self, position: int) -> str:
        """One character, escape or class of characters within square brackets; empty for what is none."""
        found = _POSIX.match(self.pattern, position) or _IN_CLASS.match(self.pattern, position)
        if found:
            return found[0]
        letter = self.pattern[position]
        return "" if letter == "\\" or self.pattern.startswith("[:", position) else letter


def _times(repeat: re.Match[str]) -> tuple[int, str]:
    if repeat[1] is None:
        return 1, ""
    least, most = int(repeat[1]), int(repeat[3]) if repeat[3] else int(repeat[1])
    return max(least, most, 1), f"'{repeat[0]}' ends below where it begins" if most < least else ""


def _no_escape(found: str) -> str:
    if len(found) < 2:
        return "it ends with a backslash"
    if found[1].isdecimal():
        return f"it has a back reference, '{found}', which RE2 does not know"
    return f"'{found}' means nothing in RE2"
