"""Functions on Node.js, under AWS's own client for it: the same platform, and the same ways to die."""

import asyncio
import json
import re
import textwrap
from pathlib import Path

import pytest

from mendline_playground.host import Function, Host, RuntimeUnavailableError, node_runtime

pytestmark = pytest.mark.anyio

CODE = """
    import net from "node:net";
    import http from "node:http";

    let ticks = 0;
    setInterval(() => { ticks += 1; }, 1).unref();

    const ends = {
      async ok() { return { fine: true }; },
      async exception() { throw new TypeError("no such thing"); },
      async rejection() { Promise.reject(new RangeError("forgotten")); await new Promise((go) => setTimeout(go, 50)); },
      async leave() { process.exit(3); },
      async beKilled() { process.kill(process.pid, "SIGKILL"); },
      async runOn() { await new Promise((go) => setTimeout(go, 60000)); },
      async takeAllMemory() { return Buffer.alloc(400_000_000, "x").length; },
      async answerNonsense() { const ring = {}; ring.ring = ring; return ring; },
      async sayTooMuch() { return "x".repeat(7_000_000); },
      async ticks() { return ticks; },
      async context(event, context) {
        return [context.invokedFunctionArn, context.functionVersion, process.env._X_AMZN_TRACE_ID,
                process.env.AWS_EXECUTION_ENV, context.clientContext];
      },
      async log() { console.log("told"); console.warn("to think of"); console.debug("for nobody"); },
      async call() {
        return new Promise((go, fail) => http.get("http://api.example/rates", (answer) => {
          let body = "";
          answer.on("data", (part) => { body += part; }).on("end", () => go([body, answer.req.getHeader("host")]));
        }).on("error", fail));
      },
    };
    export const handler = async (event, context) => ends[event](event, context);
"""


@pytest.fixture
def node(tmp_path):
    """Makes a function on Node.js from the text of its module; skipped where there is no Node.js."""
    try:
        runtime = node_runtime()
    except RuntimeUnavailableError as error:
        pytest.skip(str(error))

    def make(code: str = CODE, **settings) -> Function:
        (tmp_path / "app.mjs").write_text(textwrap.dedent(code))
        settings = {"memory_mb": 256, "timeout_s": 10, **settings}
        return Function("shown", "app.handler", tmp_path, runtime=runtime.identifier, **settings)

    return make


ENDS = [
    ("ok", None, {"fine": True}, ""),
    ("exception", "TypeError", "no such thing", ""),
    ("rejection", "Runtime.ExitError", "exit status", "Runtime.ExitError"),
    ("leave", "Runtime.ExitError", "Runtime exited with error: exit status 3", "Runtime.ExitError"),
    ("beKilled", "Runtime.ExitError", "signal: killed", "Runtime.ExitError"),
    ("takeAllMemory", "Runtime.ExitError", "signal: killed", "Runtime.OutOfMemory"),
    ("answerNonsense", "Runtime.JSONStringifyError", "", "Runtime.JSONStringifyError"),
    ("sayTooMuch", "Function.ResponseSizeTooLarge", "exceeded maximum", "Function.ResponseSizeTooLarge"),
]


async def test_ends_are_answered_and_reported_and_the_next_invocation_is_well(node, call):
    async with Host([node()], max_environments=1) as host:
        for event, error_type, says, reported in ENDS:
            result = await call(host, event)
            answer = json.loads(result.payload)
            if error_type is None:
                assert answer == says
            else:
                assert (event, answer["errorType"]) == (event, error_type)
                assert says in answer["errorMessage"]
            report = host.logs("shown")[-1].message
            assert (event, report.partition("Error Type: ")[2]) == (event, reported)
            assert json.loads((await call(host, "ok")).payload) == {"fine": True}


async def test_timeout_kills_it_and_the_next_starts_anew(node, call):
    async with Host([node(timeout_s=1)], max_environments=1) as host:
        await call(host, "ok")
        late = await call(host, "runOn")
        assert json.loads(late.payload)["errorType"] == "Sandbox.Timedout"
        assert json.loads((await call(host, "ok")).payload) == {"fine": True}


BROKEN = [
    ("import nothing from './nothing.mjs';", "Error"),
    ("export const handler = (;", "Runtime.UserCodeSyntaxError"),
    ("export const other = 1;", "Runtime.HandlerNotFound"),
    ("throw new RangeError('at load');", "RangeError"),
]


@pytest.mark.parametrize(("code", "error_type"), BROKEN)
async def test_code_that_cannot_start_is_tried_twice(node, call, code, error_type):
    async with Host([node(code)]) as host:
        result = await call(host)
        messages = [event.message for event in host.logs("shown")]
    assert json.loads(result.payload)["errorType"] == error_type
    phases = [re.findall("Phase: (\\w+)", line)[0] for line in messages if line.startswith("INIT_REPORT")]
    assert phases == ["init", "invoke"]


async def test_a_module_that_is_not_there_is_told_as_such(node, call):
    absent = node()
    async with Host([Function("shown", "absent.handler", absent.code_dir, runtime=absent.runtime)]) as host:
        result = await call(host)
    assert json.loads(result.payload)["errorType"] == "Runtime.ImportModuleError"


async def test_it_stands_still_between_invocations_and_sees_its_context(node, call, eventually):
    trace = "Root=1-6123abcd-0123456789abcdef01234567;Parent=0123456789abcdef;Sampled=1"
    async with Host([node()], max_environments=1) as host:
        host.publish("shown")
        arn, version, seen, environment, custom = json.loads(
            (await call(host, "context", qualifier="1", trace_header=trace, client_context='{"k": "v"}')).payload
        )
        first = json.loads((await call(host, "ticks", qualifier="1")).payload)
        state = Path(f"/proc/{host.environments('shown')[0].pid}/stat")
        await eventually(lambda: state.read_text().rpartition(")")[2].split()[0] == "T")
        second = json.loads((await call(host, "ticks", qualifier="1")).payload)
    assert (arn.rpartition(":")[2], version, seen, custom) == ("1", "1", trace, {"k": "v"})
    assert re.fullmatch(r"AWS_Lambda_nodejs\d+\.x", environment)
    assert second >= first


@pytest.mark.parametrize("log_format", ["Text", "JSON"])
async def test_its_log_lines_come_one_by_one_with_their_level(node, call, log_format):
    async with Host([node(log_format=log_format, application_log_level="INFO")]) as host:
        await call(host, "log")
        told = [event.message for event in host.logs("shown") if "told" in event.message or "think" in event.message]
        nothing = [event for event in host.logs("shown") if "for nobody" in event.message]
    if log_format == "JSON":
        assert [(json.loads(line)["level"], json.loads(line)["message"]) for line in told] == [
            ("INFO", "told"),
            ("WARN", "to think of"),
        ]
        assert not nothing
    else:
        assert [line.split("\t")[2:] for line in told] == [["INFO", "told"], ["WARN", "to think of"]]


async def test_names_of_third_parties_end_at_their_stubs(node, call):
    async def serve(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\n1.5")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        async with Host([node(env={"PLAYGROUND_HOSTS": f"api.example=127.0.0.1:{port}"})]) as host:
            assert json.loads((await call(host, "call")).payload) == ["1.5", "api.example"]


def test_where_there_is_no_runtime_for_a_function_it_is_refused_with_what_is_missing(tmp_path, monkeypatch):
    node_runtime.cache_clear()
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RuntimeUnavailableError, match="`node` is not on the path"):
        Host([Function("shown", "app.handler", tmp_path, runtime="nodejs20.x")])
    with pytest.raises(RuntimeUnavailableError, match="ruby"):
        Host([Function("shown", "app.handler", tmp_path, runtime="ruby3.4")])
