"""How fast the model of the shop writes history: records a second of CPU, for the week that `make demo` begins with.

`make bench ARGS=history`.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bars import Bars

from mendline_playground.model import Model

FROM_S = 1_795_953_600
ROUNDS = 3
LEAST_A_SECOND = 15_000  # a week has 3.4 million, and is there within two minutes, the store's part included


def main() -> int:
    """Make an hour of it some times, and say the median."""
    rates = []
    for _ in range(ROUNDS):
        model = Model(7, backfilled=True, period_s=300)
        began = time.process_time()
        records = sum(told.count() for told in model.blocks(FROM_S, FROM_S + 3600) if list(told.requests(model.place)))
        rates.append(records / (time.process_time() - began))
    bars = Bars()
    bars.hold("records of history made a second of CPU", median(rates), LEAST_A_SECOND, at_most=False)
    return bars.status


if __name__ == "__main__":
    sys.exit(main())
