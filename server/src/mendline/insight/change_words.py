"""What changed, in words: of JSON of facts, each fact that differs; of code, that it was deployed. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeGuard

from mendline.model.change import Change

_MOST_HASH = 8
_NAMES = {"code_sha256": "code"}
_UNITS = {"_mb": "MB", "_s": "s"}


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
    what = {"event_source": "event source", "other": "settings", "": "changed"}.get(change.kind, change.kind)
    facts = tuple(
        fact
        for name in sorted({*before, *after})
        if not (change.kind == "deployment" and name in ("exists", "version"))
        for fact in _told(name, before.get(name), after.get(name), what)
    )
    if change.kind == "version":
        return ChangeWords(f"deployed version {change.version}, first invoked then", facts)
    if change.kind == "deployment":
        if "exists" in after or "exists" in before:
            return ChangeWords("removed" if after.get("exists") is False else "created", facts)
        version = change.version or str(after.get("version") or "")
        return ChangeWords(f"deployed version {version}" if version.isalnum() else "deployed", facts)
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


def _told(name: str, before: object, after: object, what: str) -> Iterator[Fact]:
    """One fact, or one for each entry of it that differs, named with the fact unless `what` was done says so."""
    if name == "event_sources" and _are_mappings(before) and _are_mappings(after):
        yield from _sources(before or [], after or [])
    elif (_is_mapping(before) and _is_mapping(after)) and (before or after):
        yield from _entries("" if _named(name) == what else _named(name), before or {}, after or {})
    else:
        yield Fact(_named(name), _text(name, before), _text(name, after))


def _is_mapping(found: object) -> TypeGuard[dict[str, object] | None]:
    return found is None or isinstance(found, dict)


def _are_mappings(found: object) -> TypeGuard[list[dict[str, object]] | None]:
    return found is None or (isinstance(found, list) and all(isinstance(one, dict) for one in found))


def _sources(before: list[dict[str, object]], after: list[dict[str, object]]) -> Iterator[Fact]:
    """Of each event source that differs its name and what differs; one that came or went is told by its name alone."""
    were, are = ({str(one.get("uuid") or one.get("source")): one for one in found} for found in (before, after))
    for one in dict.fromkeys([*were, *are]):
        was, now = were.get(one), are.get(one)
        name = _last(str((now or was or {}).get("source") or one))
        if was is None or now is None:
            yield Fact("", name if was else "", name if now else "")
        else:
            yield from _entries(name, was, now)


def _entries(of: str, before: Mapping[str, object], after: Mapping[str, object]) -> Iterator[Fact]:
    for name in sorted({*before, *after}):
        was, now = before.get(name), after.get(name)
        if was != now:
            yield Fact(f"{of} {_named(name)}".lstrip(), _text(name, was), _text(name, now))


def _named(name: str) -> str:
    stem = name.rpartition("_")[0] if name.endswith(tuple(_UNITS)) else name
    return _NAMES.get(name, stem.replace("_", " ") if name.islower() else name)


def _last(identifier: str) -> str:
    """The name at the end of an ARN, of a layer with its version; anything else as it is."""
    if not identifier.startswith("arn:"):
        return identifier
    return identifier.partition(":layer:")[2] or identifier.rpartition(":")[2].rpartition("/")[2] or identifier


def _text(name: str, value: object) -> str:
    if value is None or value == "" or value == [] or value == {}:
        return ""
    if name == "code_sha256":
        return f"{str(value)[:_MOST_HASH]}…"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        unit = next((unit for ending, unit in _UNITS.items() if name.endswith(ending)), "")
        return f"{value} {unit}".rstrip()
    if isinstance(value, str):
        return _last(value)
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return ", ".join(map(_last, value))
    if isinstance(value, dict) and value.keys() == {"version", "weights"} and isinstance(value["weights"], dict):
        return ", ".join([f"version {value['version']}", *map(_share, value["weights"].items())])  # an alias
    return json.dumps(value, ensure_ascii=False)


def _share(weight: tuple[str, object]) -> str:
    version, share = weight
    return f"{share:.0%} version {version}" if isinstance(share, int | float) else f"version {version}"
