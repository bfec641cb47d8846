"""How long messages wait when their consumer is stopped or too slow: a fluid queue, known from the time alone.

While an effect lasts, `inflow` messages a second arrive and `capacity` are processed; afterwards the rest is worked off
at the rate `drain`. So no block of time needs to know what the blocks before it left over.
"""

from dataclasses import dataclass

from mendline_playground.model.effects import Effect, Effects
from mendline_playground.model.shape import load_at
from mendline_playground.shop.plan import FUNCTIONS, ORDERS_A_SECOND

_DRAIN_AT_LEAST = 4.0  # messages a second
_RECORDS_OF_AN_ORDER = {"search-sync": 2.0}


@dataclass(frozen=True, slots=True)
class Jam:
    """One time in which messages of a consumer pile up."""

    start_ns: int
    end_ns: int
    inflow: float
    capacity: float
    drain: float

    def processed_at(self, sent_ns: int) -> int:
        """When a message that was sent then is processed; the same moment when it need not wait."""
        if sent_ns < self.start_ns:
            return sent_ns
        ahead = self.inflow * (sent_ns - self.start_ns) / 1e9
        done = self.capacity * (self.end_ns - self.start_ns) / 1e9
        if ahead < done:
            at_ns = self.start_ns + int(ahead / self.capacity * 1e9)
        else:
            at_ns = self.end_ns + int((ahead - done) / self.drain * 1e9)
        return max(sent_ns, at_ns)

    def age_s(self, now_ns: int) -> float:
        """The age of the oldest message that waits at a moment."""
        if now_ns <= self.start_ns:
            return 0.0
        done = self.capacity * (min(now_ns, self.end_ns) - self.start_ns) / 1e9
        done += self.drain * max(0, now_ns - self.end_ns) / 1e9
        oldest_ns = self.start_ns + int(done / self.inflow * 1e9)
        return max(0.0, (now_ns - oldest_ns) / 1e9)


def jams(effects: Effects, function: str, rate: float) -> list[Jam]:
    """The jams of a consumer in a run whose usual rate is `rate` times the shop's."""
    plan = FUNCTIONS[function]
    found = [(effect, effect.say.number("per_second")) for effect in effects.at_function(function, "limit")]
    if plan.trigger in ("sqs", "kinesis", "dynamodb"):
        found += [(effect, 0.0) for effect in effects.at_function(function, "stop")]
    if plan.trigger in ("kinesis", "dynamodb"):
        stopped = [effect for effect, _ in found]
        found += [(effect, 0.0) for effect in effects.blocking(function) if effect not in stopped]
        found += [(effect, 0.0) for effect in effects.at_function(function, "poison") if effect not in effects.usual]
    return [_jam(effect, capacity, function, rate) for effect, capacity in found]


def _jam(effect: Effect, capacity: float, function: str, rate: float) -> Jam:
    second = effect.start_ns // 10**9
    usual = ORDERS_A_SECOND * rate * load_at(second) * records_of_an_order(function)
    inflow = max(usual, 1e-6)
    return Jam(effect.start_ns, effect.end_ns, inflow, min(capacity, inflow), max(_DRAIN_AT_LEAST, 5 * inflow))


def records_of_an_order(function: str) -> float:
    """How many records an order makes for a consumer."""
    return _RECORDS_OF_AN_ORDER.get(function, 1.0)
