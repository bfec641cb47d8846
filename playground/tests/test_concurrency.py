"""Concurrency limits refuse what is over them, with AWS's reasons, and the host's metrics tell of it."""

import asyncio
import collections

import pytest

from mendline_playground.host import Host, ThrottledError

pytestmark = pytest.mark.anyio

CODE = """
    import os
    from time import sleep

    def handler(event, context):
        while not os.path.exists(event):
            sleep(0.001)
        if event.endswith("fails"):
            raise RuntimeError
"""


async def test_a_reserved_limit_refuses_with_its_reason_and_lets_in_again(function, call, tmp_path, eventually):
    metrics = []
    gate = tmp_path / "gate"
    async with Host([function(CODE), function(CODE, name="other")], metric_sink=metrics.append) as host:
        host.reserve_concurrency("shown", 1)
        running = asyncio.ensure_future(call(host, str(gate)))
        await eventually(lambda: host.environments("shown"))
        with pytest.raises(ThrottledError) as refused:
            await call(host, str(gate), qualifier="$LATEST")
        assert refused.value.reason == "ReservedFunctionConcurrentInvocationLimitExceeded"
        assert refused.value.status == 429
        gate.touch()
        await running
        await call(host, str(gate))
        (tmp_path / "fails").touch()
        await call(host, str(tmp_path / "fails"))

    sums = collections.Counter()
    for metric in metrics:
        assert metric.function == "shown"
        sums[metric.name] += metric.value
    assert (sums["Throttles"], sums["Invocations"], sums["Errors"]) == (1, 3, 1)
    assert {metric.resource for metric in metrics if metric.name == "Throttles"} == {"shown:$LATEST"}
    assert max(metric.value for metric in metrics if metric.name == "ConcurrentExecutions") == 1
    assert all(metric.value > 0 for metric in metrics if metric.name == "Duration")


async def test_functions_without_a_reservation_share_what_is_left_of_the_account(function, call, tmp_path, eventually):
    gate = tmp_path / "gate"
    functions = [function(CODE, name=name) for name in ("one", "two", "kept")]
    async with Host(functions, account_concurrency=3) as host:
        host.reserve_concurrency("kept", 1)
        running = [asyncio.ensure_future(call(host, str(gate), name=name)) for name in ("one", "two", "kept")]
        await eventually(lambda: all(host.environments(name) for name in ("one", "two", "kept")))
        with pytest.raises(ThrottledError) as refused:
            await call(host, str(gate), name="one")
        assert refused.value.reason == "ConcurrentInvocationLimitExceeded"
        gate.touch()
        await asyncio.gather(*running)
        with pytest.raises(ValueError, match="account"):
            host.reserve_concurrency("one", 3)
