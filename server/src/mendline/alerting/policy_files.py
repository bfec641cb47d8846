"""Policies and receivers as YAML files; what is wrong in them is told with file, line and what could stand there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from mendline.alerting.checked import checked_policy
from mendline.alerting.receivers import check_receiver
from mendline.errors import MendlineError, QueryTextError, UsageError
from mendline.model.policy import Policy, Receiver, policy_document, read_policy, read_receiver, receiver_document
from mendline.yaml_entries import Entry, read_entries, texts_below
from mendline.yaml_entries import as_yaml as yaml_of

_KINDS = ("policies", "receivers")
_Read = TypeVar("_Read")


@dataclass(frozen=True, slots=True)
class Told:
    """What files say: everything that is right in them, each with the place where it stands."""

    policies: tuple[Policy, ...]
    receivers: tuple[Receiver, ...]


def read_folder(folder: Path) -> Told:
    """All `*.yaml` and `*.yml` below a folder. Raises NotFoundError, UsageError (which names every fault)."""
    return read_texts(texts_below(folder))


def read_texts(texts: Mapping[str, str], origin: str = "file") -> Told:
    """What the texts of several files say, by their names. Raises UsageError, which names every fault."""
    faults: list[str] = []
    policies: dict[str, tuple[Policy, str]] = {}
    receivers: dict[str, tuple[Receiver, str]] = {}
    for file, text in texts.items():
        try:
            document = read_entries(file, text, _KINDS)
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
                faults.append(f"{entry.place}: {_called(entry)}: the query: {error.message}")
            except MendlineError as error:
                faults.append(f"{entry.place}: {_called(entry)}: {error.message}")
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
    return yaml_of(told)


def _keep(found: dict[str, tuple[_Read, str]], entry: Entry, read: Callable[[Mapping[str, Any]], _Read]) -> None:
    one = read(entry.said)
    name = str(entry.said["name"]).strip()
    if name in found:
        raise UsageError(f"there is another one of that name at {found[name][1]}.")
    found[name] = (one, entry.place)


def _called(entry: Entry) -> str:
    return entry.called("policy" if entry.kind == "policies" else "receiver")
