"""Injections made ready for use: absolute times, and where each of them is asked for."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from mendline_playground.model.dice import Dice
from mendline_playground.model.events import ORDER, Event
from mendline_playground.scenario import Injection, Only
from mendline_playground.shop.plan import FUNCTIONS, USUAL_FAILURES, resources

_FOR_EVER_NS = 2**62
_CALL_FAULTS = ("slow", "fail", "throttle", "deny", "reconnect", "exhaust_pool", "give_up", "retry", "repeat")


class Effect:
    """One injection at its times. `touches` says whether an event at a moment has it."""

    __slots__ = ("_only", "_ramp_ns", "_share", "end_ns", "fault", "left", "say", "start_ns")

    def __init__(self, injection: Injection, origin_ns: int) -> None:
        self.fault = injection.fault
        self.say = injection
        self.start_ns = origin_ns + int(injection.at_s * 1e9)
        self.end_ns = _FOR_EVER_NS if injection.for_s is None else self.start_ns + int(injection.for_s * 1e9)
        self._ramp_ns = int(injection.ramp_s * 1e9)
        self._share = injection.number("share", 1.0)
        self._only = injection.only if injection.only != Only() else None
        self.left = int(injection.number("most", -1))

    def strength(self, now_ns: int) -> float:
        """How far it has grown: 0 before and after it, 1 when it has its full strength."""
        if not self.start_ns <= now_ns < self.end_ns:
            return 0.0
        return 1.0 if now_ns >= self.start_ns + self._ramp_ns else (now_ns - self.start_ns) / self._ramp_ns

    def touches(self, now_ns: int, event: Event, version: str, dice: Dice) -> bool:
        """Whether it is there, this event is meant, and chance says so."""
        if not self.start_ns <= now_ns < self.end_ns or self.left == 0:
            return False
        if self._only is not None and not meant(self._only, event, version):
            return False
        if self._share < 1.0 and dice.random() >= self._share:
            return False
        if self.left > 0:
            self.left -= 1
        return True

    @property
    def is_total(self) -> bool:
        """Whether everything is touched, as long as it lasts."""
        return self._share >= 1.0 and self._only is None and self.left < 0


def meant(only: Only, event: Event, version: str) -> bool:
    """Whether an event is one of those that an injection touches."""
    return (
        only.tenant in ("", event.tenant)
        and only.customer in ("", event.customer)
        and only.version in ("", version)
        and only.currency in ("", event.currency)
        and only.route in ("", event.source)
        and (not only.item or any(sku == only.item for sku, _ in event.items))
    )


# What goes wrong on any day: a little, and always as much.
USUAL = (
    *(
        Injection("fail", -1e12, None, 0, Only(), {"resource": resource, "share": share, "status": 503})
        for resource, share in USUAL_FAILURES.items()
    ),
    Injection("fail", -1e12, None, 0, Only(), {
        "resource": "dynamodb/orders", "share": 0.0005, "status": 500, "error": "InternalServerError", "healed": 1.0,
    }),
    Injection("raise", -1e12, None, 0, Only(), {
        "function": "price", "share": 0.003, "error": "UnknownItemError", "message": "there is no item unobtainium",
    }),
    Injection("poison", -1e12, None, 0, Only(), {
        "function": "payment", "share": 0.001, "error": "ValueError", "message": "unknown currency XXX",
    }),
)  # fmt: skip


class Effects:
    """All injections of a run, found by where they matter."""

    def __init__(self, injections: Sequence[Injection], origin_ns: int) -> None:
        self.own = [Effect(injection, origin_ns) for injection in injections]
        self.usual = [Effect(injection, 0) for injection in USUAL]
        self._calls: dict[tuple[str, str], list[Effect]] = defaultdict(list)
        self._functions: dict[tuple[str, str], list[Effect]] = defaultdict(list)
        for effect in (*self.usual, *self.own):
            self._place(effect)

    def _place(self, effect: Effect) -> None:
        function, resource = effect.say.text("function"), effect.say.text("resource")
        if effect.fault in _CALL_FAULTS and resource:
            for plan in FUNCTIONS.values():
                if function in ("", plan.name):
                    for name in _named(resource):
                        self._calls[plan.name, name].append(effect)
        elif function:
            self._functions[function, effect.fault].append(effect)
        else:
            self._functions["", effect.fault].append(effect)

    def at_call(self, function: str, resource: str) -> Sequence[Effect]:
        """What may happen when a function calls a resource (its id)."""
        return self._calls.get((function, resource), ())

    def at_function(self, function: str, fault: str) -> Sequence[Effect]:
        """The effects of one fault on a function."""
        return self._functions.get((function, fault), ())

    def anywhere(self, fault: str) -> Sequence[Effect]:
        """The effects of a fault that is bound to no function."""
        return self._functions.get(("", fault), ())

    def traffic(self, second: int) -> float:
        """Times as many customers as usual, at a moment."""
        factor = 1.0
        for effect in self.anywhere("traffic"):
            factor *= 1 + (effect.say.number("factor", 1.0) - 1) * effect.strength(second * 10**9)
        return factor

    def change_order(self, event: Event, dice: Dice) -> None:
        """Make an order unlike the others, where an injection says so."""
        for effect in self.anywhere("payload"):
            if event.kind == ORDER and effect.touches(event.at_ns, event, "", dice):
                _change(event, effect.say)

    def blocking(self, function: str) -> Iterable[Effect]:
        """What lets nothing of a function succeed while it lasts: each batch of a stream waits until it is over."""
        plan = FUNCTIONS[function]
        for fault in ("stop", "raise"):
            yield from (effect for effect in self.at_function(function, fault) if effect.is_total)
        for call in plan.calls:
            for effect in self.at_call(function, call.resource.id):
                if effect.fault in ("fail", "deny", "throttle") and effect.is_total and not effect.say.number("healed"):
                    yield effect


def _change(event: Event, say: Injection) -> None:
    customer, currency, item = say.text("customer"), say.text("currency"), say.text("item")
    if customer:
        event.customer = customer
        event.tenant = customer.partition("-")[0]
    if currency:
        event.currency = currency
    if say.number("items"):
        event.items = [(event.items[n % len(event.items)][0], 1) for n in range(int(say.number("items")))]
    if item:
        event.items[0] = (item, 1)


def _named(resource: str) -> list[str]:
    return [name for name in resources() if name == resource or name.startswith(f"{resource}/")]
