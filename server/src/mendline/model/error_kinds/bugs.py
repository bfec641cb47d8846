"""Errors that a language raises when code does what it cannot do, whatever the message says: mistakes of our own."""

from __future__ import annotations

import re

_BUGS = frozenset(
    {
        *("typeerror", "attributeerror", "nameerror", "unboundlocalerror", "indexerror", "zerodivisionerror"),  # Python
        *("notimplementederror", "assertionerror", "recursionerror", "syntaxerror", "indentationerror"),
        *("referenceerror", "rangeerror", "err_assertion"),  # JavaScript
        *("nullpointerexception", "classcastexception", "arrayindexoutofboundsexception"),  # Java
        *("indexoutofboundsexception", "stringindexoutofboundsexception", "stackoverflowerror", "nosuchmethoderror"),
        *("nullreferenceexception", "indexoutofrangeexception", "invalidcastexception"),  # .NET
        *("nomethoderror", "nosuchelementerror", "runtime.error"),  # Ruby, Go
    }
)
_LAST = re.compile(r"[.:#/$]+(?=[^.:#/$]+$)")


def is_bug(code: str) -> bool:
    """Whether an error's type, with its module or without, is one that only a mistake in code raises."""
    name = code.strip().lower()
    return name in _BUGS or _LAST.split(name)[-1] in _BUGS
