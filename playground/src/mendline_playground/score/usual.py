"""What is usual, written once for all scenarios that begin alike: each is played on a copy of that server's data."""

import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mendline_playground.model import BLOCK_S, Model
from mendline_playground.model.sender import Sender
from mendline_playground.model.telemetry import Telemetry
from mendline_playground.scenario import Injection, Scenario
from mendline_playground.scenario.load import WEEKDAYS
from mendline_playground.score.mailbox import Mailbox
from mendline_playground.score.server import MendlineServer, iso, server_on, tell

_PILE_S = 6 * 3600
_DAY_S, _WEEK_S, _THURSDAY = 86400, 7 * 86400, 3  # the epoch was a Thursday


def begins_s(text: str, after_s: float) -> int:
    """The first moment after another one at which it is `tuesday 10:00` (UTC)."""
    weekday, _, clock = text.partition(" ")
    hours, _, minutes = clock.partition(":")
    in_week_s = (WEEKDAYS.index(weekday) - _THURSDAY) * _DAY_S + int(hours) * 3600 + int(minutes) * 60
    return int((after_s - in_week_s) // _WEEK_S + 1) * _WEEK_S + in_week_s


@dataclass(frozen=True, slots=True)
class Before:
    """What comes before a run: from when to when (Unix time), how busy the shop is, and what goes wrong already then,
    whose times count from the end."""

    start_s: int
    end_s: int
    rate: float = 1.0
    faults: tuple[Injection, ...] = field(default=(), hash=False)

    def goes_on(self, other: "Before") -> bool:
        """Whether this is the other one and what came next."""
        alike = not (self.faults or other.faults) and self.rate == other.rate
        return alike and self.start_s <= other.end_s <= self.end_s


def before(scenario: Scenario, history_s: float, now_s: float) -> Before:
    """What comes before a run of a scenario."""
    length_s = max(history_s, scenario.history_s)
    end_s = begins_s(scenario.begins, now_s + length_s)
    start_s = int((end_s - length_s) // BLOCK_S) * BLOCK_S
    return Before(start_s, end_s, scenario.rate, tuple(one for one in scenario.injections if one.at_s < 0))


@dataclass(slots=True)
class Usual:
    """Directories of servers that have seen it, in a folder. A store knows where it lies, so all are made, and played
    on, at `place`. What servers said meanwhile is in `false_alarms`."""

    folder: Path
    mailbox: Mailbox
    seed: int
    false_alarms: dict[Before, int] = field(default_factory=dict)
    _made: dict[Before, Path] = field(default_factory=dict)

    @property
    def place(self) -> Path:
        """Where a scenario is played."""
        return self.folder / "data"

    def put(self, wanted: Before) -> None:
        """Put a server's data that has seen it at the place."""
        if wanted not in self._made and not self._was_made(wanted):
            self._make(wanted)
        self._copy(self._made[wanted], self.place)

    def _kept_at(self, wanted: Before) -> Path:
        faults = f"-{len(self.false_alarms)}" if wanted.faults else ""
        return self.folder / f"usual-{self.seed}-{wanted.start_s}-{wanted.end_s}-{wanted.rate:g}{faults}"

    def _was_made(self, wanted: Before) -> bool:
        """Whether an earlier run has left it in the folder."""
        data = self._kept_at(wanted)
        if wanted.faults or not (data / "state.db").exists():
            return False
        tell(data, self.mailbox.address)
        self._made[wanted] = data
        return True

    def _copy(self, data: Path, to: Path) -> None:
        if to.exists():
            shutil.rmtree(to)
        shutil.copytree(data, to, symlinks=True)

    def forget(self, still: Iterable[Before]) -> None:
        """Remove what is not wanted any more; the newest stays, since others may go on from it."""
        wanted = {*still, *list(self._made)[-1:]}
        for one in [one for one in self._made if one not in wanted]:
            shutil.rmtree(self._made.pop(one))

    def _make(self, wanted: Before) -> None:
        data = self.place
        from_s = wanted.start_s
        earlier = next((one for one in reversed(self._made) if wanted.goes_on(one)), None)
        if earlier is None:
            shutil.rmtree(data, ignore_errors=True)
            tell(data, self.mailbox.address)
        else:
            self._copy(self._made[earlier], data)
            from_s = earlier.end_s
        model = Model(self.seed, rate=wanted.rate, injections=wanted.faults, origin_ns=wanted.end_s * 10**9)
        with server_on(data, "--test-clock", iso(from_s)) as server, Teller(server, model) as teller:
            for until_s, telemetry in _piles(model, from_s, wanted.end_s):
                teller.waiting.add(telemetry)
                teller.go_on(until_s)
            found = server.incidents(from_s, wanted.end_s) or []
            self.false_alarms[wanted] = 0 if wanted.faults else len(found)
        self._made[wanted] = self._kept_at(wanted)
        self._copy(data, self._made[wanted])


def _piles(model: Model, start_s: int, end_s: int) -> Iterable[tuple[int, Telemetry]]:
    """Six hours at once, and the end of each."""
    pile, first = Telemetry(), int(start_s // BLOCK_S)
    for number, block in enumerate(model.blocks(start_s, end_s), first + 1):
        pile.add(block)
        until_s = min(number * BLOCK_S, end_s)
        if until_s % _PILE_S == 0 or until_s == end_s:
            yield until_s, pile
            pile = Telemetry()


class Teller:
    """Tells a server what becomes known as time goes by; a context manager. `waiting` is what is not known yet."""

    def __init__(self, server: MendlineServer, model: Model) -> None:
        self.waiting = Telemetry()
        self._server, self._place = server, model.place
        self._sender, self._looker = Sender(server.otlp), Sender(server.web)

    def __enter__(self) -> "Teller":
        return self

    def __exit__(self, *_: object) -> None:
        self._sender.close()
        self._looker.close()

    def go_on(self, moment_s: float) -> None:
        """Let it be this late: tell what is known by then, and have policies evaluated."""
        sent: Sequence[tuple[str, int, bytes]] = list(self.waiting.take(int(moment_s * 10**9)).requests(self._place))
        self._server.move_clock(moment_s)
        for signal, _, body in sent:
            self._sender.send(signal, body)
        if sent:
            self._server.wait_until_stored(self._looker)
        self._server.move_clock(moment_s)
