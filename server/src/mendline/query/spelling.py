"""How names and values are written: what may stand bare, what is quoted, and the words of the language."""

from __future__ import annotations

import re

from mendline.query.units import looks_like_quantity

KEYWORDS = frozenset({
    "and", "or", "not", "in", "by", "over", "every", "where", "for", "sort", "order", "limit", "since", "between",
    # habits from other languages
    "having", "group", "filter", "stats", "summarize", "like", "contains", "outside", "is",
})  # fmt: skip
"""Words that are quoted where they are meant as words."""

DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[Tt][0-9]{2}[0-9:.]*(?:[Zz]|[+-][0-9]{2}:?[0-9]{2})?)?(?![\w-])")
"""What begins like a moment in ISO 8601."""
_NAME = re.compile(r"[^\W\d][\w.\-]*")
_VALUE = re.compile(r"[\w/@][\w./:@+\-]*")
_SAFE_IN_GLOB = re.compile(r"[\w./:@+\-*?]")
_GLOB_PIECES = re.compile(r"\\.|.", re.DOTALL)
_WILD = re.compile(r"[*?\\]")
_QUOTING = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}
UNQUOTING = {"n": "\n", "t": "\t", "r": "\r"}


def is_bare_name(text: str) -> bool:
    """Whether a text can be written as the name of a field."""
    return _NAME.fullmatch(text) is not None and text.lower() not in KEYWORDS


def quoted(text: str) -> str:
    """In double quotes, with backslashes where they are needed."""
    return f'"{"".join(_QUOTING.get(letter, letter) for letter in text)}"'


def value_text(value: str) -> str:
    """A text as a value: bare where that reads back as the same text, else quoted."""
    bare = _VALUE.fullmatch(value) and value.lower() not in KEYWORDS and not looks_like_quantity(value)
    return value if bare else quoted(value)


def moment_text(value: str) -> str:
    """A text behind > or <: bare where it is a date, else quoted, because a bare word there is a field."""
    return value if DATE.fullmatch(value) else quoted(value)


def glob_text(pattern: str) -> str:
    """A pattern as a bare value: what would end the value gets a backslash."""
    pieces = _GLOB_PIECES.findall(pattern)
    return "".join(piece if len(piece) > 1 or _SAFE_IN_GLOB.fullmatch(piece) else f"\\{piece}" for piece in pieces)


def regex_text(pattern: str) -> str:
    """A regular expression between slashes."""
    return "/" + re.sub(r"\\.|/", lambda match: "\\/" if match[0] == "/" else match[0], pattern, flags=re.DOTALL) + "/"


def escaped(text: str) -> str:
    """A text as a pattern that fits only itself."""
    return _WILD.sub(r"\\\g<0>", text)
