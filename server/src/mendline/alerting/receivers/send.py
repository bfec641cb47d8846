"""One try to deliver a message to a receiver of any type. It never raises: what went wrong is the outcome."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import ModuleType

from mendline.alerting.receivers import alertmanager, aws, email, opsgenie, pagerduty, slack, teams, webhook
from mendline.alerting.receivers.addresses import Resolve, resolve
from mendline.alerting.receivers.outcome import Answer, Delivered, Outcome, judged
from mendline.alerting.receivers.posting import TOTAL_S, post
from mendline.alerting.receivers.secrets import resolved
from mendline.errors import UsageError
from mendline.model.message import Message
from mendline.model.policy import Receiver

_OVER_HTTP: Mapping[str, ModuleType] = {
    "webhook": webhook,
    "slack": slack,
    "pagerduty": pagerduty,
    "opsgenie": opsgenie,
    "teams": teams,
    "alertmanager": alertmanager,
}


def deliver(
    receiver: Receiver, message: Message, at_s: int, *, resolver: Resolve = resolve, total_s: float = TOTAL_S
) -> Outcome:
    """Try once."""
    try:
        options = {
            name: resolved(value) if isinstance(value, str) else value for name, value in receiver.options.items()
        }
        if receiver.type == "email":
            return email.send(receiver, options, message, timeout_s=total_s)
        if receiver.type in ("sns", "eventbridge"):
            return aws.publish(receiver, options, message, at_s, timeout_s=total_s)
        channel = _OVER_HTTP[receiver.type]
        request = channel.request_of(options, message, at_s)
        answer = post(request, allow_private=receiver.allow_private, resolver=resolver, total_s=total_s)
        judge: Callable[[Mapping[str, str], Answer], Outcome] = getattr(channel, "outcome", lambda _, it: judged(it))
        return judge(options, answer)
    except UsageError as error:  # its address, or its secret
        return Outcome(Delivered.NO, error.message)
    except OSError as error:
        return Outcome(Delivered.NO, f"It cannot be reached: {error.strerror or error or type(error).__name__}."[:400])
