"""Lists of entries in YAML files, each with the place where it stands; faults are told with file and line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from mendline.errors import NotFoundError, UsageError

_MOST_BYTES = 2_000_000


@dataclass(frozen=True, slots=True)
class Entry:
    """`kind` is the list that it is in, `place` its file and line, `said` what it says."""

    kind: str
    place: str
    said: Mapping[str, Any]

    def called(self, what: str) -> str:
        """It in words: `the policy 'A'`."""
        name = self.said.get("name")
        return f"the {what} '{name[:100]}'" if isinstance(name, str) else f"a {what} without a name"


def texts_below(folder: Path) -> dict[str, str]:
    """All `*.yaml` and `*.yml` below a folder, by their paths. Raises NotFoundError, UsageError."""
    if not folder.is_dir():
        raise NotFoundError(f"There is no folder {folder}.")
    try:
        files = sorted(path for path in folder.rglob("*") if path.suffix in (".yaml", ".yml") and path.is_file())
    except OSError as error:
        raise UsageError(f"{error.filename or folder} cannot be read: {error.strerror}.") from None
    if not files:
        raise NotFoundError(f"There is no file *.yaml in {folder}.")
    return {str(path): text_of(path) for path in files}


def text_of(path: Path) -> str:
    """What a file says. Raises UsageError."""
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise UsageError(f"{path} is longer than {_MOST_BYTES:,} bytes.")
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read: {getattr(error, 'strerror', None) or 'it is no UTF-8'}.") from None


def read_entries(file: str, text: str, kinds: Sequence[str]) -> list[Entry]:
    """The entries of the lists of a file, which has no others than `kinds`. Aliases are refused: a short text could
    stand for a huge one. Raises UsageError."""
    try:
        if any(isinstance(event, yaml.events.AliasEvent) for event in yaml.parse(text, yaml.SafeLoader)):
            raise UsageError(f"{file}: aliases (*name) are not taken; write it out.")
        node = yaml.compose(text, yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise UsageError(f"{file}{f':{mark.line + 1}' if mark else ''}: no YAML: {error.problem}.") from None
    except (yaml.YAMLError, RecursionError):
        raise UsageError(f"{file}: no YAML: it has characters that cannot stand there, or is too deep.") from None
    return list(_entries(file, node, kinds)) if node is not None else []


def _entries(file: str, node: Any, kinds: Sequence[str]) -> Iterator[Entry]:
    known = " and ".join(kinds)
    if not isinstance(node, yaml.MappingNode):
        raise UsageError(f"{file}:1: a file says {' and '.join(f'`{kind}:`' for kind in kinds)}, each with a list.")
    for key, value in node.value:
        kind, line = getattr(key, "value", ""), key.start_mark.line + 1
        if kind not in kinds:
            raise UsageError(f"{file}:{line}: '{str(kind)[:40]}' is not known here; there are {known}.")
        if not isinstance(value, yaml.SequenceNode):
            raise UsageError(f"{file}:{line}: {kind} is to be a list; begin each entry with `- name:`.")
        for item in value.value:
            place = f"{file}:{item.start_mark.line + 1}"
            try:
                said = yaml.SafeLoader("").construct_document(item) if isinstance(item, yaml.MappingNode) else None
            except yaml.YAMLError as error:
                raise UsageError(f"{place}: no YAML: {getattr(error, 'problem', error)}.") from None
            if not isinstance(said, dict):
                raise UsageError(f"{place}: an entry of {kind} is to begin with `- name:`.")
            yield Entry(kind, place, said)


def as_yaml(told: Mapping[str, Any]) -> str:
    """A file that says this."""
    return str(yaml.safe_dump(told, sort_keys=False, allow_unicode=True, width=120))
