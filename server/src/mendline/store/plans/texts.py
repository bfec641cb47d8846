"""Patterns of the language as those of the database, and where the text of a row stands."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mendline.errors import StoreError
from mendline.query import Source
from mendline.store.plans.elsewhere import NEAR
from mendline.store.plans.terms import Terms

_WORD = re.compile(r"[A-Za-z0-9\x80-\U0010ffff]+")
_OF_INVOCATIONS = ("r.function", "r.request_id", "r.error_type", "r.error_message", "r.trigger_source")
_OF_OPERATIONS = ("r.name", "r.resource_type", "r.resource_name", "r.operation", "r.status_message")


def full_text(text: str, terms: Terms) -> str:
    """Whether a text of the row has these words, whole and one after the other, whatever their case. A text without
    any letter or digit is looked for as it is."""
    wanted = terms.parameters.text(text)
    longest = max(_WORD.findall(text), key=len, default="")
    within = _Within(wanted, terms.parameters.text(longest) if longest else "")
    match terms.source:
        case Source.LOGS:
            return within.body("r.body")
        case Source.OPERATIONS:
            return f"({within.any_of('mapValues(r.attributes)')} OR {within.one_of(_OF_OPERATIONS)})"
        case Source.TRACES:
            terms.full_texts.append(wanted)
            return within.any_of("r.`texts`")
        case Source.INVOCATIONS:
            return f"({within.one_of(_OF_INVOCATIONS)} OR {_in_spans(within)} OR {_in_logs(within)})"
    raise StoreError(f"Rows of {terms.source} have no text to search; this is a fault of Mendline.")


class _Within:
    """Where a phrase is looked for. Its longest word is looked for first, in texts that have no index."""

    def __init__(self, wanted: str, longest: str) -> None:
        self.wanted, self.longest = wanted, longest

    def body(self, sql: str) -> str:
        """In the body of a log record, by its index of words."""
        if not self.longest:
            return f"(position(lowerUTF8({sql}), lowerUTF8({self.wanted})) > 0)"
        return f"hasPhrase(lowerUTF8({sql}), lowerUTF8({self.wanted}))"

    def one_of(self, columns: Sequence[str]) -> str:
        """In one of a few columns."""
        return "(" + " OR ".join(self._of(f"toString({column})") for column in columns) + ")"

    def any_of(self, array: str) -> str:
        """In one of many texts."""
        return f"arrayExists(text -> {self._of('text')}, {array})"

    def _of(self, sql: str) -> str:
        first = f"position(lowerUTF8({sql}), lowerUTF8({self.longest or self.wanted})) > 0"
        return f"({first} AND hasPhrase(lowerUTF8({sql}), lowerUTF8({self.wanted})))" if self.longest else f"({first})"


def _in_spans(within: _Within) -> str:
    return (
        "(r.trace_id, r.span_id) IN (SELECT trace_id, span_id FROM spans"
        f" WHERE function != '' AND {NEAR} AND {within.any_of('mapValues(attributes)')})"
    )


def _in_logs(within: _Within) -> str:
    """The records of an invocation's request."""
    return (
        f"(r.request_id != '' AND r.request_id IN (SELECT request_id FROM logs WHERE request_id != ''"
        f" AND {within.body('body')}"
        " AND time >= fromUnixTimestamp64Nano({start_ns:Int64}) - INTERVAL 16 MINUTE"
        " AND time < fromUnixTimestamp64Nano({end_ns:Int64}) + INTERVAL 16 MINUTE))"
    )


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
