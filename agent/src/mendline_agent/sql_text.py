"""SQL statements without what is said in them: literals replaced, and the tables that they are about."""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Statement = tuple[str, list[str], str]

_READ = 8192
_KEPT = 2048
_MOST_TABLES = 8
_MOST_KNOWN = 128

# One token after another. A literal or comment that does not end in what is read, ends with it; words come last, and
# swallow what looks like the prefix of a literal within them.
_SPACE = r"(?P<space>(?:\s+|--[^\r\n]*|/\*.*?(?:\*/|\Z)%s)+)|(?P<literal>%s|\.?[0-9][\w.]*(?:(?<=[eE])[+-][0-9]+)?)"
_PLAIN = r"'(?:[^']+|'')*(?:'|\Z)"
_ESCAPED = r"'(?:[^'\\]+|\\.?|'')*(?:'|\Z)"
_QUOTED = r'"(?:[^"\\]+|\\.?|"")*(?:"|\Z)'
_DOLLARS = r"\$(?P<tag>(?:[^\W\d]\w*)?)\$.*?(?:\$(?P=tag)\$|\Z)"
_REST = r'|[$:][0-9]+|"(?:[^"]+|"")*(?:"|\Z)|`[^`]*(?:`|\Z)|[^\W\d][\w$]*'
_STANDARD = _SPACE % ("", rf"[eE]{_ESCAPED}|(?:[bBxXnN]|[uU]&)?{_PLAIN}|{_DOLLARS}") + _REST
_BACKSLASHES = _SPACE % (r"|\#[^\r\n]*", rf"[bBxXnN]?{_ESCAPED}|{_QUOTED}") + _REST

_VALUE = r"(?:\?|%s|%\(\w+\)s|[$:]\w+)"
_LIST = rf"{_VALUE}(?: ?, ?{_VALUE})+"
_ROWS = r"(\(\?\))(?: ?, ?\(\?\))+"

_PART = r'(?:[^\W\d][\w$]*|"[^"]*"|`[^`]*`)'
_NAME = rf"{_PART}(?:\.{_PART})*"
_NOT_TABLES = r"(?i)\b(?:EXTRACT|SUBSTRING|TRIM|OVERLAY) ?\([^()]*\)|\bDISTINCT FROM\b"
_COMMON = rf"(?i)({_PART}) AS (?:NOT )?(?:MATERIALIZED )?\("
_TABLES = (
    rf"(?i)\b(?:FROM|JOIN) (?:ONLY )?(?!LATERAL\b|SELECT\b|STDIN\b|DUAL\b)(?={_NAME}(?![\w.$]| ?\())"
    + rf"({_NAME}(?: (?:AS )?\w+)?(?: ?, ?{_NAME}(?: (?:AS )?\w+)?)*)"
    + r"|(?:\bINTO|\bTABLE(?: IF(?: NOT)? EXISTS)?|(?:^|[(;] ?)(?:UPDATE|TRUNCATE|COPY|CALL)) "
    + rf"(?:ONLY |TABLE )?({_NAME})"
)
_LISTED = rf"({_NAME})(?: (?:AS )?\w+)?(?: ?,|$)"
_VERB = r"(?i)\b(?:SELECT|INSERT|UPDATE|DELETE|MERGE)\b"

_compiled: dict[str, re.Pattern[str]] = {}
_known: dict[tuple[str, bool], Statement] = {}


def statement_of(query: Any, *, backslashes: bool = False) -> Statement:
    """The verb of a query, its tables, and its text without literals.

    A query is what drivers take: text, bytes, or what psycopg's `sql` composes. `backslashes`: they escape in
    literals, and double quotes enclose literals (MySQL).
    """
    text = text_of(query)
    known = _known.get((text, backslashes))
    if known is None:
        known = _read(text[:_READ], backslashes)
        if len(text) <= _KEPT:
            if len(_known) >= _MOST_KNOWN:
                _known.clear()
            _known[text, backslashes] = known
    return known


def text_of(query: Any) -> str:
    """The text of a query, without the values that are told apart in it."""
    if isinstance(query, (str, bytes)):
        return query if isinstance(query, str) else query[:_READ].decode("utf-8", "replace")
    kind, held = type(query).__name__, getattr(query, "_wrapped", None) or getattr(query, "_obj", None)
    if kind == "Composed" and held:
        return "".join([text_of(part) for part in held])
    if kind == "Identifier" and held:
        return ".".join([f'"{name}"' for name in held])
    return held if kind == "SQL" and isinstance(held, str) else "?"


def _pattern(text: str) -> re.Pattern[str]:
    if text not in _compiled:
        _compiled[text] = re.compile(text, re.DOTALL)
    return _compiled[text]


def _replacement(match: re.Match[str]) -> str:
    kind = match.lastgroup
    return match.group() if kind is None else " " if kind == "space" else "?"


def _read(text: str, backslashes: bool) -> Statement:
    text = _pattern(_BACKSLASHES if backslashes else _STANDARD).sub(_replacement, text).strip()
    text = _pattern(_ROWS).sub(r"\1", _pattern(_LIST).sub("?", text))[:_KEPT]
    first = _pattern(r"\w+").search(text)
    verb = first.group()[:40].upper() if first else "QUERY"
    said = _pattern(_NOT_TABLES).sub("", text)
    common = set(_pattern(_COMMON).findall(said)) if verb == "WITH" else ()
    tables: dict[str, None] = {}
    for listed, single in _pattern(_TABLES).findall(said):
        for name in _pattern(_LISTED).findall(listed) if listed else [single]:
            if name not in common:
                tables[name.replace('"', "").replace("`", "")] = None
    if verb == "WITH":
        while said != (said := _pattern(r"\([^()]*\)").sub("", said)):
            pass
        main = _pattern(_VERB).search(said)
        verb = main.group().upper() if main else verb
    return verb, list(tables)[:_MOST_TABLES], text
