"""References to secrets: `env:NAME` and `file:PATH`. Only references are kept; what they lead to is never printed."""

from __future__ import annotations

import os
from pathlib import Path

from mendline.errors import UsageError
from mendline.model.policy import REFERENCES

_MOST_BYTES = 64 * 1024


def is_reference(text: str) -> bool:
    """Whether a text is a reference."""
    return text.startswith(REFERENCES) and len(text) > 5


def resolved(text: str) -> str:
    """What a reference leads to; any other text as it is. Raises UsageError, which names the reference alone."""
    kind, _, where = text.partition(":")
    if not is_reference(text):
        return text
    if kind == "env":
        found = os.environ.get(where, "")
    else:
        try:
            with Path(where).open(encoding="utf-8") as file:
                found = file.read(_MOST_BYTES)
        except (OSError, UnicodeDecodeError):
            raise UsageError(f"The secret at {text[:120]} cannot be read.") from None
    if not found.strip():
        raise UsageError(f"The secret at {text[:120]} is empty or not there.")
    return found.strip()
