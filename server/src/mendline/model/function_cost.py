"""What a function costs, by what is charged for, and how much of it was for nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from mendline.model.bill import Charge
from mendline.model.function import FunctionId


@dataclass(frozen=True, slots=True)
class FunctionCost:
    """`charge` is that of the range. Of its compute and requests, `timeouts_usd`, `failures_usd` and `retries_usd`
    were for nothing, or for what was done before; `inits_usd` for initialisations. `waiting` is the share of time in
    which it only waited for what it calls; None where no agent tells. `unsized` executions have no cost, since nothing
    tells the size of their memory; `reported` have the platform's own billed time. `first_waste` is when the first of
    all that was."""

    function: FunctionId
    architecture: str
    requests: int
    gb_s: float
    charge: Charge
    timeouts: int
    timeouts_usd: float
    failures: int
    failures_usd: float
    retries: int
    retries_usd: float
    inits_usd: float
    waiting: float | None
    unsized: int
    reported: int
    first_waste: datetime | None

    @property
    def wasted_usd(self) -> float:
        """What executions cost that timed out, failed, or did again what was tried before."""
        return self.timeouts_usd + self.failures_usd + self.retries_usd

    @property
    def wasted_share(self) -> float:
        """Of compute and requests, 0.0 of none."""
        spent = self.charge.compute_usd + self.charge.requests_usd
        return self.wasted_usd / spent if spent else 0.0

    @property
    def waiting_usd(self) -> float | None:
        """What time costs in which it only waited."""
        return None if self.waiting is None else self.charge.compute_usd * self.waiting
