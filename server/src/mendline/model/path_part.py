"""The kinds of time on a critical path, and what each is called."""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    """Kinds of time."""

    CODE = "code"
    CALL = "call"
    RETRIES = "retries"
    THROTTLING = "throttling"
    QUEUE = "queue wait"
    BATCH = "batch window"
    INIT = "cold start"


PART_WORDS = {
    Kind.CODE: "code of",
    Kind.CALL: "call from",
    Kind.RETRIES: "retries of",
    Kind.THROTTLING: "throttled tries and back-off of",
    Kind.QUEUE: "queue wait before",
    Kind.BATCH: "batch window before",
    Kind.INIT: "cold start of",
}


def part_in_words(kind: str, function: str, called: str) -> str:
    """What a part is, such as `call from checkout: dynamodb orders GetItem`."""
    return f"{PART_WORDS[Kind(kind)]} {function or '(unknown)'}{f': {called}' if called else ''}"
