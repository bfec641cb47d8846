"""A policy: what is watched for, how bad it is, and who is told. And a receiver: where they are told."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from mendline.errors import UsageError
from mendline.model.told import (
    MOST_NAME,
    MOST_TEXT,
    duration_text,
    flag,
    named,
    one_of,
    require_known,
    seconds,
    text,
    texts,
)

SEVERITIES = ("info", "warning", "critical")
RECEIVER_TYPES = (
    "slack", "email", "webhook", "pagerduty", "opsgenie", "teams", "sns", "eventbridge", "alertmanager",
)  # fmt: skip
AUDIENCES = ("responders", "management", "customers")
DIGESTS = ("", "daily", "weekly")
_KEEP_ONE = ("pagerduty", "opsgenie", "alertmanager")  # all that is told of an incident is one thing there
REFERENCES = ("env:", "file:")
_LEAST_EVERY_S, _MOST_EVERY_S, _MOST_QUIET_S = 10, 86_400, 30 * 86_400
MOST_AFTER_DEPLOY_S = 3600
_HOURS = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)")


@dataclass(frozen=True, slots=True)
class Policy:
    """`query` has the condition, the window, `for` and the grouping. Evaluated every `every_s` seconds; after a message
    of a group, quiet for `quiet_s`. `notify` names receivers (none: all that take what names none; of severity `info`
    nobody). `runbook` is Markdown or a URL. On functions that fit `critical`, a failure counts though it is tried
    again. `active` is empty, or HH:MM-HH:MM in UTC outside of which nothing fires. For `after_deploy_s` after a
    deployment of one of its functions, what fires is silenced. `origin`: supplied, file, ui."""

    name: str
    query: str
    severity: str = "warning"
    every_s: int = 10
    quiet_s: int = 7200
    notify: tuple[str, ...] = ()
    runbook: str = ""
    owner: str = ""
    enabled: bool = True
    critical: tuple[str, ...] = ()
    active: str = ""
    after_deploy_s: int = 0
    tags: tuple[str, ...] = ()
    origin: str = "ui"

    @property
    def makes_incidents(self) -> bool:
        """Whether somebody is told: what is for information alone is recorded, and wakes nobody unless it names who."""
        return self.severity != "info" or bool(self.notify)

    def is_active(self, minute: int) -> bool:
        """Whether it may fire at this minute of the day (UTC)."""
        found = _HOURS.fullmatch(self.active)
        if not found:
            return True
        first, last = (int(found[at]) * 60 + int(found[at + 1]) for at in (1, 3))
        return first <= minute < last if first <= last else not last <= minute < first


@dataclass(frozen=True, slots=True)
class Receiver:
    """`options` are the fields of its type, such as `url`. Whatever is secret in it is a reference: `env:NAME` or
    `file:PATH`. `default`: it takes what policies tell that name no receiver. `audience` is who reads it: others than
    responders get plain words, when a person sends them. `digest` says how often it has one. `template` is what a
    message says there, with names such as $title (empty: as everywhere). `updates`: it is told also what is found out
    between the first message of an incident and its last."""

    name: str
    type: str
    options: Mapping[str, Any]
    default: bool = True
    least: str = "info"
    allow_private: bool = False
    audience: str = "responders"
    digest: str = ""
    template: str = ""
    updates: bool = False

    @property
    def takes_updates(self) -> bool:
        """Whether it wants to know more between the first message and the last, or changes the first one with it."""
        threads = self.type in _KEEP_ONE or (self.type == "slack" and "token" in self.options)
        return self.updates or threads


def read_policy(told: Mapping[str, Any], origin: str) -> Policy:
    """A policy from what a file, a form or a request says; the query is not checked here. Raises UsageError."""
    known = (*(field.name for field in fields(Policy)), "every", "quiet", "after_deploy")
    hidden = ("every_s", "quiet_s", "after_deploy_s", "origin")
    require_known(told, [name for name in known if name not in hidden], "A policy")
    name = text(told, "name", MOST_NAME, required=True)
    active = text(told, "active", 11)
    if active and not _HOURS.fullmatch(active):
        raise UsageError(f"active is '{active}'; write hours of the day in UTC, such as 08:00-18:00.")
    return Policy(
        name=named(name),
        query=text(told, "query", MOST_TEXT, required=True),
        severity=one_of(told, "severity", SEVERITIES, "warning"),
        every_s=seconds(told, "every", 10, _LEAST_EVERY_S, _MOST_EVERY_S),
        quiet_s=seconds(told, "quiet", 7200, 0, _MOST_QUIET_S),
        notify=texts(told, "notify"),
        runbook=text(told, "runbook", MOST_TEXT),
        owner=text(told, "owner", MOST_NAME),
        enabled=flag(told, "enabled", default=True),
        critical=texts(told, "critical"),
        active=active,
        after_deploy_s=seconds(told, "after_deploy", 0, 0, MOST_AFTER_DEPLOY_S),
        tags=texts(told, "tags"),
        origin=origin,
    )


def read_receiver(told: Mapping[str, Any]) -> Receiver:
    """A receiver, likewise. What its type needs is known to alerting/receivers. Raises UsageError."""
    name = named(text(told, "name", MOST_NAME, required=True))
    kind = one_of(told, "type", RECEIVER_TYPES, "")
    own = ("name", "type", "default", "least", "allow_private", "audience", "digest", "template", "updates")
    return Receiver(
        name=name,
        type=kind,
        options={key: value for key, value in told.items() if key not in own},
        default=flag(told, "default", default=True),
        least=one_of(told, "least", SEVERITIES, "info"),
        allow_private=flag(told, "allow_private", default=False),
        audience=one_of(told, "audience", AUDIENCES, "responders"),
        digest=one_of(told, "digest", DIGESTS, ""),
        template=text(told, "template", MOST_TEXT),
        updates=flag(told, "updates", default=False),
    )


def policy_document(policy: Policy) -> dict[str, Any]:
    """A policy as `read_policy` reads it; what is as it is by default is left out."""
    told: dict[str, Any] = {"name": policy.name, "query": policy.query, "severity": policy.severity}
    told |= {"every": duration_text(policy.every_s), "quiet": duration_text(policy.quiet_s)}
    for name in ("notify", "critical", "tags"):
        if getattr(policy, name):
            told[name] = list(getattr(policy, name))
    for name in ("runbook", "owner", "active"):
        if getattr(policy, name):
            told[name] = getattr(policy, name)
    if policy.after_deploy_s:
        told["after_deploy"] = duration_text(policy.after_deploy_s)
    return told if policy.enabled else {**told, "enabled": False}


def policy_shown(policy: Policy) -> dict[str, Any]:
    """A policy with everything that is known of it, as pages and the API tell it."""
    empty = {"notify": [], "critical": [], "tags": [], "runbook": "", "owner": "", "active": "", "after_deploy": "0s"}
    return {**empty, **policy_document(policy), "enabled": policy.enabled, "origin": policy.origin}


def receiver_document(receiver: Receiver) -> dict[str, Any]:
    """A receiver as `read_receiver` reads it."""
    told = {"name": receiver.name, "type": receiver.type, **receiver.options}
    usual = {
        "default": True, "least": "info", "allow_private": False, "audience": "responders", "digest": "",
        "template": "", "updates": False,
    }  # fmt: skip
    shown = {name: getattr(receiver, name) for name in usual}
    return told | {name: value for name, value in shown.items() if value != usual[name]}


def severity_rank(severity: str) -> int:
    """How bad it is: 0 for the least."""
    return SEVERITIES.index(severity)
