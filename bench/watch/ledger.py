"""The ledger of messages against the shop's own account, for every scenario: `make bench ARGS=ledger`, or
`.venv/bin/python bench/watch/ledger.py NAME …` for some; with `--day`, 24 hours on which nothing goes wrong, by the
hour. Exit status 1 where a message is in another account."""

from __future__ import annotations

import contextlib
import itertools
import sys
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

from mendline.insight.ledger import list_ledgers
from mendline.model.ledger import ACCOUNTS
from mendline.model.signal import Signal
from mendline.model.timerange import TimeRange
from mendline.store import ClickHouseStore, Payload
from mendline_playground.model import BLOCK_S, Model
from mendline_playground.scenario import OURS, load_folder

NOON = 1_795_953_600 - 3 * 86400
BLOCKS = 4
_SIGNALS = {"traces": Signal.TRACES, "logs": Signal.LOGS, "metrics": Signal.METRICS}
_ASYNCHRONOUS = ("notify",)
_numbers = itertools.count(1)


def main(names: list[str]) -> int:
    """One line for each scenario; edges that differ below it."""
    if names == ["--day"]:
        return quiet_day()
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        for scenario in load_folder(OURS):
            if (names and scenario.name not in names) or "model" not in scenario.modes:
                continue
            with contextlib.closing(ClickHouseStore.embedded(Path(folder), f"s{next(_numbers)}")) as store:
                differing = compare(store, scenario)
            wrong += bool(differing)
            print(f"{scenario.name:32} {'differs' if differing else 'exact'}", flush=True)
            for line in differing:
                print(f"    {line}", flush=True)
    return int(wrong > 0)


def quiet_day() -> int:
    """What of a day is lost by the ledger, and in the shop's own account: nothing."""
    with (
        tempfile.TemporaryDirectory() as folder,
        contextlib.closing(ClickHouseStore.embedded(Path(folder), "day")) as store,
    ):
        model, begin = Model(7, origin_ns=NOON * 10**9, rate=0.5), NOON - 86400
        account = model.keep_account()
        play(store, model, model.blocks(begin, NOON))
        sent = lost = 0
        for hour in range(begin, NOON, 3600):
            span = TimeRange(datetime.fromtimestamp(hour, UTC), datetime.fromtimestamp(hour + 3600, UTC))
            for ledger in list_ledgers(store, span, datetime.fromtimestamp(NOON, UTC)):
                sent, lost = sent + ledger.sent, lost + ledger.lost
                for one in ledger.missing if ledger.lost else ():
                    print(f"    {ledger.resource} to {ledger.function}: {one}")
    own = Counter(account.values())["lost"]
    print(f"24 hours: {sent:,} messages over all edges, {lost} lost by the ledger, {own} in the shop's account")
    return int(lost != own)


def compare(store: ClickHouseStore, scenario: object) -> list[str]:
    """What differs between the ledger and the account of forty minutes of a scenario."""
    model = Model(7, injections=scenario.injections, origin_ns=NOON * 10**9, rate=0.5)
    play(store, model, model.blocks(NOON - BLOCK_S, NOON))
    account = model.keep_account()
    play(store, model, (model.block(NOON // BLOCK_S + number) for number in range(BLOCKS)))
    end = datetime.fromtimestamp(NOON + BLOCKS * BLOCK_S, UTC)
    # what began in the last block may send a little later
    time_range = TimeRange(datetime.fromtimestamp(NOON, UTC), end + timedelta(minutes=5))
    found = []
    for ledger in list_ledgers(store, time_range, end + timedelta(minutes=30)):
        states = Counter(state for (consumer, _), state in account.items() if consumer == ledger.function)
        ours = {name: getattr(ledger, name) for name in ACCOUNTS if getattr(ledger, name)}
        if expected(ledger.function, states) != {name: count for name, count in folded(ours).items() if count}:
            found.append(f"{ledger.resource} to {ledger.function}: ledger {ours}, shop {dict(states)}")
    return found


def expected(consumer: str, states: Counter[str]) -> dict[str, int]:
    """The shop's states as accounts: what is still on its way counts as one, since the model does not tell when."""
    names = {"consumed": "consumed", "dead": "dead_lettered", "lost": "lost"}
    told: Counter[str] = Counter()
    for state, count in states.items():
        given_up = state == "failed" and consumer in _ASYNCHRONOUS
        told["lost" if given_up else names.get(state, "open")] += count
    return dict(told)


def folded(accounts: dict[str, int]) -> dict[str, int]:
    """In flight and retrying together."""
    told = Counter({name: count for name, count in accounts.items() if name not in ("in_flight", "retrying")})
    told["open"] = accounts.get("in_flight", 0) + accounts.get("retrying", 0)
    return dict(told)


def play(store: ClickHouseStore, model: Model, blocks: object) -> None:
    """Store what the model tells."""
    for telemetry in blocks:
        first = next(_numbers)
        for signal, _, body in telemetry.requests(model.place):
            number = next(_numbers)
            store.insert(_SIGNALS[signal], [Payload(body, number, time.time_ns())], f"ledger-{number}")
        store.complete(first, next(_numbers))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
