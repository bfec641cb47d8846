"""Patterns of the language as those of the database, and where the text of a row stands."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mendline.query import Source

_WORD = re.compile(r"[A-Za-z0-9\x80-\U0010ffff]+")
_IN_SPAN = "arrayExists(text -> position(lowerUTF8(text), {wanted}) > 0, arrayConcat(mapValues(%s), [%s]))"

FULL_TEXT = {
    Source.INVOCATIONS: "("
    + _IN_SPAN % ("s.attributes", "r.function, r.request_id, r.error_type, r.error_message, r.trigger_source")
    + " OR (r.request_id != '' AND r.request_id IN (SELECT request_id FROM logs WHERE request_id != ''"
    " AND (empty({words}) OR hasAllTokens(lowerUTF8(body), lowerUTF8(arrayStringConcat({words}, ' '))))"
    " AND position(lowerUTF8(body), {wanted}) > 0"
    " AND time >= fromUnixTimestamp64Nano({{start_ns:Int64}}) - INTERVAL 16 MINUTE"
    " AND time < fromUnixTimestamp64Nano({{end_ns:Int64}}) + INTERVAL 16 MINUTE)))",
    Source.OPERATIONS: "("
    + _IN_SPAN % ("r.attributes", "r.name, r.resource_type, r.resource_name, r.operation, r.status_message")
    + ")",
    Source.TRACES: "arrayExists(text -> position(text, {wanted}) > 0, r.`texts`)",
    Source.LOGS: "((empty({words}) OR hasAllTokens(lowerUTF8(r.body), lowerUTF8(arrayStringConcat({words}, ' '))))"
    " AND position(lowerUTF8(r.body), {wanted}) > 0)",
    Source.FUNCTIONS: "(position(lowerUTF8(r.function), {wanted}) > 0)",
    Source.METRICS: "(" + _IN_SPAN % ("r.attributes", "r.name, r.service") + ")",
}
"""Whether a row holds a text, whatever the case: `wanted` in small letters, `words` those that an index knows."""


def like(pattern: str) -> str:
    """A pattern with * and ? (a backslash takes one literally) as one of LIKE."""
    out, escaped = [], False
    for character in pattern:
        if escaped or character not in "*?\\":
            out.append(f"\\{character}" if character in "%_\\" else character)
            escaped = False
        elif character == "\\":
            escaped = True
        else:
            out.append("%" if character == "*" else "_")
    return "".join(out)


def words(text: str) -> list[str]:
    """The words of a text as the index of log bodies cuts them; the store makes their letters small."""
    return _WORD.findall(text)


def path_regex(functions: Sequence[str]) -> str:
    """What a path of functions, each behind a line break, looks like when it passes these in this order."""
    return "\n" + "\n(?:.*\n)?".join(f"{_glob_regex(name)}" for name in functions) + "(?:\n|$)"


def _glob_regex(pattern: str) -> str:
    out, escaped = [], False
    for character in pattern:
        if escaped or character not in "*?\\":
            out.append(re.escape(character))
            escaped = False
        elif character == "\\":
            escaped = True
        else:
            out.append("[^\n]*" if character == "*" else "[^\n]")
    return "".join(out)
