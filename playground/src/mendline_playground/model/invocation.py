"""One invocation while it is played: its time, its calls, and how it fails."""

from dataclasses import dataclass

from mendline_playground.model.environments import Environment
from mendline_playground.model.events import Event
from mendline_playground.shop.plan import FunctionPlan

TIMEOUT, OUT_OF_MEMORY = "Function.Timeout", "Runtime.OutOfMemory"


class Message:
    """One message, record or notification on its way to a consumer."""

    __slots__ = (
        "attempt", "event", "id", "is_poison", "link", "ready_ns", "request_id", "rounds", "sent_ns", "span_id",
        "trace",
    )  # fmt: skip

    def __init__(self, event: Event, sent_ns: int, trace: bytes, span_id: bytes, link: str) -> None:
        self.event = event
        self.sent_ns = self.ready_ns = sent_ns
        self.trace = trace
        self.span_id = span_id
        self.link = link
        self.id = link.partition(":")[2]
        self.attempt, self.rounds = 1, 0
        self.is_poison = False
        self.request_id = ""


@dataclass(frozen=True, slots=True)
class Start:
    """What starts an invocation: when, in which trace, for whom, with which messages."""

    at_ns: int
    trace: bytes
    parent: bytes
    event: Event
    messages: tuple[Message, ...] = ()
    request_id: str = ""
    links: tuple[tuple[bytes, bytes], ...] = ()


class Invocation:
    """One invocation; `now_ns` moves on while it is played."""

    __slots__ = (
        "calls", "environment", "error_message", "error_type", "failed", "limit_ns", "links_out", "now_ns", "pending",
        "plan", "request_id", "span_id", "start", "start_ns", "status",
    )  # fmt: skip

    def __init__(
        self, plan: FunctionPlan, environment: Environment, start: Start, *, request_id: str, span_id: bytes
    ) -> None:
        self.plan = plan
        self.environment = environment
        self.start = start
        self.request_id = request_id
        self.span_id = span_id
        self.start_ns = self.now_ns = start.at_ns + environment.init_ns
        self.limit_ns = self.start_ns + environment.timeout_ns
        self.calls: dict[str, list[int]] = {}
        self.links_out: list[str] = []
        self.error_type = self.error_message = self.pending = ""
        self.failed: list[Message] = []
        self.status = 0

    @property
    def has_failed(self) -> bool:
        """Whether it ended with an error."""
        return bool(self.error_type)

    @property
    def has_timed_out(self) -> bool:
        """Whether the platform ended it."""
        return self.now_ns > self.limit_ns

    def fail(self, error_type: str, message: str) -> None:
        """End with an error, unless there is one already."""
        if not self.error_type:
            self.error_type, self.error_message = error_type, message

    def count(self, resource: str, elapsed_ns: int, *, failed: bool) -> None:
        """Add a call to the sums."""
        sums = self.calls.get(resource)
        if sums is None:
            self.calls[resource] = [1, int(failed), elapsed_ns, elapsed_ns]
            return
        sums[0] += 1
        sums[1] += failed
        sums[2] += elapsed_ns
        sums[3] = max(sums[3], elapsed_ns)
