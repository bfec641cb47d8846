"""External extensions are processes of their own: started before the runtime, told of invocations and of the end."""

import json
import re
import stat
import sys
import textwrap
from pathlib import Path

import pytest

from mendline_playground.host import Host

pytestmark = pytest.mark.anyio

CODE = """
    import os
    from time import sleep

    def handler(event, context):
        if event == "die":
            os._exit(3)
        if event == "sleep":
            sleep(60)
        return dict(os.environ)
"""

# What every extension here begins with; each writes what it is told to its standard output, which is the log.
PRELUDE = """
    import http.client, json, os, sys, time

    API = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
    NAME = os.path.basename(sys.argv[0])

    def call(method, path, body=None, **headers):
        headers = {"Lambda-Extension-" + name.replace("_", "-"): value for name, value in headers.items()}
        API.request(method, "/2020-01-01/extension/" + path, body, headers)
        answer = API.getresponse()
        return answer.getheader("Lambda-Extension-Identifier"), json.loads(answer.read())

    def register(*events):
        identifier, about = call("POST", "register", json.dumps({"events": events}), Name=NAME)
        return identifier

    def say(*words):
        print(NAME, *words, flush=True)

"""
WATCHER = """
    me = register("INVOKE", "SHUTDOWN")
    while True:
        event = call("GET", "event/next", Identifier=me)[1]
        say(event["eventType"], event.get("requestId", event.get("shutdownReason")))
        if event["eventType"] == "SHUTDOWN":
            break
"""


@pytest.fixture
def opt(tmp_path):
    """Makes `/opt` with extensions from their text."""

    def make(*, executable: bool = True, **extensions: str) -> Path:
        folder = tmp_path / "opt" / "extensions"
        folder.mkdir(parents=True)
        for name, text in extensions.items():
            path = folder / name
            path.write_text(f"#!{sys.executable} -IS\n{textwrap.dedent(PRELUDE)}{textwrap.dedent(text)}")
            path.chmod(stat.S_IRWXU if executable else stat.S_IRUSR)
        return folder.parent

    return make


def messages(host: Host) -> list[str]:
    return [event.message for event in host.logs("shown")]


def said(host: Host) -> list[str]:
    return [message for message in messages(host) if message.startswith("watcher ")]


async def test_it_is_told_of_each_invocation_and_of_the_end_before_the_log_says_ready(function, call, opt, eventually):
    layer = opt(watcher=WATCHER)
    async with Host([function(CODE, opt_dir=layer, timeout_s=20)], max_environments=1, idle_s=0.1) as host:
        first, second = [await call(host, "") for _ in range(2)]
        await eventually(lambda: len(said(host)) == 3)
        assert host.environments("shown") == []
        lines = messages(host)
    assert said(host) == [
        f"watcher INVOKE {first.request_id}",
        f"watcher INVOKE {second.request_id}",
        "watcher SHUTDOWN spindown",
    ]
    assert lines[1] == "EXTENSION\tName: watcher\tState: Ready\tEvents: [INVOKE, SHUTDOWN]"
    variables = json.loads(first.payload)
    assert variables["PATH"].endswith(str(layer / "bin"))
    assert variables["PYTHONPATH"].endswith(str(layer / "python"))


async def test_it_has_the_variables_of_an_extension_and_is_frozen_with_the_runtime(function, call, opt, eventually):
    layer = opt(watcher=WATCHER.replace("me =", "say(os.getpid(), sorted(os.environ))\n    me ="))
    async with Host([function(CODE, opt_dir=layer, env={"OWN": "1"}, timeout_s=20)]) as host:
        await call(host, "")
        _, pid, names = said(host)[0].split(" ", 2)
        stat_file = Path(f"/proc/{pid}/stat")
        await eventually(lambda: stat_file.read_text().rpartition(")")[2].split()[0] == "T")
    assert {"OWN", "AWS_LAMBDA_RUNTIME_API", "AWS_LAMBDA_FUNCTION_NAME", "AWS_REGION"} <= set(eval(names))
    assert not {"_HANDLER", "LAMBDA_TASK_ROOT", "AWS_EXECUTION_ENV"} & set(eval(names))


async def test_the_caller_does_not_wait_for_it_but_its_time_counts(function, opt, eventually):
    slow = WATCHER.replace("say(", "time.sleep(0.2)\n        say(")
    metrics = []
    async with Host([function(CODE, opt_dir=opt(watcher=slow), timeout_s=20)], metric_sink=metrics.append) as host:
        await host.invoke("shown", b'""')
        assert not any(message.startswith("REPORT") for message in messages(host))
        await eventually(lambda: any(message.startswith("REPORT") for message in messages(host)))
        report = messages(host)[-1]
    duration_ms = float(re.search(r"Duration: ([\d.]+) ms", report)[1])
    (overhead,) = [metric for metric in metrics if metric.name == "PostRuntimeExtensionsDuration"]
    assert duration_ms >= overhead.value > 50


ENDS = [("die", "failure", "Runtime.ExitError", 20), ("sleep", "timeout", "Sandbox.Timedout", 1.5)]


@pytest.mark.parametrize(("event", "reason", "error_type", "limit_s"), ENDS)
async def test_it_is_told_why_an_invocation_ended_and_started_anew_with_the_next(
    function, call, opt, event, reason, error_type, limit_s
):
    async with Host([function(CODE, opt_dir=opt(watcher=WATCHER), timeout_s=limit_s)], max_environments=1) as host:
        first = await call(host, event)
        assert json.loads(first.payload)["errorType"] == error_type
        second = await call(host, "")
        assert second.function_error is None
        assert said(host) == [
            f"watcher INVOKE {first.request_id}",
            f"watcher SHUTDOWN {reason}",
            f"watcher INVOKE {second.request_id}",
        ]
        assert "Init Duration" not in messages(host)[-1]


FAULTS = [
    ("crash", "sys.exit(1)", "Extension.Crash", "exit status 1"),
    ("quit", "register('INVOKE'); sys.exit(0)", "Extension.Crash", "exit code 0"),
    (
        "init-error",
        "me = register('INVOKE'); call('POST', 'init/error', '{}', Identifier=me, Function_Error_Type='Own.Bad'); "
        "sys.exit(2)",
        "Extension.InitError",
        "exit status 2",
    ),
]


@pytest.mark.parametrize(("name", "code", "error_type", "words"), FAULTS, ids=[fault[0] for fault in FAULTS])
async def test_one_that_ends_while_the_environment_initialises_breaks_it(
    function, call, opt, name, code, error_type, words
):
    async with Host([function(CODE, opt_dir=opt(**{name: f"    {code}\n"}), timeout_s=20)]) as host:
        result = await call(host, "")
        lines = messages(host)
    body = json.loads(result.payload)
    assert (body["errorType"], words in body["errorMessage"]) == (error_type, True)
    phases = [line.split("\t")[1:] for line in lines if line.startswith("INIT_REPORT")]
    assert phases == [
        ["Phase: init", "Status: error", f"Error Type: {error_type}"],
        ["Phase: invoke", "Status: error", f"Error Type: {error_type}"],
    ]
    assert f"RequestId: {result.request_id} Error: {words}\n{error_type}" in lines
    assert lines[-1].endswith(f"Status: error\tError Type: {error_type}")


async def test_one_that_cannot_be_executed_is_a_launch_error(function, call, opt):
    async with Host([function(CODE, opt_dir=opt(executable=False, watcher=WATCHER))]) as host:
        result = await call(host, "")
    assert json.loads(result.payload)["errorType"] == "Extension.LaunchError"


async def test_one_that_never_asks_for_an_event_takes_the_whole_time_of_initialisation(function, call, opt):
    sleeper = "    register('INVOKE')\n    time.sleep(60)\n"
    broken = function(CODE, opt_dir=opt(sleeper=sleeper), timeout_s=0.3)
    async with Host([broken], init_limit_s=1.0) as host:
        result = await call(host, "")
        lines = messages(host)
    assert json.loads(result.payload)["errorType"] == "Sandbox.Timedout"
    assert "EXTENSION\tName: sleeper\tState: Registered\tEvents: [INVOKE]" in lines
    assert "INIT_REPORT Init Duration: 1000.00 ms\tPhase: init\tStatus: timeout" in lines


async def test_one_that_fails_during_an_invocation_fails_it_although_the_caller_has_the_answer(
    function, call, opt, eventually
):
    failing = """
    me = register("INVOKE")
    call("GET", "event/next", Identifier=me)
    call("POST", "exit/error", "{}", Identifier=me, Function_Error_Type="Own.Bad")
    time.sleep(0.2)
    sys.exit(4)
"""
    async with Host([function(CODE, opt_dir=opt(failing=failing), timeout_s=20)], max_environments=1) as host:
        result = await call(host, "")
        lines = messages(host)
        again = await call(host, "")
    assert result.function_error is None
    assert f"RequestId: {result.request_id} Error: exit status 4\nExtension.ExitError" in lines
    assert lines[-1].endswith("Status: error\tError Type: Extension.ExitError")
    assert again.function_error is None
    assert "Init Duration" not in again.log_tail, "it was initialised inside the invocation"


async def test_one_that_takes_too_long_after_the_answer_is_a_timeout_in_the_log_alone(function, call, opt):
    slow = WATCHER.replace("say(", "time.sleep(60)\n        say(")
    async with Host([function(CODE, opt_dir=opt(watcher=slow), timeout_s=0.4)]) as host:
        result = await call(host, "")
        lines = messages(host)
    assert result.function_error is None
    assert lines[-1].endswith("\tStatus: timeout")
    assert any("Task timed out after 0.40 seconds" in line for line in lines)
