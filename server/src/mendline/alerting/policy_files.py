"""Policies and receivers as YAML files; what is wrong in them is told with file, line and what could stand there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import yaml

from mendline.alerting.checked import checked_policy
from mendline.alerting.receivers import check_receiver
from mendline.errors import MendlineError, NotFoundError, QueryTextError, UsageError
from mendline.model.policy import Policy, Receiver, policy_document, read_policy, read_receiver, receiver_document

_MOST_BYTES = 2_000_000
_Read = TypeVar("_Read")


@dataclass(frozen=True, slots=True)
class Told:
    """What files say: everything that is right in them, each with the place where it stands."""

    policies: tuple[Policy, ...]
    receivers: tuple[Receiver, ...]


def read_folder(folder: Path) -> Told:
    """All `*.yaml` and `*.yml` below a folder. Raises NotFoundError, UsageError (which names every fault)."""
    if not folder.is_dir():
        raise NotFoundError(f"There is no folder {folder}.")
    files = sorted(path for path in folder.rglob("*") if path.suffix in (".yaml", ".yml") and path.is_file())
    if not files:
        raise NotFoundError(f"There is no file *.yaml in {folder}.")
    return read_texts({str(path): _text_of(path) for path in files})


def read_texts(texts: Mapping[str, str], origin: str = "file") -> Told:
    """What the texts of several files say, by their names. Raises UsageError, which names every fault."""
    faults: list[str] = []
    policies: dict[str, tuple[Policy, str]] = {}
    receivers: dict[str, tuple[Receiver, str]] = {}
    for file, text in texts.items():
        try:
            document = _document(file, text)
        except UsageError as error:
            faults.append(error.message)
            continue
        for entry in document:
            try:
                if entry.kind == "policies":
                    _keep(policies, entry, lambda told: checked_policy(read_policy(told, origin)))
                else:
                    _keep(receivers, entry, lambda told: check_receiver(read_receiver(told)))
            except QueryTextError as error:
                faults.append(f"{entry.place}: {entry.called}: the query: {error.message}")
            except MendlineError as error:
                faults.append(f"{entry.place}: {entry.called}: {error.message}")
    known = set(receivers)
    for policy, place in policies.values():
        faults += [
            f"{place}: the policy '{policy.name}' notifies '{name}', and no file has a receiver of that name."
            for name in policy.notify
            if name not in known and origin == "file"
        ]
    if faults:
        raise UsageError("\n".join(faults))
    return Told(tuple(it for it, _ in policies.values()), tuple(it for it, _ in receivers.values()))


def as_yaml(policies: tuple[Policy, ...], receivers: tuple[Receiver, ...] = ()) -> str:
    """A file that says these."""
    told: dict[str, Any] = {}
    if receivers:
        told["receivers"] = [receiver_document(one) for one in receivers]
    told["policies"] = [policy_document(one) for one in policies]
    return str(yaml.safe_dump(told, sort_keys=False, allow_unicode=True, width=120))


@dataclass(frozen=True, slots=True)
class _Entry:
    kind: str
    place: str
    said: Mapping[str, Any]

    @property
    def called(self) -> str:
        what = "policy" if self.kind == "policies" else "receiver"
        name = self.said.get("name")
        return f"the {what} '{name[:100]}'" if isinstance(name, str) else f"a {what} without a name"


def _keep(found: dict[str, tuple[_Read, str]], entry: _Entry, read: Callable[[Mapping[str, Any]], _Read]) -> None:
    one = read(entry.said)
    name = str(entry.said["name"]).strip()
    if name in found:
        raise UsageError(f"there is another one of that name at {found[name][1]}.")
    found[name] = (one, entry.place)


def _text_of(path: Path) -> str:
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise UsageError(f"{path} is longer than {_MOST_BYTES:,} bytes.")
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read: {getattr(error, 'strerror', None) or 'it is no UTF-8'}.") from None


def _document(file: str, text: str) -> list[_Entry]:
    """The entries of a file, each with its line. Aliases are refused: a short text could stand for a huge one."""
    try:
        if any(isinstance(event, yaml.events.AliasEvent) for event in yaml.parse(text, yaml.SafeLoader)):
            raise UsageError(f"{file}: aliases (*name) are not taken; write it out.")
        node = yaml.compose(text, yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise UsageError(f"{file}{f':{mark.line + 1}' if mark else ''}: no YAML: {error.problem}.") from None
    except (yaml.YAMLError, RecursionError):
        raise UsageError(f"{file}: no YAML: it has characters that cannot stand there, or is too deep.") from None
    return list(_entries(file, node)) if node is not None else []


def _entries(file: str, node: Any) -> Iterator[_Entry]:
    if not isinstance(node, yaml.MappingNode):
        raise UsageError(f"{file}:1: a file says `policies:` and `receivers:`, each with a list.")
    for key, value in node.value:
        kind, line = getattr(key, "value", ""), key.start_mark.line + 1
        if kind not in ("policies", "receivers"):
            raise UsageError(f"{file}:{line}: '{str(kind)[:40]}' is not known here; there are policies and receivers.")
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
            yield _Entry(kind, place, said)
