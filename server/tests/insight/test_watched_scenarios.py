"""What is found of settings, memory, timeouts, cold starts and waste: each kind in a shop that has it, none in one that
was set right."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from mendline.insight.changes import list_changes
from mendline.insight.findings import list_findings
from mendline.model.signal import Signal
from mendline.model.timerange import TimeRange
from mendline_playground.model import BLOCK_S, Model
from mendline_playground.scenario import OURS, load_scenario

NOON = 1_795_953_600 - 3 * 86400
SIGNALS = {"traces": Signal.TRACES, "logs": Signal.LOGS, "metrics": Signal.METRICS}
PLACES = {
    "queue_without_dead_letters": "sqs/orders", "dead_letters_expire_early": "sqs/payments-dlq",
    "visibility_too_short": "payment", "stream_without_limits": "analytics", "async_without_destination": "notify",
    "caller_gives_up_first": "checkout", "memory_leak": "payment", "out_of_memory": "thumbnail",
    "memory_nearly_full": "analytics", "memory_hardly_used": "checkout", "timeout_too_short": "order-writer",
    "timeout_too_long": "stock", "timeout_near": "search-sync", "cold_starts_often": "checkout",
    "money_wasted": "email",
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "wanted"), [("all-that-waits-to-hurt", PLACES), ("all-is-set-right", {})], ids=["hurts", "right"]
)
def test_each_kind_is_found_where_it_is_and_nowhere_else(tell, name, wanted):
    scenario = load_scenario(OURS.parent / "watched" / f"{name}.yaml")
    model = Model(7, injections=scenario.injections, origin_ns=NOON * 10**9, rate=scenario.rate)
    until = NOON + int(scenario.run_s // BLOCK_S) * BLOCK_S
    store = tell(
        *(
            [(SIGNALS[signal], body) for signal, _, body in telemetry.requests(model.place)]
            for telemetry in model.blocks(NOON, until)
        )
    )
    begin, end = (datetime.fromtimestamp(second, UTC) for second in (NOON, until))
    findings = list_findings(store, TimeRange(begin, end), end)
    changes = [it for it in scenario.injections if it.fault in ("set", "configure")]
    assert len(list_changes(store, TimeRange(begin, end))) == len(changes), "several of one thing are told too"
    assert not findings.failed
    found = {(it.what, place) for it in findings.found for place in (it.function, it.resource) if it.what in PLACES}
    assert set(wanted.items()) <= found
    assert wanted or not found
