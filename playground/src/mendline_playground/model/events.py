"""What happens to the shop from outside: orders, questions about them, new pictures, and what the clock starts."""

from collections.abc import Callable, Iterator
from itertools import accumulate

from mendline_playground.model.dice import Dice
from mendline_playground.model.shape import load_at
from mendline_playground.shop.plan import (
    CURRENCIES,
    CUSTOMERS_OF_A_TENANT,
    NIGHTLY_AT_S,
    PRICES,
    REPORT_EVERY_S,
    TENANTS,
)

ORDER, STATUS, IMAGE, TICK, JUNK = "order", "status", "image", "tick", "junk"
_STATUS_FOR_AN_ORDER = 1.0  # how often a customer asks what became of an order, in the mean
_IMAGES_A_SECOND = 0.02
_DECLINED = 0.03
_MINUTE_NS = 60 * 10**9


class Event:
    """One thing that happened; `traits` are what the plan's `when` asks for."""

    __slots__ = (
        "at_ns", "card", "currency", "customer", "function", "id", "items", "kind", "source", "tenant", "total_cents",
        "traits",
    )  # fmt: skip

    def __init__(self, kind: str, at_ns: int, function: str) -> None:
        self.kind = kind
        self.at_ns = at_ns
        self.function = function
        self.id = self.tenant = self.customer = self.currency = self.source = ""
        self.card = "tok_visa"
        self.items: list[tuple[str, int]] = []
        self.total_cents = 0
        self.traits: frozenset[str] = _TRAITS[kind]


_TRAITS = {kind: frozenset({kind}) for kind in (ORDER, STATUS, IMAGE, TICK, JUNK)}
_FOREIGN = frozenset({ORDER, "foreign"})
_SKUS = list(PRICES)


def _cumulative(shares: dict[str, float]) -> tuple[list[str], list[float]]:
    return list(shares), list(accumulate(shares.values()))


_TENANTS = _cumulative(TENANTS)
_CURRENCIES = _cumulative(CURRENCIES)


class Outside:
    """Everything that comes from outside in a minute.

    `traffic` answers times how many customers there are at a moment (seconds since the epoch); `change` may make an
    order unlike the others.
    """

    def __init__(
        self,
        rate: float,
        traffic: Callable[[int], float] = lambda _: 1.0,
        change: Callable[[Event, Dice], None] | None = None,
    ) -> None:
        self._rate = rate
        self._traffic = traffic
        self._change = change

    def minute(self, begin_s: int, dice: Dice) -> list[Event]:
        """The events of one minute, in their order."""
        load = self._rate * load_at(begin_s + 30) * self._traffic(begin_s)
        events = [self._order(begin_s, dice) for _ in range(dice.poisson(60 * load))]
        events += [self._status(begin_s, dice) for _ in range(dice.poisson(60 * load * _STATUS_FOR_AN_ORDER))]
        events += [self._image(begin_s, dice) for _ in range(dice.poisson(60 * _IMAGES_A_SECOND))]
        events += self._clock(begin_s)
        events.sort(key=lambda event: event.at_ns)
        return events

    def _moment(self, begin_s: int, dice: Dice) -> int:
        return begin_s * 10**9 + int(dice.random() * _MINUTE_NS)

    def _order(self, begin_s: int, dice: Dice) -> Event:
        event = Event(ORDER, self._moment(begin_s, dice), "checkout")
        event.source = "POST /orders"
        self._who(event, dice)
        event.currency = dice.pick(*_CURRENCIES)
        event.items = [(_SKUS[dice.between(0, len(_SKUS) - 1)], dice.between(1, 4)) for _ in range(dice.between(1, 3))]
        if dice.random() < _DECLINED:
            event.card = "tok_declined"
        if self._change is not None:
            self._change(event, dice)
        event.total_cents = sum(PRICES.get(sku, 0) * quantity for sku, quantity in event.items)
        if event.currency != "EUR":
            event.traits = _FOREIGN
        return event

    def _status(self, begin_s: int, dice: Dice) -> Event:
        event = Event(STATUS, self._moment(begin_s, dice), "checkout")
        event.source = "GET /orders/{id}"
        self._who(event, dice)
        return event

    def _image(self, begin_s: int, dice: Dice) -> Event:
        event = Event(IMAGE, self._moment(begin_s, dice), "thumbnail")
        event.tenant = dice.pick(*_TENANTS)
        event.id = f"{dice.bits(48):012x}"
        return event

    def _who(self, event: Event, dice: Dice) -> None:
        event.id = f"{dice.bits(48):012x}"
        event.tenant = dice.pick(*_TENANTS)
        event.customer = f"{event.tenant}-{dice.between(1, CUSTOMERS_OF_A_TENANT):04d}"

    def _clock(self, begin_s: int) -> Iterator[Event]:
        for second in range(begin_s, begin_s + 60):
            if second % REPORT_EVERY_S == 0:
                yield Event(TICK, second * 10**9, "report")
            if second % 86400 == NIGHTLY_AT_S:
                yield Event(TICK, second * 10**9, "nightly")
