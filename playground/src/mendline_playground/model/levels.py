"""CloudWatch's metrics of the modelled shop, under the names that the server's readers give them (`AWS/SQS`
`ApproximateAgeOfOldestMessage` is `sqs.age_of_oldest_message` and so on), a point for each period."""

from collections import Counter
from collections.abc import Iterator

from mendline_playground.model import wire
from mendline_playground.model.deliveries import Deliveries
from mendline_playground.model.execution import Player
from mendline_playground.model.telemetry import Point
from mendline_playground.shop.plan import FUNCTIONS, QUEUES, STREAMS, TABLE_STREAMS

_S = 10**9
_READS = ("GetItem", "BatchGetItem", "Scan", "Query")
_MESSAGE, _RECORD, _CALL, _MS = "{message}", "{record}", "{call}", "ms"
_SUMS = frozenset(
    {
        *("sqs.messages_sent", "sqs.messages_received", "sqs.messages_deleted", "kinesis.records_in"),
        *("lambda.throttles", "dynamodb.read_throttles", "dynamodb.write_throttles", "kinesis.write_throttles"),
    }
)
Told = Iterator[tuple[str, str, float, bytes]]


def _attribute(name: str, value: str) -> bytes:
    return wire.attributes(wire.IN_POINT, {name: value})


class Levels:
    """Makes the points of one block of time after the other.

    What happens later than the block that it began in is kept until its time comes, and what lies in dead-letter queues
    is summed: levels begin at zero with the first block asked for.
    """

    def __init__(self, player: Player, deliveries: Deliveries, period_s: int) -> None:
        self._player = player
        self._deliveries = deliveries
        self._period_ns = period_s * _S
        self._waiting: list[tuple[int, str, str, int]] = []
        self._busy: list[tuple[int, int, str]] = []
        self._dead: Counter[str] = Counter()

    def points(self, begin_ns: int, end_ns: int) -> list[Point]:
        """All points of a block; its length is a multiple of the period."""
        self._waiting += [(at_ns, "sent", name, 1) for at_ns, name in self._player.sent]
        self._waiting += [(at_ns, "throttled", name, 1) for at_ns, name in self._player.throttles]
        self._waiting += self._deliveries.happened
        self._busy += self._player.busy
        made = []
        for until_ns in range(begin_ns + self._period_ns, end_ns + 1, self._period_ns):
            start_ns = until_ns - self._period_ns
            counts: Counter[tuple[str, str]] = Counter()
            for at_ns, what, name, many in self._waiting:
                if at_ns < until_ns:
                    counts[what, name] += many
            self._waiting = [row for row in self._waiting if row[0] >= until_ns]
            for told in (
                self._queues(until_ns, counts),
                self._streams(until_ns, counts),
                self._functions(start_ns, until_ns),
                self._throttles(counts),
            ):
                for name, unit, value, attributes in told:
                    made.append(Point(name, unit, name in _SUMS, start_ns, until_ns, value, attributes))
        return made

    def _queues(self, now_ns: int, counts: Counter[tuple[str, str]]) -> Told:
        for queue, consumer in QUEUES.items():
            about, dead = _attribute("queue", queue), _attribute("queue", f"{queue}-dlq")
            received, failed = counts["taken", consumer], counts["failed", consumer]
            age_s = self._deliveries.age_s(consumer, now_ns)
            self._dead[queue] += counts["died", consumer]
            yield "sqs.messages_sent", _MESSAGE, counts["sent", consumer], about
            yield "sqs.messages_received", _MESSAGE, received, about
            yield "sqs.messages_deleted", _MESSAGE, received - failed, about
            yield "sqs.messages_in_flight", _MESSAGE, failed, about
            yield "sqs.messages_visible", _MESSAGE, round(age_s * self._deliveries.inflow(consumer)), about
            yield "sqs.age_of_oldest_message", "s", round(age_s), about
            yield "sqs.messages_visible", _MESSAGE, self._dead[queue], dead
            yield "dlq.messages_visible", _MESSAGE, self._dead[queue], dead

    def _streams(self, now_ns: int, counts: Counter[tuple[str, str]]) -> Told:
        for stream, consumer in STREAMS.items():
            age_ms = self._deliveries.age_s(consumer, now_ns) * 1000
            put = counts["sent", consumer] + counts["junk", consumer]
            yield "kinesis.iterator_age", _MS, age_ms, _attribute("stream", stream)
            yield "kinesis.records_in", _RECORD, put, _attribute("stream", stream)
            yield "lambda.iterator_age", _MS, age_ms, _attribute("function", consumer)
        for consumer in TABLE_STREAMS.values():
            age_ms = self._deliveries.age_s(consumer, now_ns) * 1000
            yield "lambda.iterator_age", _MS, age_ms, _attribute("function", consumer)
            yield "dynamodb_streams.iterator_age", _MS, age_ms, _attribute("function", consumer)

    def _functions(self, start_ns: int, now_ns: int) -> Told:
        self._busy = [row for row in self._busy if row[1] >= start_ns]
        for name in FUNCTIONS:
            about = _attribute("function", name)
            most = _most_at_once([(first, last) for first, last, who in self._busy if who == name and first < now_ns])
            if most:
                yield "lambda.concurrency", "{execution}", most, about
            yield "lambda.throttles", _CALL, 0, about

    def _throttles(self, counts: Counter[tuple[str, str]]) -> Told:
        for (what, resource), many in counts.items():
            if what != "throttled":
                continue
            kind, name, operation = resource.split("/", 2)
            if kind == "dynamodb":
                side = "read" if operation in _READS else "write"
                yield f"dynamodb.{side}_throttles", _CALL, many, _attribute("table", name)
            elif kind == "kinesis":
                yield "kinesis.write_throttles", _CALL, many, _attribute("stream", name)


def _most_at_once(spans: list[tuple[int, int]]) -> int:
    """How many of some spans of time overlap at most."""
    edges = sorted([(first, 1) for first, _ in spans] + [(last, -1) for _, last in spans])
    most = now = 0
    for _, step in edges:
        now += step
        most = max(most, now)
    return most
