"""The model itself: telemetry of the shop for any block of time, from a seed, with or without injections."""

from collections.abc import Iterator, Sequence

from mendline_playground.host.function import ACCOUNT, REGION
from mendline_playground.model import configuration, wire
from mendline_playground.model.deliveries import Deliveries
from mendline_playground.model.dice import Dice
from mendline_playground.model.effects import Effects
from mendline_playground.model.environments import Environments
from mendline_playground.model.events import Event, Outside
from mendline_playground.model.execution import Player
from mendline_playground.model.invocation import Start
from mendline_playground.model.levels import Levels
from mendline_playground.model.place import BACKFILLED
from mendline_playground.model.telemetry import Telemetry
from mendline_playground.scenario import Injection
from mendline_playground.shop.plan import FUNCTIONS, ORDERS_A_SECOND

BLOCK_S = 600
_S = 10**9


class Model:
    """The shop's telemetry. `rate` is times the usual traffic; `origin_ns` is when the run of the injections begins.

    The same seed gives the same events, spans and log records of a block, whichever blocks were asked for before.
    Levels (metrics) begin at zero with the first block.
    """

    def __init__(
        self,
        seed: int = 1,
        *,
        rate: float = 1.0,
        injections: Sequence[Injection] = (),
        origin_ns: int = 0,
        backfilled: bool = False,
        period_s: int = 60,
    ) -> None:
        self._seed = seed
        self._effects = Effects(injections, origin_ns)
        self._environments = Environments(self._effects, seed, backfilled=backfilled)
        self._player = Player(self._effects, self._environments)
        self._deliveries = Deliveries(self._effects, self._player, rate)
        self._outside = Outside(rate * ORDERS_A_SECOND, self._effects.traffic, self._effects.change_order)
        self._levels = Levels(self._player, self._deliveries, period_s)
        place: dict[str, wire.Value] = {
            "cloud.provider": "aws",
            "cloud.account.id": ACCOUNT,
            "cloud.region": REGION,
            **({BACKFILLED: True} if backfilled else {}),
        }
        self.place = wire.attributes(wire.IN_RESOURCE, place)

    def block(self, number: int) -> Telemetry:
        """All that begins in block `number`, which are `BLOCK_S` seconds of Unix time; some of it ends later."""
        begin_s = number * BLOCK_S
        begin_ns, end_ns = begin_s * _S, (begin_s + BLOCK_S) * _S
        dice, telemetry = Dice(self._seed, number), Telemetry()
        self._environments.begin(number, begin_ns)
        self._player.begin(dice, telemetry)
        for minute in range(begin_s, begin_s + BLOCK_S, 60):
            for event in self._outside.minute(minute, dice):
                self._enter(event, dice)
        self._deliveries.run(begin_ns, end_ns)
        telemetry.logs += configuration.changed(self._effects, begin_ns, end_ns)
        telemetry.points += self._levels.points(begin_ns, end_ns)
        return telemetry

    def blocks(self, start_s: float, end_s: float, *, newest_first: bool = False) -> Iterator[Telemetry]:
        """The blocks that cover a span of time, in order; the configuration as first seen comes with the first."""
        first, last = int(start_s // BLOCK_S), int(-(-end_s // BLOCK_S))
        for number in range(first, last)[:: -1 if newest_first else 1]:
            telemetry = self.block(number)
            if number == first:
                telemetry.logs += configuration.seen(first * BLOCK_S * _S)
            yield telemetry

    def keep_account(self) -> dict[tuple[str, str], str]:
        """What becomes of each message from now on, by its consumer and link (execution.Player)."""
        self._player.account = {}
        return self._player.account

    def _enter(self, event: Event, dice: Dice) -> None:
        plan = FUNCTIONS[event.function]
        times = 3 if event.function == "nightly" else 1  # the state machine's three steps
        at_ns = event.at_ns + dice.between(3, 9) * 10**6
        for _ in range(times):
            played = self._player.play(plan, Start(at_ns, dice.trace_id(), b"", event))
            at_ns = played.now_ns + 200 * 10**6
