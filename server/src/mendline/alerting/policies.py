"""The policies and receivers of a project: those that Mendline supplies, those of files, and those made on the page."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any

from mendline.alerting.checked import checked_policy
from mendline.alerting.policy_files import Told, read_texts
from mendline.alerting.receivers import Delivered, check_receiver, deliver
from mendline.errors import ForbiddenError, NotFoundError, ReceiverError, UsageError
from mendline.model.message import Message
from mendline.model.policy import Policy, Receiver, policy_document, read_policy, read_receiver, receiver_document
from mendline.query import Checked
from mendline.store.state import State, delete_document, load_documents, post_letter, save_document

MOST_POLICIES, MOST_RECEIVERS = 2000, 200
POLICIES, RECEIVERS = "policies", "receivers"


@cache
def supplied() -> tuple[Policy, ...]:
    """What a project begins with."""
    text = (files("mendline.alerting") / "supplied.yaml").read_text("utf-8")
    return read_texts({"supplied.yaml": text}, "supplied").policies


@dataclass(frozen=True, slots=True)
class Policies:
    """Those of one project. Everything raises StateError where the state cannot be used."""

    state: State
    project: str

    def all(self) -> tuple[Policy, ...]:
        """By name; of a supplied one that was changed, what it was changed to."""
        with self.state.reading() as connection:
            kept = load_documents(connection, POLICIES, self.project)
        own = {told["name"]: read_policy(told, origin) for told, origin in kept}
        found = {policy.name: policy for policy in supplied()} | own
        return tuple(found[name] for name in sorted(found, key=str.casefold))

    def get(self, name: str) -> Policy:
        """One of them. Raises NotFoundError."""
        found = next((policy for policy in self.all() if policy.name == name), None)
        if found is None:
            raise NotFoundError(f"There is no policy '{name[:100]}'; the list of policies has those that there are.")
        return found

    def save(self, told: Mapping[str, Any], now: datetime, by: str, read: Callable[[str], Checked]) -> Policy:
        """Keep one that the page or a request tells, new or changed. Raises UsageError, QueryTextError."""
        with self.state.writing() as connection:
            policy = self._checked(connection, told, read)
            save_document(connection, POLICIES, self.project, policy_document(policy), "ui", now, by)
        return policy

    def _checked(self, connection: Any, told: Mapping[str, Any], read: Callable[[str], Checked]) -> Policy:
        policy = checked_policy(read_policy(told, "ui"), read)
        names = {told["name"] for told, _ in load_documents(connection, POLICIES, self.project)}
        if len(names | {policy.name}) > MOST_POLICIES:
            raise UsageError(f"There are {MOST_POLICIES:,} policies, as many as there may be. Delete some.")
        known = {told["name"] for told, _ in load_documents(connection, RECEIVERS, self.project)}
        unknown = [name for name in policy.notify if name not in known]
        if unknown:
            raise UsageError(f"There is no receiver '{unknown[0]}'. Name one that there is, or none.")
        return policy

    def enable(self, name: str, enabled: bool, now: datetime, by: str) -> Policy:
        """Switch one on or off. Raises NotFoundError."""
        policy = replace(self.get(name), enabled=enabled)
        with self.state.writing() as connection:
            save_document(connection, POLICIES, self.project, policy_document(policy), policy.origin, now, by)
        return policy

    def delete(self, name: str) -> None:
        """Forget one; a supplied one is then again as it was supplied. Raises NotFoundError."""
        with self.state.writing() as connection:
            if not delete_document(connection, POLICIES, self.project, name):
                raise NotFoundError(
                    f"There is no policy '{name[:100]}' of your own; a supplied one can be switched off."
                )

    def receivers(self) -> tuple[Receiver, ...]:
        """By name."""
        with self.state.reading() as connection:
            return tuple(read_receiver(told) for told, _ in load_documents(connection, RECEIVERS, self.project))

    def save_receiver(self, told: Mapping[str, Any], now: datetime, by: str) -> Receiver:
        """Keep one that the page or a request tells. Raises UsageError, ForbiddenError for what files alone may say."""
        receiver = check_receiver(read_receiver(told))
        references = [value for value in receiver.options.values() if str(value).startswith("file:")]
        if receiver.allow_private or references:
            raise ForbiddenError("allow_private and file: are for files alone; use `mendline policies apply DIR`.")
        with self.state.writing() as connection:
            kept = load_documents(connection, RECEIVERS, self.project)
            if len({told["name"] for told, _ in kept} | {receiver.name}) > MOST_RECEIVERS:
                raise UsageError(f"There are {MOST_RECEIVERS} receivers, as many as there may be. Delete some.")
            save_document(connection, RECEIVERS, self.project, receiver_document(receiver), "ui", now, by)
        return receiver

    def test_receiver(self, name: str, now: datetime) -> str:
        """Have a message sent to a receiver that says that it is a test; answers its key. Raises NotFoundError."""
        self._receiver(name)
        key, message = self._test_message(now)
        with self.state.writing() as connection:
            post_letter(connection, self.project, None, name, "test", key, now, now, {"message": message})
        return key

    def try_receiver(self, name: str, now: datetime) -> None:
        """Send that message at once, a single time. Raises ReceiverError where it is not taken, NotFoundError."""
        receiver = self._receiver(name)
        key, message = self._test_message(now)
        outcome = deliver(receiver, Message(**message, key=key, kind="test", earlier={}), int(now.timestamp()))
        if outcome.delivered is not Delivered.YES:
            raise ReceiverError(f"The receiver '{name}' did not take the test message. {outcome.said}")

    def _receiver(self, name: str) -> Receiver:
        found = next((one for one in self.receivers() if one.name == name), None)
        if found is None:
            raise NotFoundError(f"There is no receiver '{name[:100]}'.")
        return found

    def _test_message(self, now: datetime) -> tuple[str, dict[str, Any]]:
        key = f"{self.project}-test-{now:%Y%m%d%H%M%S%f}"
        return key, {
            "thread": key,
            "title": "A test of Mendline: this receiver works",
            "severity": "info",
            "text": "Nothing is wrong. Somebody wanted to know whether messages arrive here.",
            "url": "https://example.com/",
            "content": {"project": self.project, "severity": "info", "functions": []},
        }

    def delete_receiver(self, name: str) -> None:
        """Forget one. Raises NotFoundError; UsageError where a policy names it."""
        naming = [policy.name for policy in self.all() if name in policy.notify]
        if naming:
            raise UsageError(f"The policy '{naming[0]}' notifies '{name[:100]}'; change that first.")
        with self.state.writing() as connection:
            if not delete_document(connection, RECEIVERS, self.project, name):
                raise NotFoundError(f"There is no receiver '{name[:100]}'.")

    def apply(self, told: Told, now: datetime, *, plan: bool = False) -> list[tuple[str, str, str]]:
        """Have all that came from files be as these files say: (kind, name, change). Idempotent; what was made on the
        page stays unless a file has the name. With `plan` nothing is changed."""
        changes: list[tuple[str, str, str]] = []
        with self.state.writing() as connection:
            wanted = {
                RECEIVERS: [receiver_document(one) for one in told.receivers],
                POLICIES: [policy_document(one) for one in told.policies],
            }
            for kind, documents in wanted.items():
                kept = {one["name"]: (one, origin) for one, origin in load_documents(connection, kind, self.project)}
                for document in documents:
                    change = _change(document, kept.get(document["name"]))
                    changes.append((kind, document["name"], change))
                    if change != "unchanged" and not plan:
                        save_document(connection, kind, self.project, document, "file", now, "a file")
                names = {document["name"] for document in documents}
                for name in (name for name, (_, origin) in kept.items() if origin == "file" and name not in names):
                    changes.append((kind, name, "gone"))
                    if not plan:
                        delete_document(connection, kind, self.project, name)
        return changes


def _change(document: dict[str, Any], before: tuple[dict[str, Any], str] | None) -> str:
    if before is None:
        return "new"
    return "unchanged" if before == (document, "file") else "changed"


def told_to(policy: Policy, receivers: Sequence[Receiver]) -> tuple[str, ...]:
    """Who is told when a policy fires: whom it names, else all responders that take what names none; `info` only whom
    it names."""
    if policy.notify:
        return policy.notify
    if policy.severity == "info":
        return ()
    return tuple(one.name for one in receivers if one.default and one.audience == "responders")
