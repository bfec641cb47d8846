"""The host's metrics, under the names and units that CloudWatch has for AWS/Lambda."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from mendline_playground.host.logs import now_ms

Unit = Literal["Count", "Milliseconds"]


@dataclass(frozen=True, slots=True)
class Metric:
    """One value of AWS/Lambda: dimension FunctionName is `function`, Resource is `resource` (`name:qualifier`)."""

    name: str
    value: float
    unit: Unit
    function: str
    resource: str
    time_ms: int


MetricSink = Callable[[Metric], None]


class Meter:
    """Hands metrics to a sink, if there is one, with the time of now."""

    def __init__(self, sink: MetricSink | None) -> None:
        self._sink = sink

    def count(self, name: str, function: str, qualifier: str | None, value: float = 1) -> None:
        """Tell of one count."""
        self._put(name, value, "Count", function, qualifier)

    def time(self, name: str, function: str, qualifier: str | None, milliseconds: float) -> None:
        """Tell how long something took, or how old it is."""
        self._put(name, milliseconds, "Milliseconds", function, qualifier)

    def _put(self, name: str, value: float, unit: Unit, function: str, qualifier: str | None) -> None:
        if self._sink is not None:
            resource = f"{function}:{qualifier}" if qualifier else function
            self._sink(Metric(name, value, unit, function, resource, now_ms()))
