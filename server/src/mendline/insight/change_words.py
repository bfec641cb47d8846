"""What changed, in words: of JSON of facts, each fact that differs; of code, that it was deployed. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass

from mendline.model.change import Change

_MOST_HASH = 8
_NAMES = {"code_sha256": "code", "event_sources": "event sources", "memory_mb": "memory", "timeout_s": "timeout"}
_UNITS = {"memory_mb": "MB", "timeout_s": "s"}


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact that differs; `before` and `after` are ready to show, empty where there was none."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class ChangeWords:
    """`what` is what was done; `facts` how things were before and after."""

    what: str
    facts: tuple[Fact, ...]


def change_words(change: Change) -> ChangeWords:
    """A deployment is told by its version, and its code by the first characters of the hash."""
    before, after = _facts(change.before), _facts(change.after)
    facts = tuple(
        Fact(_NAMES.get(name, name.replace("_", " ")), _text(name, before.get(name)), _text(name, after.get(name)))
        for name in sorted({*before, *after})
        if not (change.kind == "deployment" and name in ("exists", "version"))
    )
    if change.kind == "version":
        return ChangeWords(f"deployed version {change.version}, first invoked then", facts)
    if change.kind == "deployment":
        if "exists" in after or "exists" in before:
            return ChangeWords("removed" if after.get("exists") is False else "created", facts)
        version = change.version or str(after.get("version") or "")
        return ChangeWords(f"deployed version {version}" if version.isalnum() else "deployed", facts)
    what = {"event_source": "event source", "": "changed"}.get(change.kind, change.kind)
    if len(facts) == 1 and facts[0].name in (what, ""):
        facts = (Fact("", facts[0].before, facts[0].after),)
    return ChangeWords(what, facts)


def _facts(text: str) -> dict[str, object]:
    if not text:
        return {}
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {"": text}
    return found if isinstance(found, dict) else {"": text}


def _text(name: str, value: object) -> str:
    if value is None or value == "" or value == [] or value == {}:
        return ""
    if name == "code_sha256":
        return f"{str(value)[:_MOST_HASH]}…"
    if name in _UNITS:
        return f"{value} {_UNITS[name]}"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
