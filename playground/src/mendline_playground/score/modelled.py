"""Model mode: a scenario's telemetry as the model has it, at the pace of a clock that is moved, not waited for."""

import time

from mendline_playground.model import BLOCK_S, Model
from mendline_playground.model.sender import Sender
from mendline_playground.model.telemetry import Telemetry
from mendline_playground.scenario import Scenario
from mendline_playground.scenario.load import WEEKDAYS
from mendline_playground.score.asking import asked_why, last_fault_s
from mendline_playground.score.scoring import Score, score
from mendline_playground.score.server import MendlineServer

TICK_S = 30
_PILE_S = 3600
_DAY_S, _WEEK_S, _THURSDAY = 86400, 7 * 86400, 3  # the epoch was a Thursday


def begins_s(text: str, after_s: float) -> int:
    """The first moment after another one at which it is `tuesday 10:00` (UTC)."""
    weekday, _, clock = text.partition(" ")
    hours, _, minutes = clock.partition(":")
    in_week_s = (WEEKDAYS.index(weekday) - _THURSDAY) * _DAY_S + int(hours) * 3600 + int(minutes) * 60
    return int((after_s - in_week_s) // _WEEK_S + 1) * _WEEK_S + in_week_s


def play_model(server: MendlineServer, scenario: Scenario, *, seed: int, history_s: float) -> tuple[Score, bool]:
    """The score of a run, and whether the server has incidents at all.

    Where it has none, the run is written in few steps, after no more of what is usual than the scenario asks for, or as
    long as itself: nothing can be detected. Who asks why functions are not as usual is told all the same.
    """
    has_incidents = server.incidents(time.time() - 60, time.time()) is not None
    before_s = max(history_s if has_incidents else scenario.run_s, scenario.history_s)
    begin_s = begins_s(scenario.begins, time.time() + before_s)
    end_s = begin_s + int(scenario.run_s)
    start_s = int((begin_s - before_s) // BLOCK_S) * BLOCK_S
    model = Model(seed, rate=scenario.rate, injections=scenario.injections, origin_ns=begin_s * 10**9)
    with Sender(server.otlp) as sender, Sender(server.web) as looker:
        waiting, moment_s = Telemetry(), start_s
        for number, block in enumerate(model.blocks(start_s, end_s), 1):
            waiting.add(block)
            block_ends_s = min(start_s + number * BLOCK_S, end_s)
            if block_ends_s < begin_s and block_ends_s - moment_s < _PILE_S:
                continue  # of the time before the run, hours at once
            step_s = TICK_S if has_incidents and block_ends_s > begin_s else _PILE_S
            while moment_s < block_ends_s:
                moment_s = min(moment_s + step_s, block_ends_s)
                server.move_clock(moment_s)
                for signal, _, body in waiting.take(moment_s * 10**9).requests(model.place):
                    sender.send(signal, body)
                server.wait_until_stored(looker)
    found = server.incidents(start_s, end_s) or []
    since_s = begin_s + scenario.truth.since_s
    explained = asked_why(server, scenario, since_s, min(end_s, begin_s + last_fault_s(scenario)))
    return score(scenario, found, since_s=since_s, explained=explained), has_incidents
