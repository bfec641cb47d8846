"""What a fault does to a call."""

from dataclasses import dataclass

from mendline_playground.host.function import ACCOUNT, REGION
from mendline_playground.model.dice import Dice
from mendline_playground.model.effects import Effect
from mendline_playground.model.place import role
from mendline_playground.shop.plan import Resource

_MS = 10**6
_INTERNAL = {500: "InternalServerError", 503: "ServiceUnavailable", 400: "ValidationException"}
_BY_SERVICE = {
    "dynamodb": "ProvisionedThroughputExceededException",
    "kinesis": "ProvisionedThroughputExceededException",
}


class Outcome:
    """How one call goes; faults change it. `wait_ns` passes before the call, `connect_ns` within it."""

    __slots__ = (
        "connect_ns", "error_message", "error_type", "gives_up_ns", "latency_ns", "retries", "status", "throttles",
        "times", "tries", "wait_ns", "was_made",
    )  # fmt: skip

    def __init__(self, latency_ns: int, status: int) -> None:
        self.latency_ns = latency_ns
        self.status = status
        self.error_type = self.error_message = ""
        self.wait_ns = self.connect_ns = self.retries = self.throttles = self.gives_up_ns = 0
        self.times, self.tries = 1, 0
        self.was_made = True

    def fail(self, error_type: str, message: str, status: int) -> None:
        """Let the call fail."""
        self.error_type, self.error_message, self.status = error_type, message, status


@dataclass(frozen=True, slots=True)
class Site:
    """Where and when a call is made: what it calls, by which function, and the site.dice."""

    resource: Resource
    function: str
    now_ns: int
    dice: Dice


def bend(outcome: Outcome, effect: Effect, site: Site) -> None:
    """Change the outcome of a call as the effect says."""
    _BEND[effect.fault](outcome, effect, site)


def _slow(outcome: Outcome, effect: Effect, site: Site) -> None:
    strength = effect.strength(site.now_ns)
    outcome.latency_ns = int(outcome.latency_ns * (1 + (effect.say.number("factor", 1.0) - 1) * strength))
    outcome.latency_ns += int(site.dice.latency_ns(effect.say.number("add") * 1000, 0.15) * strength)


def _fail(outcome: Outcome, effect: Effect, site: Site) -> None:
    status = int(effect.say.number("status", 503))
    if site.dice.random() < effect.say.number("healed"):
        outcome.retries = 1
        outcome.latency_ns = outcome.latency_ns * 2 + site.dice.between(20, 80) * _MS
        return
    after_s = effect.say.number("after")
    outcome.latency_ns = int(after_s * 1e9) if after_s else int(outcome.latency_ns * 0.7)
    if site.resource.type == "http":
        error = effect.say.text("error") or (str(status) if status else "TimeoutError")
        outcome.fail(error, effect.say.text("message") or (f"HTTP {status}" if status else "timed out"), status)
    else:
        error = effect.say.text("error") or _INTERNAL.get(status, "InternalServerError")
        outcome.fail(error, effect.say.text("message") or _refusal(error, site.resource, "internal error"), status)


def _throttle(outcome: Outcome, _: Effect, site: Site) -> None:
    outcome.retries = site.dice.between(1, 3)
    outcome.throttles = outcome.retries
    outcome.latency_ns += sum(site.dice.between(25, 60) * 2**n * _MS for n in range(outcome.retries))
    if site.dice.random() < 0.5:
        return  # the SDK's retries got through
    error = _BY_SERVICE.get(site.resource.type, "ThrottlingException")
    outcome.throttles += 1
    outcome.fail(error, _refusal(error, site.resource, "The level of configured throughput was exceeded"), 400)


def _deny(outcome: Outcome, _: Effect, site: Site) -> None:
    arn = f"arn:aws:{site.resource.type}:{REGION}:{ACCOUNT}:{site.resource.name}"
    action = f"{site.resource.type}:{site.resource.operation}"
    reason = f"User: {role(site.function)} is not authorized to perform: {action} on resource: {arn}"
    outcome.latency_ns = site.dice.latency_ns(3.0, 0.3)
    outcome.fail("AccessDeniedException", _refusal("AccessDeniedException", site.resource, reason), 400)


def _reconnect(outcome: Outcome, effect: Effect, site: Site) -> None:
    outcome.connect_ns = site.dice.latency_ns(effect.say.number("add") * 1000, 0.2)
    outcome.latency_ns += outcome.connect_ns


def _exhaust_pool(outcome: Outcome, effect: Effect, site: Site) -> None:
    outcome.wait_ns = site.dice.exponential_ns(effect.say.number("wait"))
    if site.dice.random() < effect.say.number("give_up"):
        outcome.was_made = False
        outcome.fail("EmptyPoolError", "Pool reached maximum size and no more connections are allowed.", 0)


def _give_up(outcome: Outcome, effect: Effect, _: Site) -> None:
    outcome.gives_up_ns = int(effect.say.number("after") * 1e9)


def _retry(outcome: Outcome, effect: Effect, _: Site) -> None:
    outcome.tries = int(effect.say.number("times"))


def _repeat(outcome: Outcome, effect: Effect, _: Site) -> None:
    outcome.times = int(effect.say.number("times"))


def _refusal(error: str, resource: Resource, reason: str) -> str:
    return f"An error occurred ({error}) when calling the {resource.operation} operation: {reason}"


_BEND = {
    "slow": _slow,
    "fail": _fail,
    "throttle": _throttle,
    "deny": _deny,
    "reconnect": _reconnect,
    "exhaust_pool": _exhaust_pool,
    "give_up": _give_up,
    "retry": _retry,
    "repeat": _repeat,
}
