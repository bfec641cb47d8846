"""Fields with a closed list of values: the spellings that are accepted for each."""

from __future__ import annotations

from mendline.query.field import Field
from mendline.query.nearness import nearest

_ALIASES = {
    "level": {
        "warning": "warn", "err": "error", "critical": "fatal", "crit": "fatal", "information": "info",
        "notice": "info", "verbose": "debug", "severe": "error", "panic": "fatal", "emergency": "fatal",
    },
    "error.kind": {
        "out_of_memory": "oom", "outofmemory": "oom", "memory": "oom", "throttling": "throttled",
        "throttle": "throttled", "timed_out": "timeout", "access_denied": "permission", "accessdenied": "permission",
        "notfound": "not_found", "connection": "network", "import": "init",
    },
}  # fmt: skip


def canonical_value(field: Field, written: str) -> tuple[str | None, str | None]:
    """(the value that is meant, the nearest one): the first is None where the field never has it."""
    small = written.lower()
    known = {value.lower(): value for value in field.values}
    aliases = _ALIASES.get(field.name, {})
    if small in known or small in aliases:
        return known.get(small) or aliases[small], None
    begun = (word for word in (*known, *aliases) if len(small) > 2 and word.startswith(small))
    near = next(begun, None) or nearest(small, (*known, *aliases), most=2)
    return None, aliases.get(near or "", known.get(near or ""))
