"""The types of receivers: which options each has, and which of them are secrets. Checked before one is kept."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass

from mendline.alerting.audiences import check_template
from mendline.alerting.receivers.addresses import checked_url
from mendline.alerting.receivers.secrets import is_reference
from mendline.errors import UsageError
from mendline.model.policy import Receiver

_ADDRESS = re.compile(r"[^\s@<>\"',;]{1,64}@[^\s@<>\"',;]{1,255}")
_MOST_OPTION = 2000


@dataclass(frozen=True, slots=True)
class Kind:
    """What a type of receiver takes. A `secret` is to be a reference; of `either` one is needed."""

    needed: tuple[str, ...] = ()
    either: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    secret: tuple[str, ...] = ()

    @property
    def known(self) -> tuple[str, ...]:
        """All options."""
        return tuple(dict.fromkeys((*self.needed, *self.either, *self.optional)))


TYPES = {
    "webhook": Kind(("url",), optional=("secret", "secret_before"), secret=("secret", "secret_before")),
    "slack": Kind(either=("url", "token"), optional=("channel", "api"), secret=("token",)),
    "email": Kind(("host", "from", "to"), optional=("port", "tls", "username", "password"), secret=("password",)),
    "pagerduty": Kind(("routing_key",), optional=("url",), secret=("routing_key",)),
    "opsgenie": Kind(("api_key",), optional=("url",), secret=("api_key",)),
    "teams": Kind(("url",)),
    "sns": Kind(("topic_arn",), optional=("region", "endpoint_url")),
    "eventbridge": Kind(optional=("bus", "region", "endpoint_url")),
    "alertmanager": Kind(("url",), optional=("token",), secret=("token",)),
}
_CALLING = ("pagerduty", "opsgenie", "alertmanager")
TLS = ("starttls", "tls", "none")


def check_receiver(receiver: Receiver) -> Receiver:
    """The receiver, whose options are those of its type. Raises UsageError."""
    kind, options = TYPES[receiver.type], receiver.options
    for name, value in options.items():
        if name not in kind.known:
            near = difflib.get_close_matches(name, kind.known, 1)
            hint = f"Did you mean '{near[0]}'?" if near else f"It has {', '.join(kind.known)}."
            raise UsageError(f"A receiver of type {receiver.type} has no '{name[:40]}'. {hint}")
        _check_value(name, value)
    for name in kind.needed:
        if not options.get(name):
            raise UsageError(f"A receiver of type {receiver.type} needs {name}.")
    if kind.either and not any(options.get(name) for name in kind.either):
        raise UsageError(f"A receiver of type {receiver.type} needs {' or '.join(kind.either)}.")
    for name in kind.secret:
        if options.get(name) and not is_reference(str(options[name])):
            raise UsageError(f"{name} is a secret: write a reference, env:NAME or file:PATH, never the secret itself.")
    for name in ("url", "api", "endpoint_url"):
        if options.get(name) and not is_reference(str(options[name])):
            checked_url(str(options[name]), allow_private=receiver.allow_private)
    if receiver.type == "slack" and options.get("token") and not options.get("channel"):
        raise UsageError("A Slack receiver with a token needs the channel.")
    if receiver.type == "email":
        _check_email(receiver)
    _check_readers(receiver)
    return receiver


def _check_readers(receiver: Receiver) -> None:
    if receiver.type in _CALLING and (receiver.digest or receiver.audience != "responders"):
        raise UsageError(f"A receiver of type {receiver.type} calls people: it takes no digest, and has no audience.")
    check_template(receiver.template)


def addresses_of(receiver: Receiver) -> list[str]:
    """To whom a receiver of type email sends."""
    to = receiver.options["to"]
    return [to] if isinstance(to, str) else list(to)


def _check_value(name: str, value: object) -> None:
    if name == "to" and isinstance(value, list) and all(isinstance(item, str) for item in value):
        return
    if name == "port" and isinstance(value, int) and 0 < value < 65536:
        return
    if name == "port" or not isinstance(value, str) or len(value) > _MOST_OPTION or not value.isprintable():
        raise UsageError(f"{name} is to be {'a port, 1 to 65535' if name == 'port' else 'a text'}.")


def _check_email(receiver: Receiver) -> None:
    tls = receiver.options.get("tls", "starttls")
    if tls not in TLS:
        raise UsageError(f"tls is '{tls}'; there are {', '.join(TLS)}.")
    if tls == "none" and not receiver.allow_private:
        raise UsageError("Mail without TLS takes `allow_private: true`, in a file only.")
    for address in (str(receiver.options["from"]), *addresses_of(receiver)):
        if not _ADDRESS.fullmatch(address):
            raise UsageError(f"'{address[:80]}' is no address of e-mail.")
