"""Environments are cold once, frozen between invocations, capped, and shut down when idle."""

import asyncio
import json
import re
from pathlib import Path

import pytest

from mendline_playground.host import Host
from mendline_playground.host.shortfalls import shortfalls

pytestmark = pytest.mark.anyio

COUNTER = """
    import os, threading
    from time import sleep

    ticks = 0

    def tick():
        global ticks
        while True:
            ticks += 1
            sleep(0.001)

    threading.Thread(target=tick, daemon=True).start()

    def handler(event, context):
        while ticks < event.get("until", 0):
            sleep(0.001)
        sleep(event.get("sleep", 0))
        return {"ticks": ticks, "pid": os.getpid(), "request_id": context.aws_request_id}
"""


def state(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def cpu_ticks(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


async def test_background_thread_stands_still_between_invocations(function, call, eventually):
    async with Host([function(COUNTER), function(COUNTER, name="other")], max_environments=1) as host:
        first = json.loads((await call(host, {"until": 5})).payload)
        await eventually(lambda: state(first["pid"]) == "T")
        used = cpu_ticks(first["pid"])
        await call(host, {"sleep": 0.3}, name="other")  # meanwhile another function works
        assert (state(first["pid"]), cpu_ticks(first["pid"])) == ("T", used)
        second = json.loads((await call(host, {})).payload)

    assert second["pid"] == first["pid"]


async def test_init_duration_is_reported_once_for_an_environment(function, call):
    async with Host([function(COUNTER)]) as host:
        lines = [(await call(host, {})).log_tail.splitlines()[-1] for _ in range(3)]

    assert ["Init Duration" in line for line in lines] == [True, False, False]


async def test_runtime_that_died_is_replaced_in_the_same_stream_without_init_duration(function, call):
    code = "import os\ndef handler(event, context):\n    if event: os._exit(1)\n"
    async with Host([function(code)], max_environments=1) as host:
        await call(host, {"die": True})
        line = (await call(host, {})).log_tail.splitlines()[-1]
        streams = {event.stream for event in host.logs("shown")}

    assert line.startswith("REPORT")
    assert "Init Duration" not in line
    assert len(streams) == 1


async def test_invocations_over_the_cap_wait_for_an_environment(function, call, eventually):
    async with Host([function(COUNTER)], max_environments=2) as host:
        calls = [asyncio.ensure_future(call(host, {"sleep": 0.2})) for _ in range(6)]
        await eventually(lambda: host.queued("shown") == 4)
        results = [json.loads(result.payload) for result in await asyncio.gather(*calls)]
        assert len(host.environments("shown")) == 2

    assert len({result["pid"] for result in results}) == 2
    assert len({result["request_id"] for result in results}) == 6


async def test_idle_environment_is_shut_down(function, call, eventually):
    async with Host([function(COUNTER)], idle_s=0.1) as host:
        pid = json.loads((await call(host, {})).payload)["pid"]
        await eventually(lambda: not Path(f"/proc/{pid}").exists())
        assert host.environments("shown") == []
        assert json.loads((await call(host, {})).payload)["pid"] != pid


async def test_trace_header_client_context_and_deadline_reach_the_handler(function, call):
    code = """
        import os
        def handler(event, context):
            return [os.environ["_X_AMZN_TRACE_ID"], context.client_context.custom,
                    context.get_remaining_time_in_millis(), context.invoked_function_arn]
    """
    trace = "Root=1-6123abcd-0123456789abcdef01234567;Parent=0123456789abcdef;Sampled=1"
    async with Host([function(code, timeout_s=5)]) as host:
        result = await call(host, trace_header=trace, client_context='{"custom": {"k": "v"}}')

    header, custom, remaining_ms, arn = json.loads(result.payload)
    assert (header, custom) == (trace, {"k": "v"})
    assert 4000 < remaining_ms <= 5000
    assert arn == "arn:aws:lambda:us-east-1:000000000000:function:shown"


async def test_every_invocation_has_a_trace_header(function, call):
    code = "import os\ndef handler(event, context): return os.environ['_X_AMZN_TRACE_ID']\n"
    async with Host([function(code)]) as host:
        headers = [json.loads((await call(host)).payload) for _ in range(2)]

    assert headers[0] != headers[1]
    pattern = r"Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=0;Lineage=.*"
    assert all(re.fullmatch(pattern, header) for header in headers)


async def test_asynchronous_failure_is_retried_twice_under_one_request_id(function, eventually):
    code = "def handler(event, context): raise RuntimeError('again')\n"
    async with Host([function(code)], retry_delays_s=(0.01, 0.02)) as host:
        result = await host.invoke("shown", b"{}", invocation_type="Event")
        assert result.status == 202

        def reports() -> list[str]:
            return [event.message for event in host.logs("shown") if event.message.startswith("REPORT")]

        await eventually(lambda: len(reports()) == 3)
        assert all(f"RequestId: {result.request_id}" in line for line in reports())


async def test_variables_of_the_platform_are_those_of_lambda(function, call):
    code = "import os\ndef handler(event, context): return dict(os.environ)\n"
    async with Host([function(code, env={"OWN": "1", "AWS_REGION": "eu-west-1"}, memory_mb=512)]) as host:
        variables = json.loads((await call(host)).payload)
        stream = host.logs("shown")[0].stream

    assert variables["OWN"] == "1"
    assert variables["AWS_REGION"] == "us-east-1", "reserved"
    assert variables["AWS_LAMBDA_FUNCTION_NAME"] == "shown"
    assert variables["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == "512"
    assert variables["AWS_LAMBDA_LOG_STREAM_NAME"] == stream
    assert "AWS_LAMBDA_MAX_CONCURRENCY" not in variables
    assert "HOME" not in variables, "nothing is inherited from the host's own environment"


async def test_names_of_third_parties_resolve_to_the_table(function, call):
    code = """
        import socket
        def handler(event, context):
            return [list(entry[4]) for entry in socket.getaddrinfo("api.example", 80)][:1]
    """
    async with Host([function(code, env={"PLAYGROUND_HOSTS": "api.example=127.0.0.1:4321"})]) as host:
        assert json.loads((await call(host)).payload) == [["127.0.0.1", 4321]]


async def test_closing_kills_frozen_and_running_processes_at_once(function, call, eventually):
    host = Host([function(COUNTER, timeout_s=60)])
    async with host, asyncio.timeout(5):
        frozen = json.loads((await call(host, {})).payload)["pid"]
        calls = [asyncio.ensure_future(call(host, {"sleep": 60})) for _ in range(2)]
        await eventually(lambda: len([env for env in host.environments("shown") if env.pid]) == 2)
        pids = [env.pid for env in host.environments("shown")]

    assert frozen in pids
    assert not [pid for pid in pids if Path(f"/proc/{pid}").exists()]
    for result in await asyncio.gather(*calls):
        assert json.loads(result.payload)["errorType"] == "Sandbox.Failure"


async def test_x_ray_stands_in_the_report_of_a_traced_invocation_only(function, call):
    code = "import os\ndef handler(event, context): return os.environ['_X_AMZN_TRACE_ID']\n"
    async with Host([function(code, tracing="Active"), function(code, name="other")]) as host:
        traced = await call(host)
        passed = await call(host, name="other", trace_header="Root=1-2-3;Parent=4;Sampled=1")
        unsampled = await call(host, trace_header="Root=1-2-3;Parent=4;Sampled=0")

    root = re.search(r"Root=([^;]+);.*Sampled=1", json.loads(traced.payload))[1]
    line = traced.log_tail.rpartition("REPORT")[2]
    assert re.search(rf"ms\t\nXRAY TraceId: {root}\tSegmentId: [0-9a-f]{{16}}\tSampled: true\t\n$", line)
    assert "XRAY" not in passed.log_tail + unsampled.log_tail


def test_a_machine_that_lacks_something_says_so(tmp_path):
    assert shortfalls() == []
    assert "only Linux" in shortfalls(tmp_path)[0]


ESCAPING = """
    import subprocess, sys

    AGAIN = (
        "import subprocess as s; nowhere = s.DEVNULL; "
        "print(s.Popen(['sleep', '60'], start_new_session=True, stdout=nowhere, stderr=nowhere).pid)"
    )

    def handler(event, context):
        own_session = subprocess.Popen(["sleep", "60"], start_new_session=True).pid
        orphan = subprocess.run([sys.executable, "-c", AGAIN], capture_output=True, text=True, start_new_session=True)
        return [own_session, int(orphan.stdout)]
"""


async def test_what_has_left_its_session_ends_with_its_environment(function, call, eventually):
    async with Host([function(ESCAPING, timeout_s=10)]) as host:
        pids = json.loads((await call(host, {})).payload)
        assert all(Path(f"/proc/{pid}").exists() for pid in pids)
    await eventually(lambda: all(not Path(f"/proc/{pid}").exists() or state(pid) == "Z" for pid in pids))
