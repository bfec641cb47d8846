"""Every way in which a runtime can end an invocation gives the answer and the REPORT line that Lambda gives."""

import json

import pytest

from mendline_playground.host import Function, Host

pytestmark = pytest.mark.anyio

CODE = """
    import os, signal, sys
    from time import sleep

    def handler(event, context):
        return globals()[event]()

    def ok(): return {"fine": True}
    def exception(): raise ValueError("no such thing")
    def leave(): sys.exit(3)
    def leave_politely(): os._exit(0)
    def be_killed(): os.kill(os.getpid(), signal.SIGKILL)
    def run_on(): sleep(60)
    def say_too_much(): return "x" * 7_000_000
    def answer_nonsense(): return {1, 2}
"""

ENDS = [
    ("ok", None, None, {"fine": True}),
    ("exception", "ValueError", None, "no such thing"),
    ("leave", "Runtime.ExitError", "error\tError Type: Runtime.ExitError", "exit status 3"),
    ("leave_politely", "Runtime.ExitError", "error\tError Type: Runtime.ExitError", "without providing a reason"),
    ("be_killed", "Runtime.ExitError", "error\tError Type: Runtime.ExitError", "signal: killed"),
    ("run_on", "Sandbox.Timedout", "timeout", "Task timed out after 0.50 seconds"),
    (
        "say_too_much",
        "Function.ResponseSizeTooLarge",
        "error\tError Type: Function.ResponseSizeTooLarge",
        "exceeded maximum allowed payload size (6291556 bytes)",
    ),
    (
        "answer_nonsense",
        "Runtime.MarshalError",
        "error\tError Type: Runtime.MarshalError",
        "not JSON serializable",
    ),
]


@pytest.mark.parametrize(("end", "error_type", "status", "says"), ENDS, ids=[end[0] for end in ENDS])
async def test_end_of_a_runtime_is_answered_and_reported_as_on_lambda(function, call, end, error_type, status, says):
    async with Host([function(CODE, timeout_s=0.5)]) as host:
        result = await call(host, end)
        again = await call(host, "ok")
        report = result.log_tail.rstrip("\n").splitlines()[-1]

    body = json.loads(result.payload)
    if error_type is None:
        assert (result.function_error, body) == (None, says)
    else:
        assert (result.function_error, body["errorType"]) == ("Unhandled", error_type)
        assert says in body["errorMessage"]
    assert report.startswith(f"REPORT RequestId: {result.request_id}\t")
    assert report.partition("Status: ")[2].strip() == (status or "")
    assert json.loads(again.payload) == {"fine": True}, "the next invocation finds a working environment"


BROKEN = [
    ("import nothing_of_this_name\n", "Runtime.ImportModuleError"),
    ("def handler(:\n", "Runtime.UserCodeSyntaxError"),
    ("other = 1\n", "Runtime.HandlerNotFound"),
    ("import sys\nsys.exit(4)\n", "Runtime.ExitError"),
    ("raise KeyError('setting')\n", "KeyError"),
]


@pytest.mark.parametrize(("code", "error_type"), BROKEN, ids=[broken[1] for broken in BROKEN])
async def test_code_that_cannot_start_is_tried_twice_and_answered(function, call, code, error_type):
    async with Host([function(code)]) as host:
        result = await call(host)
        messages = [event.message for event in host.logs("shown")]

    assert json.loads(result.payload)["errorType"] == error_type
    phases = [message.split("\t")[1:] for message in messages if message.startswith("INIT_REPORT")]
    assert phases == [
        ["Phase: init", "Status: error", f"Error Type: {error_type}"],
        ["Phase: invoke", "Status: error", f"Error Type: {error_type}"],
    ]
    assert "Init Duration" not in messages[-1]


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


async def test_exec_wrapper_that_is_absent_is_an_invalid_entrypoint(function, call):
    broken = function(CODE, env={"AWS_LAMBDA_EXEC_WRAPPER": "/nowhere/wrapper"})
    async with Host([broken]) as host:
        result = await call(host, "ok")

    assert json.loads(result.payload)["errorType"] == "Runtime.InvalidEntrypoint"


async def test_unknown_function_is_refused_with_the_names_of_those_there_are(function: type[Function]):
    async with Host([function(CODE)]) as host:
        with pytest.raises(LookupError, match="shown"):
            await host.invoke("absent", b"{}")
