"""The JSON object that a request brings, or a sentence that says what it should be."""

from __future__ import annotations

import json
from typing import Any

from mendline.errors import UsageError


def json_of(body: bytes) -> Any:
    """What a body says. Raises UsageError, also for half of a surrogate pair (RFC 8259 section 8.2): such a text can
    neither be stored nor answered."""
    try:
        said = json.loads(body)
        json.dumps(said, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise UsageError(r"The body has half of a surrogate pair (\ud800 to \udfff), which is no text.") from None
    except (ValueError, RecursionError):
        raise UsageError("The body is not JSON.") from None
    return said


def object_of(body: bytes, such_as: str = "") -> dict[str, Any]:
    """The object that a body is to be; `such_as` is an example for who sent something else. Raises UsageError."""
    example = f", such as {such_as}" if such_as else ""
    try:
        said = json_of(body)
    except UsageError as error:
        raise UsageError(f"{error.message} It is to be a JSON object{example}.") from None
    if not isinstance(said, dict):
        raise UsageError(f"The body is to be a JSON object{example}.")
    return said
