"""What a function's role may do, a line for each statement, so that a change of permissions can be read."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from mendline.aws.calls import Calls, Refusal
from mendline.aws.configuration import compact

_LONGEST_LINE = 400
_MOST_LINES = 300


class Roles:
    """The permissions of roles. Each role and policy is read once: make a new one for every pass."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._roles: dict[str, dict[str, Any]] = {}
        self._policies: dict[str, list[str]] = {}

    def facts(self, arn: str) -> dict[str, Any]:
        """`role_permissions` of a role, sorted; nothing when a part of it cannot be read."""
        if not arn:
            return {}
        if arn not in self._roles:
            lines = self._lines(arn)
            self._roles[arn] = {} if lines is None else {"role_permissions": lines}
        return self._roles[arn]

    def _lines(self, arn: str) -> list[str] | None:
        name = arn.rpartition("/")[2]
        attached = self._calls.every("iam", "ListAttachedRolePolicies", "AttachedPolicies", name, RoleName=name)
        inline = self._calls.every("iam", "ListRolePolicies", "PolicyNames", name, RoleName=name)
        if attached is None or inline is None:
            return None
        lines: set[str] = set()
        for policy in inline:
            self._calls.pause()
            answer = self._calls.one("iam", "GetRolePolicy", name, RoleName=name, PolicyName=policy)
            if isinstance(answer, Refusal):
                return None
            lines.update(statements(_document(answer["PolicyDocument"])))
        for policy in attached:
            found = self._policy(policy["PolicyArn"])
            if found is None:
                return None
            lines.update(found)
        return sorted(lines)

    def _policy(self, arn: str) -> list[str] | None:
        if arn.split(":")[4] == "aws":
            return [f"managed policy {arn.rpartition('/')[2]}"]  # AWS's own: the name says it
        if arn not in self._policies:
            self._calls.pause()
            policy = self._calls.one("iam", "GetPolicy", arn, PolicyArn=arn)
            if isinstance(policy, Refusal):
                return None
            version = policy["Policy"]["DefaultVersionId"]
            answer = self._calls.one("iam", "GetPolicyVersion", arn, PolicyArn=arn, VersionId=version)
            if isinstance(answer, Refusal):
                return None
            self._policies[arn] = statements(_document(answer["PolicyVersion"]["Document"]))
        return self._policies[arn]


def statements(document: Mapping[str, Any]) -> list[str]:
    """A policy as sorted lines: effect, action, resource or principal, and conditions."""
    given = document.get("Statement") or []
    lines: set[str] = set()
    for statement in given if isinstance(given, list) else [given]:
        effect = str(statement.get("Effect", ""))
        negated = "" if "Action" in statement else "everything but "
        actions = _texts(statement.get("Action", statement.get("NotAction", [])))
        rest = _scope(statement)
        lines.update(_fitting(f"{effect} {negated}{action}{rest}") for action in actions)
    ordered = sorted(lines)
    if len(ordered) <= _MOST_LINES:
        return ordered
    rest = "\n".join(ordered[_MOST_LINES:])
    return [*ordered[:_MOST_LINES], f"and {len(ordered) - _MOST_LINES} more ({_digest(rest)})"]


def _fitting(line: str) -> str:
    """The line, cut if it is very long, with a digest of the whole so that no change goes unseen."""
    return line if len(line) <= _LONGEST_LINE else f"{line[:_LONGEST_LINE]}… ({_digest(line)})"


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=4).hexdigest()


def _scope(statement: Mapping[str, Any]) -> str:
    text = ""
    for word, key in (("on", "Resource"), ("on all but", "NotResource"), ("to", "Principal")):
        if key in statement:
            value = statement[key]
            named = (
                [f"{kind}:{name}" for kind, names in value.items() for name in _texts(names)]
                if isinstance(value, Mapping)
                else _texts(value)
            )
            text += f" {word} {', '.join(sorted(named))}"
    return text + (f" if {compact(statement['Condition'])}" if statement.get("Condition") else "")


def _texts(value: Any) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else [str(value)]


def _document(value: Any) -> Mapping[str, Any]:
    """IAM's documents come decoded from boto3, or as URL-encoded JSON."""
    found: Mapping[str, Any] = json.loads(unquote(value)) if isinstance(value, str) else value
    return found
