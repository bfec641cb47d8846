"""Model mode: a scenario's telemetry as the model has it, at the pace of a clock that is moved, not waited for."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from mendline_playground.model import BLOCK_S, Model
from mendline_playground.scenario import Scenario
from mendline_playground.score.asking import asked_why, last_fault_s
from mendline_playground.score.mailbox import Mailbox
from mendline_playground.score.scoring import Score, opened_s, score
from mendline_playground.score.server import MendlineServer
from mendline_playground.score.usual import Before, Teller

FINE_S, _EARLY_S = 10, 300
_FINE_BEFORE_S, _FINE_FOR_S = 30.0, 300.0
_UNDER_WAY_S = 3600  # what began so long before the run may end within it


@dataclass(frozen=True, slots=True)
class Pace:
    """How far the clock goes at once: `FINE_S` from half a minute before each fault until something was detected, or
    could not be in time any more (of a quiet control, for five minutes); else `calm_s`, and five minutes where there
    was no fault yet and one is to come."""

    scenario: Scenario
    calm_s: int = 120

    def step_s(self, run_s: float, detected_s: float | None) -> int:
        """Of a moment, from the beginning of the run; `detected_s` is when an incident was opened."""
        if detected_s is not None:
            return self.calm_s
        truth = self.scenario.truth
        longest_s = truth.within_s if truth.detected else _FINE_FOR_S
        faults = [one.at_s - _FINE_BEFORE_S for one in self.scenario.injections if one.at_s >= 0]
        if any(at_s <= run_s < at_s + _FINE_BEFORE_S + longest_s for at_s in faults):
            return FINE_S
        ahead_s = min((at_s - run_s for at_s in faults), default=0.0)
        return int(min(_EARLY_S, ahead_s)) if ahead_s >= 1 else self.calm_s


def play_model(
    server: MendlineServer, scenario: Scenario, came: Before, mailbox: Mailbox, *, seed: int, calm_s: int = 120
) -> tuple[Score, bool]:
    """The score of a run on a server that has seen what came before, and whether it has incidents at all.

    Where it has none, the run is written in few steps: nothing can be detected. Who asks why functions are not as usual
    is told all the same.
    """
    begin_s, end_s = came.end_s, came.end_s + int(scenario.run_s)
    has_incidents = server.incidents(begin_s - 60, begin_s) is not None
    since_s = begin_s + scenario.truth.since_s
    first_s = came.start_s if came.faults else begin_s
    model = Model(seed, rate=scenario.rate, injections=scenario.injections, origin_ns=begin_s * 10**9)
    pace = Pace(scenario, calm_s if has_incidents else 600)
    mailbox.take()
    with Teller(server, model) as teller:
        detected_s: float | None = None
        moment_s = begin_s
        for until_s in _blocks(model, begin_s, end_s, teller):
            while moment_s < until_s:
                step_s = pace.step_s(moment_s - begin_s, detected_s) if has_incidents else pace.calm_s
                moment_s = min(moment_s + step_s, until_s)
                teller.go_on(moment_s)
                if step_s == FINE_S and detected_s is None and _new(server, since_s, moment_s):
                    detected_s = moment_s - begin_s
    found = _new(server, first_s, end_s)
    explained = asked_why(server, scenario, since_s, min(end_s, begin_s + last_fault_s(scenario)))
    told = score(scenario, found, mailbox.take(), since_s=since_s, explained=explained)
    return told, has_incidents


def _new(server: MendlineServer, since_s: float, moment_s: float) -> list[dict[str, Any]]:
    """The incidents that were opened since."""
    if since_s > moment_s:
        return []
    return [one for one in server.incidents(since_s - 1, moment_s + 1) or [] if opened_s(one) >= since_s]


def _blocks(model: Model, begin_s: int, end_s: int, teller: Teller) -> Iterator[int]:
    """Have the blocks of a run waiting one by one; the ends of those within it. Of what began before the run, that
    which was known before it began is left out."""
    for number, block in enumerate(
        model.blocks(begin_s - _UNDER_WAY_S, end_s), (begin_s - _UNDER_WAY_S) // BLOCK_S + 1
    ):
        teller.waiting.add(block)
        if number * BLOCK_S <= begin_s:
            teller.waiting.take(begin_s * 10**9)
        else:
            yield min(number * BLOCK_S, end_s)
