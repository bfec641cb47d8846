"""What is injected at a moment, sorted by the place that does it. Pure: the places are told all of it each time."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from mendline_playground.scenario import Injection
from mendline_playground.shop.plan import FUNCTIONS

Told = dict[str, Any]
_AT_CALLS = ("slow", "fail", "throttle", "deny")
_IN_CODE = ("slow", "raise", "poison", "log", "leak", "cold", "retry", "repeat", "give_up", "swallow", "loop")


@dataclass(frozen=True, slots=True)
class Active:
    """An injection that is on; `strength` is below 1 while it grows. `versions` are the scenario's as they are live."""

    injection: Injection
    strength: float = 1.0
    versions: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Tables:
    """What each place is told: AWS, third parties, the functions' flags by name, customers, pollers, environments."""

    aws: list[Told] = field(default_factory=list)
    third_parties: list[Told] = field(default_factory=list)
    flags: dict[str, list[Told]] = field(default_factory=dict)
    customers: list[Told] = field(default_factory=list)
    limits: dict[str, float] = field(default_factory=dict)
    losses: dict[str, float] = field(default_factory=dict)
    cold: dict[str, Told] = field(default_factory=dict)


def tables(active: Iterable[Active]) -> Tables:
    """Everything that is on, by place. What asks for a version that is not deployed yet is not on."""
    out = Tables()
    for one in active:
        say, name = one.injection, one.injection.fault
        if say.only.version and say.only.version not in one.versions:
            continue
        told, function = _told(one), say.text("function")
        if name in _AT_CALLS and say.text("resource"):
            (out.third_parties if say.text("resource").startswith("http/") else out.aws).append(told)
        elif name in ("traffic", "payload"):
            out.customers.append(told)
        elif name == "limit":
            out.limits[function] = say.number("per_second")
        elif name == "lose":
            out.losses[function] = say.number("share", 1.0)
        elif name in _IN_CODE:
            out.flags.setdefault(function, []).append(told)
            if name == "cold":
                out.cold[function] = told
    return out


def _told(one: Active) -> Told:
    """An injection as places read it: its parameters, grown so far, and `only` with the version that there is."""
    say, told = one.injection, dict(one.injection.parameters)
    plan = FUNCTIONS.get(say.text("function"))
    if say.fault in ("slow", "traffic"):
        factor, add_s = 1 + (say.number("factor", 1.0) - 1) * one.strength, say.number("add") * one.strength
        if plan is not None and not say.text("resource"):
            add_s += (factor - 1) * plan.own_ms / 1000  # own code only knows how long to wait
        told |= {"factor": factor, "add": add_s}
    if plan is not None and say.fault == "cold":
        told["add"] = (say.number("factor", 1.0) - 1) * plan.init_ms / 1000
    only = {
        name: value for name in ("tenant", "customer", "item", "currency") if (value := str(getattr(say.only, name)))
    }
    if say.only.version:
        only["version"] = one.versions[say.only.version]
    return {**told, "fault": say.fault, "only": only}
