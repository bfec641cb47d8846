"""What a person asks who was told of a scenario's incident: why is this function not as it was?"""

from collections.abc import Mapping, Sequence
from math import inf
from typing import Any

from mendline_playground.scenario import Scenario
from mendline_playground.score.server import MendlineServer

_LEAST_S = 60.0


def last_fault_s(scenario: Scenario) -> float:
    """When the last fault ends, from the beginning of the run; infinite where one has no end."""
    ends = (inf if one.for_s is None else one.at_s + one.for_s for one in scenario.injections)
    return max(ends, default=inf)


def asked_why(server: MendlineServer, scenario: Scenario, since_s: float, end_s: float) -> Sequence[Mapping[str, Any]]:
    """The causes that the server names of what the affected function was like while something was wrong; () of a quiet
    control, and of a server that cannot be asked. Where the truth names no function, or nothing explains that one, all
    are asked about."""
    truth = scenario.truth
    if truth.cause is None or end_s - since_s < _LEAST_S:
        return ()
    functions = [truth.cause.function] if truth.cause.function else []
    asked = [functions, []] if functions else [[]]
    told = (server.causes_of_change(one, since_s, end_s) for one in asked)
    return next(filter(None, told), ())
