"""Every way in which a runtime can die: the answer, the log lines, the report, and what the next invocation finds.

All of it through AWS's own runtime client. `{id}` in a pattern stands for the request id.
"""

import asyncio
import json
import os
import re
import signal
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from mendline_playground.host import Function, Host
from mendline_playground.host.invocation import exit_words

pytestmark = pytest.mark.anyio

CODE = """
    import ctypes, os, signal, subprocess, sys, threading
    from time import sleep

    def handler(event, context):
        return globals()[event]()

    def ok(): return {"fine": True}
    def exception(): raise ValueError("no such thing")
    def own_error_class():
        class Shop_Error(Exception): pass
        raise Shop_Error()
    def leave(): sys.exit(3)
    def leave_politely(): os._exit(0)
    def be_killed(): os.kill(os.getpid(), signal.SIGKILL)
    def be_terminated(): os.kill(os.getpid(), signal.SIGTERM)
    def abort(): os.abort()
    def read_address_0(): ctypes.string_at(0)
    def run_on(): sleep(60)
    def stop_itself(): os.kill(os.getpid(), signal.SIGSTOP)
    def deadlock():
        lock = threading.Lock(); lock.acquire(); lock.acquire()
    def ignore_termination():
        signal.signal(signal.SIGTERM, signal.SIG_IGN); sleep(60)
    def take_all_memory():
        return len(b"x" * 200_000_000)
    def take_memory_bit_by_bit():
        kept = []
        while True: kept.append(b"x" * 4_000_000); sleep(0.002)
    def child_takes_all_memory():
        return subprocess.run([sys.executable, "-c", "x = b'x' * 200_000_000; import time; time.sleep(60)"]).returncode
    def say_too_much(): return "x" * 7_000_000
    def answer_nonsense(): return {1, 2}
    def change_client(change):
        from awslambdaric.lambda_runtime_client import LambdaRuntimeClient
        post = LambdaRuntimeClient.post_invocation_result
        def changed(*arguments, **options):
            LambdaRuntimeClient.post_invocation_result = post
            change(post, arguments, options)
        LambdaRuntimeClient.post_invocation_result = changed
    def answer_then_die():
        def change(post, arguments, options):
            post(*arguments, **options); os._exit(7)
        change_client(change)
        return "in time"
    def answer_twice():
        def change(post, arguments, options):
            post(*arguments, **options); post(*arguments, **options)
        change_client(change)
        return "the first counts"
    def say_nothing():
        change_client(lambda post, arguments, options: None)
    def answer_for_another():
        from http.client import HTTPConnection
        connection = HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
        connection.request("POST", "/2018-06-01/runtime/invocation/another/response", b"1")
        answer = connection.getresponse()
        return [answer.status, answer.read().decode()]
    def leave_a_child_behind():
        subprocess.Popen(["sleep", "60"]); os._exit(9)
"""

START, END = r"START RequestId: {id} Version: \$LATEST", "END RequestId: {id}"
FIGURES = (
    r"REPORT RequestId: {id}\tDuration: [\d.]+ ms\tBilled Duration: \d+ ms\tMemory Size: 128 MB\tMax Memory Used: "
)
FIRST = FIGURES + r"[1-9]\d* MB\tInit Duration: [\d.]+ ms\t"
FULL = FIGURES + r"128 MB\tInit Duration: [\d.]+ ms\t"


def fault(words: str, kind: str = "Runtime.ExitError") -> str:
    return rf"RequestId: {{id}} Error: {words}\n{kind}"


def by_signal(name: str) -> str:
    return f"Runtime exited with error: signal: {name}"


@dataclass(frozen=True)
class Case:
    """How one ends: error type and message of the answer (None: none), lines after START, error type in the report."""

    name: str
    error_type: str | None
    says: Any
    lines: tuple[str, ...] = ()
    status: str = ""
    used: str = FIRST
    next_is_new: bool = True
    settings: dict[str, Any] = field(default_factory=dict)


def died(name: str, words: str, **more: Any) -> Case:
    """One whose process ended."""
    return Case(
        name, "Runtime.ExitError", words, (fault(words),), r"Status: error\tError Type: Runtime.ExitError", **more
    )


def out_of_memory(name: str) -> Case:
    words = by_signal("killed")
    status = r"Status: error\tError Type: Runtime.OutOfMemory"
    return Case(name, "Runtime.ExitError", words, (fault(words),), status, used=FULL)


def timed_out(name: str) -> Case:
    line = r"\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{{3}}Z {id} Task timed out after 2\.00 seconds\n\n"
    return Case(name, "Sandbox.Timedout", "Task timed out after 2.00 seconds", (line,), "Status: timeout")


def failed(name: str, kind: str, says: str, *, lines: tuple[str, ...] = (), by_platform: bool = True) -> Case:
    """One whose process lives on."""
    status = rf"Status: error\tError Type: {kind}" if by_platform else ""
    return Case(name, kind, says, lines, status, next_is_new=False)


TRACE = r"\[ERROR\] {kind}(: .*)?\nTraceback \(most recent call last\):\n(.|\n)*"
CASES = [
    Case("ok", None, {"fine": True}, next_is_new=False),
    failed(
        "exception", "ValueError", "no such thing", lines=(TRACE.replace("{kind}", "ValueError"),), by_platform=False
    ),
    failed("own_error_class", "Shop_Error", "", lines=(TRACE.replace("{kind}", "Shop_Error"),), by_platform=False),
    died("leave", "Runtime exited with error: exit status 3"),
    died("leave_politely", "Runtime exited without providing a reason"),
    died("be_killed", by_signal("killed")),
    died("be_terminated", by_signal("terminated")),
    died("abort", by_signal("aborted")),
    died("read_address_0", by_signal("segmentation fault")),
    died("leave_a_child_behind", "Runtime exited with error: exit status 9"),
    out_of_memory("take_all_memory"),
    out_of_memory("take_memory_bit_by_bit"),
    Case("child_takes_all_memory", None, -9, used=FULL, next_is_new=False),
    Case(
        "say_too_much",
        "Function.ResponseSizeTooLarge",
        "Response payload size exceeded maximum allowed payload size (6291556 bytes).",
        (r"\[ERROR\] .* Http response code: 413\.(.|\n)*", fault("Runtime exited with error: exit status 1")),
        r"Status: error\tError Type: Function.ResponseSizeTooLarge",
    ),
    failed(
        "answer_nonsense",
        "Runtime.MarshalError",
        "not JSON serializable",
        lines=(r"\[ERROR\] Runtime\.MarshalError: .*\nTraceback \(most recent call last\):",),
    ),
    Case(
        "answer_for_another",
        None,
        [400, '{"errorMessage": "Invalid request ID", "errorType": "InvalidRequestID"}'],
        next_is_new=False,
    ),
    failed("say_nothing", "Runtime.Unknown", "asked for an event without answering"),
    Case(
        "answer_twice",
        None,
        "the first counts",
        (r"\[ERROR\] .* Http response code: 400\.(.|\n)*", fault("Runtime exited with error: exit status 1")),
        r"Status: error\tError Type: Runtime.ExitError",
    ),
    Case(
        "answer_then_die",
        None,
        "in time",
        (fault("Runtime exited with error: exit status 7"),),
        r"Status: error\tError Type: Runtime.ExitError",
    ),
]


TIMEOUTS = [timed_out(name) for name in ("run_on", "stop_itself", "deadlock", "ignore_termination")]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_an_invocation_ends_as_on_lambda_whatever_the_handler_does(function, call, case):
    async with Host([function(CODE, name=case.name, timeout_s=20)], max_environments=1) as host:
        await ends_as_said(host, call, case)


@pytest.mark.thorough
async def test_an_invocation_that_runs_on_in_any_way_ends_at_its_timeout(function, call):
    functions = [function(CODE, name=case.name, timeout_s=2) for case in TIMEOUTS]
    async with Host(functions, max_environments=1) as host, asyncio.TaskGroup() as together:
        for case in TIMEOUTS:
            together.create_task(ends_as_said(host, call, case))


async def ends_as_said(host: Host, call: Any, case: Case) -> None:
    """Invokes the function named like the case in that way, and once more; checks all that anybody sees of it."""
    result = await call(host, case.name, name=case.name)
    events = host.logs(case.name)
    (environment,) = host.environments(case.name)
    pid = environment.pid
    again = await call(host, "ok", name=case.name)
    after = [event.message for event in host.logs(case.name)[len(events) :]]
    assert host.environments(case.name) == [environment]
    assert (environment.pid != pid) == case.next_is_new

    answer = json.loads(result.payload)
    if case.error_type is None:
        assert (result.function_error, answer) == (None, case.says)
    else:
        assert (result.function_error, answer["errorType"]) == ("Unhandled", case.error_type)
        assert case.says in answer["errorMessage"]
    patterns = [r"INIT_START .*", START, *case.lines, END, case.used + case.status]
    matched([event.message for event in events], patterns, result.request_id)
    assert (json.loads(again.payload), again.function_error) == ({"fine": True}, None)
    matched(after, [START, END, FIGURES + r"[1-9]\d* MB\t"], again.request_id)  # never again an Init Duration


def matched(messages: list[str], patterns: list[str], request_id: str) -> None:
    wanted = "\n".join(patterns).replace("{id}", request_id).replace("{{", "{").replace("}}", "}")
    assert re.fullmatch(wanted, "\n".join(messages)), f"{messages!r} are not {wanted!r}"


async def test_a_process_that_dies_between_invocations_is_no_failure_of_the_next(function, call, eventually):
    async with Host([function(CODE)], max_environments=1) as host:
        await call(host, "ok")
        (environment,) = host.environments("shown")
        pid = environment.pid
        os.kill(pid, signal.SIGKILL)
        await eventually(lambda: not Path(f"/proc/{pid}").exists())
        again = await call(host, "ok")
        assert environment.pid != pid
    assert again.function_error is None
    assert "Init Duration" not in again.log_tail


INIT = r"INIT_START Runtime Version: .*"


def init_reports(first: str, second: str) -> list[str]:
    """The lines of an init phase that failed, and of its repetition inside the invocation."""
    took = r"INIT_REPORT Init Duration: [\d.]+ ms\tPhase: "
    return [rf"{took}init\t{first}", rf"{took}invoke\t{second}"]


NO_MEMORY = "Runtime.OutOfMemory"
BROKEN = [
    ("import nothing_of_this_name\n", "Runtime.ImportModuleError", "No module named", None),
    ("def handler(:\n", "Runtime.UserCodeSyntaxError", "Syntax error in module", None),
    ("other = 1\n", "Runtime.HandlerNotFound", "Handler 'handler' missing on module 'app'", None),
    ("raise KeyError('setting')\n", "KeyError", "setting", None),
    ("import sys\nsys.exit(4)\n", "Runtime.ExitError", "Runtime exited with error: exit status 4", None),
    ("import os\nos._exit(0)\n", "Runtime.ExitError", "Runtime exited without providing a reason", None),
    ("import os\nos.kill(os.getpid(), 9)\n", "Runtime.ExitError", "signal: killed", None),
    ("x = b'x' * 200_000_000\nimport time\ntime.sleep(60)\n", "Runtime.ExitError", "signal: killed", NO_MEMORY),
]


@pytest.mark.parametrize(("code", "error_type", "says", "reported"), BROKEN, ids=[f"{b[1]}-{b[2]}" for b in BROKEN])
async def test_code_that_cannot_start_is_tried_twice_and_answered(function, call, code, error_type, says, reported):
    async with Host([function(code, timeout_s=10)]) as host:
        result = await call(host)
        messages = [event.message for event in host.logs("shown")]
        again = await call(host)
        after = [event.message for event in host.logs("shown")][len(messages) :]

    answer = json.loads(result.payload)
    assert (result.function_error, answer["errorType"]) == ("Unhandled", error_type)
    assert says in answer["errorMessage"]
    status = rf"Status: error\tError Type: {reported or error_type}"
    platform = [message for message in messages if not message.startswith("[")]
    ended = [fault(answer["errorMessage"].partition("Error: ")[2])] if error_type == "Runtime.ExitError" else []
    report = FIGURES + rf"\d+ MB\t{status}"
    matched(platform, [INIT, *init_reports(status, status), START, *ended, END, report], result.request_id)
    told = [message for message in messages if message.startswith("[ERROR]")]
    assert len(told) == (0 if error_type == "Runtime.ExitError" else 2), "each try writes its trace"
    again_platform = [message for message in after if not message.startswith("[")]
    matched(again_platform, [init_reports(status, status)[1], START, *ended, END, report], again.request_id)


ONCE = """
    import os
    from time import sleep

    if not os.path.exists(os.environ["TRIED"]):
        open(os.environ["TRIED"], "w").close()
        {first}

    def handler(event, context):
        return "well"
"""
FIRST_TRIES = [
    ("os._exit(1)", 10.0, r"Status: error\tError Type: Runtime.ExitError"),
    ("raise KeyError('setting')", 10.0, r"Status: error\tError Type: KeyError"),
    ("sleep(60)", 0.4, r"Status: timeout"),
]


@pytest.mark.parametrize(("first", "limit_s", "status"), FIRST_TRIES, ids=["exit", "exception", "timeout"])
async def test_a_start_that_fails_once_is_repeated_inside_the_invocation(
    function, call, tmp_path, first, limit_s, status
):
    code = ONCE.replace("{first}", first)
    async with Host([function(code, env={"TRIED": str(tmp_path / "tried")})], init_limit_s=limit_s) as host:
        result = await call(host)
        messages = [event.message for event in host.logs("shown") if not event.message.startswith("[")]

    assert (result.function_error, json.loads(result.payload)) == (None, "well")
    patterns = [INIT, init_reports(status, "")[0], START, END, FIGURES + r"[1-9]\d* MB\t"]
    matched(messages, patterns, result.request_id)


async def test_initialisation_over_its_limit_is_tried_again_with_the_functions_timeout(function, call):
    async with Host([function("from time import sleep\nsleep(60)\n", timeout_s=0.3)], init_limit_s=0.2) as host:
        result = await call(host)
        messages = [event.message for event in host.logs("shown")]

    assert json.loads(result.payload)["errorType"] == "Sandbox.Timedout"
    reports = [message for message in messages if message.startswith("INIT_REPORT")]
    assert reports == [
        "INIT_REPORT Init Duration: 200.00 ms\tPhase: init\tStatus: timeout",
        "INIT_REPORT Init Duration: 300.00 ms\tPhase: invoke\tStatus: timeout",
    ]
    assert messages[-1].endswith("\tStatus: timeout")


WRAPPERS = [
    ("/nowhere/wrapper", "Runtime.InvalidEntrypoint", "Couldn't find valid bootstrap(s)"),
    ("/bin/false", "Runtime.ExitError", "exit status 1"),
]


@pytest.mark.parametrize(("wrapper", "error_type", "says"), WRAPPERS)
async def test_an_exec_wrapper_that_starts_nothing_is_told_as_such(function, call, wrapper, error_type, says):
    broken = function(CODE, env={"AWS_LAMBDA_EXEC_WRAPPER": wrapper})
    async with Host([broken]) as host:
        result = await call(host, "ok")

    answer = json.loads(result.payload)
    assert (answer["errorType"], says in answer["errorMessage"]) == (error_type, True)


async def test_a_handler_setting_that_names_no_handler_is_told_as_such(function, call):
    good = function(CODE)
    async with Host([Function("odd", "nonsense", good.code_dir)]) as host:
        result = await call(host, name="odd")
    assert json.loads(result.payload)["errorType"] == "Runtime.MalformedHandlerName"


async def test_an_invocation_after_the_shutdown_is_answered_as_a_failure_of_the_platform(function, call):
    async with Host([function(CODE)]) as host:
        await call(host, "ok")
    result = await call(host, "ok")
    assert (result.function_error, json.loads(result.payload)["errorType"]) == ("Unhandled", "Sandbox.Failure")


async def test_unknown_function_is_refused_with_the_names_of_those_there_are(function: type[Function]):
    async with Host([function(CODE)]) as host:
        with pytest.raises(LookupError, match="shown"):
            await host.invoke("absent", b"{}")


def test_signals_without_a_name_of_their_own_are_numbers():
    assert exit_words(-62) == "signal: signal 62"
