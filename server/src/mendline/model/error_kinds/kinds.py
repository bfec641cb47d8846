"""The kinds of errors: one closed list for every language, service and platform."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ErrorKind(StrEnum):
    """What went wrong, the same word for every language and service; the language calls it `error.kind`."""

    TIMEOUT = "timeout"
    OOM = "oom"
    THROTTLED = "throttled"
    PERMISSION = "permission"
    NOT_FOUND = "not_found"
    VALIDATION = "validation"
    INPUT = "input"
    CONFLICT = "conflict"
    PROVIDER = "provider"
    NETWORK = "network"
    CRASH = "crash"
    INIT = "init"
    UNHANDLED = "unhandled"


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a kind means, and whether the same call may succeed when it is made again a little later."""

    text: str
    retry_helps: bool = False


MEANINGS: dict[ErrorKind, Meaning] = {
    ErrorKind.TIMEOUT: Meaning("something did not answer, or did not end, in the time it had", retry_helps=True),
    ErrorKind.OOM: Meaning("memory ran out"),
    ErrorKind.THROTTLED: Meaning("a rate, a quota or a pool was used up", retry_helps=True),
    ErrorKind.PERMISSION: Meaning("credentials, rights or keys were missing, wrong or expired"),
    ErrorKind.NOT_FOUND: Meaning("what was asked for is not there"),
    ErrorKind.VALIDATION: Meaning("a call or a document was refused for what it said"),
    ErrorKind.INPUT: Meaning("data that came in, or was read, could not be understood or used"),
    ErrorKind.CONFLICT: Meaning("the state there did not allow it: exists already, changed, locked, declined"),
    ErrorKind.PROVIDER: Meaning("a service failed on its own side", retry_helps=True),
    ErrorKind.NETWORK: Meaning("names, connections or TLS failed on the way", retry_helps=True),
    ErrorKind.CRASH: Meaning("the process or an extension ended"),
    ErrorKind.INIT: Meaning("the function could not be started: import, syntax, handler, configuration"),
    ErrorKind.UNHANDLED: Meaning("an error of the code itself that says no more; a message may say more"),
}


def by_kind(**rows: str) -> dict[ErrorKind, tuple[str, ...]]:
    """A table written as codes with blanks between, under their kinds."""
    return {ErrorKind(kind): tuple(codes.split()) for kind, codes in rows.items()}
