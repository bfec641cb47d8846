"""What became of the messages of an edge: each that was sent is in exactly one account."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

ACCOUNTS = (
    "consumed", "in_flight", "retrying", "dead_lettered", "expired", "buffered", "fallback", "not_due", "untold",
    "lost",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Missing:
    """A message that was not consumed: its id (of the platform, else of the span that sent it), when it was sent, in
    which trace, by which span, how often it was tried in vain, and in which account it is, and why."""

    id: str
    sent: datetime
    trace_id: str
    span_id: str
    sender: str
    tries: int
    last_try: datetime | None
    account: str
    why: str


@dataclass(frozen=True, slots=True)
class EdgeLedger:
    """From `senders` through a resource to a function. `sent` is the sum of all accounts: `consumed`; `in_flight`, not
    taken yet; `retrying`; `dead_lettered`; `expired`, too old to be kept; `buffered` and `fallback`: not sent after
    all, but put aside or done without; `not_due`: the consumer usually takes only a part of what is sent, and this was
    not in it, or nothing tells; `untold`: nobody was seen to take it, but an execution of the function of which
    only AWS told may have; `lost`.

    `usual` is the share of messages that the consumer took in the time before, None where nothing was sent then;
    delays are from sending to the first try, in ms, None where nothing was taken. `missing` are those not consumed,
    oldest first, a bounded number of them."""

    resource: str
    function: str
    senders: tuple[str, ...]
    sent: int
    consumed: int
    in_flight: int
    retrying: int
    dead_lettered: int
    expired: int
    buffered: int
    fallback: int
    not_due: int
    untold: int
    lost: int
    usual: float | None
    p50_ms: float | None
    p99_ms: float | None
    missing: tuple[Missing, ...]

    @property
    def is_exact(self) -> bool:
        """Whether every message is in one account."""
        return bool(self.sent == sum(getattr(self, account) for account in ACCOUNTS))
