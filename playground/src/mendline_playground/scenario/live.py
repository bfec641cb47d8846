"""Which injections the running shop can have, and why not the others."""

from collections.abc import Callable

from mendline_playground.scenario.faults import FAULTS
from mendline_playground.scenario.scenario import Injection, Only
from mendline_playground.shop.plan import FUNCTIONS

_RAMPED = ("slow", "traffic")
_BY_VERSION_ONLY = ("apigateway.v2", "sns", "s3", "states", "schedule")
"""Triggers for which the emulator looks an alias up itself, and knows no weights."""


def why_not_live(injection: Injection) -> str:
    """The end of a sentence that says what of an injection the running shop cannot have; empty when it can have all."""
    name = injection.fault
    if not FAULTS[name].live:
        return f"the fault {name} can only be played in model mode"
    if injection.ramp_s and name not in _RAMPED:
        return f"{name} cannot grow there: leave ramp away"
    check = _CHECKS.get(name)
    return check(injection) if check else ""


def _call(injection: Injection) -> str:
    kind = injection.text("resource").partition("/")[0]
    only = injection.only
    if kind == "http" and only != Only(tenant=only.tenant):
        return "third parties only know the tenant of a call: use only.tenant, or nothing"
    if kind != "http" and only != Only():
        return "AWS does not know whose order a call is for: leave only away"
    if kind != "http" and injection.fault == "fail" and injection.number("status", 503) == 0:
        return "AWS always answers: give a status"
    if kind == "http" and injection.fault in ("throttle", "deny"):
        return f"only AWS can {injection.fault} a call"
    return ""


def _slow(injection: Injection) -> str:
    return _call(injection) if injection.text("resource") else _code(injection)


def _code(injection: Injection) -> str:
    """Faults that begin in the function's own code, at its feature flags."""
    plan = FUNCTIONS[injection.text("function")]
    if plan.runtime != "python":
        return f"{plan.name} has no feature flags: it runs on Node.js"
    if injection.number("most"):
        return "the functions do not count failures together: leave most away"
    if injection.only.route:
        return "the functions do not look at the route: leave only.route away"
    return ""


def _at(function: str, resource: str) -> Callable[[Injection], str]:
    def check(injection: Injection) -> str:
        asked = injection.text("resource")
        if injection.text("function") == function and f"{asked}/".startswith(f"{resource}/"):
            return ""
        return f"only {function} can do that, with {resource}"

    return check


def _by(*functions: str) -> Callable[[Injection], str]:
    def check(injection: Injection) -> str:
        return "" if injection.text("function") in functions else f"only {' and '.join(functions)} can do that"

    return check


def _deploy(injection: Injection) -> str:
    plan = FUNCTIONS[injection.text("function")]
    if injection.number("share", 1.0) < 1 and plan.trigger in _BY_VERSION_ONLY:
        return f"{plan.name} gets a version as a whole: leave share away"
    return ""


def _polled(injection: Injection) -> str:
    plan = FUNCTIONS[injection.text("function")]
    return "" if plan.trigger in ("sqs", "kinesis", "dynamodb") else f"{plan.name} has no poller"


_CHECKS: dict[str, Callable[[Injection], str]] = {
    "slow": _slow,
    "fail": _call,
    "throttle": _call,
    "deny": _call,
    "raise": _code,
    "poison": _code,
    "log": _code,
    "leak": _code,
    "cold": _code,
    "retry": _at("payment", "http/api.payfriend.example"),
    "repeat": _at("price", "dynamodb/prices"),
    "give_up": _at("checkout", "lambda"),
    "swallow": _by("order-writer", "analytics"),
    "loop": _by("order-writer"),
    "flood": _by("analytics"),
    "deploy": _deploy,
    "limit": _polled,
    "lose": _polled,
}
