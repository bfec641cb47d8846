"""The exec wrapper under the runtime client that Lambda itself runs."""

from __future__ import annotations

import json
import os
import re
import subprocess
import textwrap
from pathlib import Path

import pytest
from lambda_runtime import GOOD, REQUEST_ID, TRACE, WRAPPER

import mendline_agent


@pytest.mark.parametrize(
    "handler_env", [{}, {"_HANDLER": "app.handler"}], ids=["argument only", "argument and _HANDLER"]
)
def test_a_function_without_any_code_of_ours_is_traced(lambda_run, collector, attributes, handler_env):
    answers, _ = lambda_run({"app.py": GOOD}, [{"n": 1}, {"n": 2}], **handler_env)
    assert answers == [
        (f"invocation/{REQUEST_ID}/response", {"got": {"n": n}, "name": "app.handler", "package": ""}) for n in (1, 2)
    ]
    collector.wait(lambda: len(collector.roots()) == 2)
    first, second = collector.roots()
    assert first.name == "shop"
    assert first.trace_id.hex() == TRACE
    assert attributes(first)["faas.invocation_id"] == REQUEST_ID
    assert [attributes(root)["faas.coldstart"] for root in (first, second)] == [True, False]
    assert json.loads(attributes(second)["mendline.request"]) == {"n": 2}


def test_a_handler_in_a_folder_is_found(lambda_run, collector):
    answers, _ = lambda_run({"pkg/app.py": GOOD}, [{}], handler="pkg/app.handler", _HANDLER="pkg/app.handler")
    assert answers[0][1]["name"] == "pkg/app.handler"
    collector.wait(collector.roots)


def test_decorator_and_wrapper_together_make_one_span(lambda_run, collector):
    code = "from mendline_agent import instrument\n@instrument\ndef handler(event, context): return 1\n"
    lambda_run({"app.py": code}, [{}])
    collector.wait(collector.roots)
    collector.root()


def test_a_result_that_lambda_cannot_send_is_a_failure_where_the_runtime_gets_it(lambda_run, collector, attributes):
    code = "import datetime\ndef handler(event, context): return {'at': datetime.date(2026, 1, 1)}\n"
    ((where, said),), _ = lambda_run({"app.py": code}, [{}])
    collector.wait(collector.roots)
    assert (where.rpartition("/")[2], said["errorType"]) == ("error", "Runtime.MarshalError")
    assert attributes(collector.root())["error.type"] == "Runtime.MarshalError"
    assert collector.root().status.code == 2


BROKEN = {
    "missing library": "import no_such_library\n",
    "missing handler": "x = 1\n",
    "error at import": "1 / 0\n",
    "attribute error at import": "import os\nos.no_such_thing\n",
    "syntax error": "def handler(:\n",
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_module_that_cannot_be_loaded_fails_as_it_would_without_us(lambda_run, collector, name):
    (with_us,), _ = lambda_run({"app.py": BROKEN[name]}, [])
    (without_us,), _ = lambda_run({"app.py": BROKEN[name]}, [], wrapper=())
    with_stack, without_stack = with_us[1].pop("stackTrace"), without_us[1].pop("stackTrace")
    assert with_us == without_us
    assert with_us[0] == "init/error"
    assert with_stack[-1:] == without_stack[-1:]
    assert collector.requests == []


def test_an_exception_reaches_the_runtime_with_its_stack(lambda_run, collector):
    code = "def handler(event, context):\n    raise KeyError('mine')\n"
    answers, _ = lambda_run({"app.py": code}, [{}])
    path, error = answers[0]
    assert path.endswith("/error")
    assert (error["errorType"], error["errorMessage"]) == ("KeyError", "'mine'")
    assert "raise KeyError" in error["stackTrace"][-1]
    collector.wait(collector.roots)
    assert collector.root().status.code == 2


@pytest.mark.parametrize(("variable", "value"), [
    ("MENDLINE_DISABLED", "1"), ("OTEL_SDK_DISABLED", "true"), ("OTEL_EXPORTER_OTLP_ENDPOINT", "non://sense"),
    ("AWS_EXECUTION_ENV", "AWS_Lambda_nodejs22.x"),
])  # fmt: skip
def test_the_function_runs_when_the_agent_does_not(lambda_run, collector, variable, value):
    answers, _ = lambda_run({"app.py": GOOD}, [{"n": 1}], _HANDLER="app.handler", **{variable: value})
    assert answers[0][1]["got"] == {"n": 1}
    assert collector.requests == []


def test_the_function_runs_when_the_agent_s_files_are_damaged(lambda_run, collector, tmp_path):
    layer = tmp_path / "opt"
    package = layer / "python" / "mendline_agent"
    package.mkdir(parents=True)
    for path in Path(mendline_agent.__file__).parent.glob("*.py"):
        (package / path.name).write_text(path.read_text())
    (package / "agent.py").write_text("raise RuntimeError('damaged')")
    (layer / "mendline").write_text(WRAPPER.read_text())
    (layer / "mendline").chmod(0o755)
    answers, log = lambda_run(
        {"app.py": GOOD}, [{"n": 1}], wrapper=(str(layer / "mendline"),), _HANDLER="app.handler",
        PYTHONPATH=str(layer / "python"),
    )  # fmt: skip
    assert answers[0][1]["got"] == {"n": 1}
    assert "damaged" in log.read_text()


SPEAKING = """
    import logging, sys

    logging.getLogger().setLevel(logging.INFO)

    def handler(event, context):
        print("printed")
        logging.info("got %s %d", [event], 7)
        logging.getLogger("shop").debug("not shown")
        sys.stderr.write("to stderr\\n")
        sys.stdout.writelines(["of several\\n"])
        return sys.stdout.write("last\\n")
"""
# The runtime writes records to stdout, or, where Lambda hands it a descriptor for them, frames to that.
SINKS = {
    "text on stdout": {},
    "JSON on stdout": {"AWS_LAMBDA_LOG_FORMAT": "JSON"},
    "text in frames": {"_LAMBDA_TELEMETRY_LOG_FD": "1"},
    "JSON in frames": {"_LAMBDA_TELEMETRY_LOG_FD": "1", "AWS_LAMBDA_LOG_FORMAT": "JSON"},
}


@pytest.mark.parametrize("sink", SINKS)
def test_lines_are_told_once_and_the_log_is_as_without_us(lambda_run, collector, attributes, sink):
    def log_of(**options):
        answers, log = lambda_run({"app.py": SPEAKING}, [{}], **SINKS[sink], **options)
        text = re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", b"TIME", log.read_bytes())
        return answers, re.sub(rb"(\xa5Z\0.{5}).{8}", rb"\1", text, flags=re.DOTALL)  # time of a frame

    assert log_of() == log_of(wrapper=())
    collector.wait(lambda: len(collector.log_records()) == 5)
    bodies = [record.body.string_value for record in collector.log_records()]
    assert bodies == ["printed", "got [{}] 7", *ENDS]
    assert {attributes(record)["faas.invocation_id"] for record in collector.log_records()} == {REQUEST_ID}
    assert {record.trace_id.hex() for record in collector.log_records()} == {TRACE}


ORDERS = """
    import boto3
    import moto

    mock = moto.mock_aws()
    mock.start()
    table = boto3.client("dynamodb", region_name="eu-west-1", aws_access_key_id="x", aws_secret_access_key="y")
    table.create_table(
        TableName="orders", BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
    )


    def save(order):
        item = {"id": {"S": order["id"]}}
        total = sum(line["price"] * line["count"] for line in order["lines"])
        if order.get("card"):
            item["card"] = {"S": order["card"]}
        item["total"] = {"N": str(total)}
        table.put_item(TableName="orders", Item=item)
        return table.get_item(TableName="orders", Key={"id": {"S": order["id"]}})["Item"]


    def handler(event, context):
        return save(event)
"""


def test_from_a_put_one_sees_the_line_and_the_values_that_prepared_it(lambda_run, collector, attributes):
    order = {"id": "A-1", "card": "4111 1111 1111 1111", "lines": [{"price": 5, "count": 2}, {"price": 7, "count": 1}]}
    app = {"shop.py": ORDERS, "app.py": "from shop import handler"}
    answers, _ = lambda_run(app, [order], MENDLINE_LINES="shop.save:item,total")
    stored = {"id": {"S": "A-1"}, "card": {"S": "4111 1111 1111 1111"}, "total": {"N": "17"}}
    assert answers[0][1] == stored
    collector.wait(collector.roots)
    put = next(span for span in collector.operations() if span.name == "DynamoDB.PutItem")
    (save,) = [span for span in collector.spans() if span.span_id == put.parent_span_id]
    source = textwrap.dedent(ORDERS).splitlines()
    (at,) = [number for number, text in enumerate(source, 1) if "table.put_item" in text]

    found, told = attributes(put), attributes(save)
    shown = {"id": {"S": "A-1"}, "card": {"S": "[redacted]"}, "total": {"N": "17"}}
    assert (save.name, found["code.function.name"], found["code.line.number"]) == ("shop.save", "shop.save", at)
    values = json.loads(found["mendline.locals"])
    assert (json.loads(values["item"]), values["total"]) == (shown, "17")

    lines = [(line - at, *changed) for line, *changed in json.loads(told["mendline.lines"])]
    assert [line for line, *_ in lines] == [-5, -4, -3, -2, -1, 0, 1]
    assert json.loads(lines[0][1]["item"]) == {"id": {"S": "A-1"}}
    assert lines[1][1] == {"total": "17"}
    assert json.loads(lines[4][1]["item"]) == shown
    assert lines[5] == (0,)
    assert "mendline.lines.stopped" not in told


ENDS = ["to stderr", "of several", "last"]


def test_wrapper_is_where_the_readme_says_in_a_package():
    assert WRAPPER.relative_to(WRAPPER.parents[2]).as_posix() == "mendline_agent/bin/mendline"
    assert os.access(WRAPPER, os.X_OK)


def test_a_layer_is_found_beside_the_wrapper(tmp_path):
    layer = tmp_path / "opt"
    (layer / "python" / "mendline_agent").mkdir(parents=True)
    (layer / "python" / "mendline_agent" / "wrapper.py").write_text("")
    (layer / "mendline").write_text(WRAPPER.read_text())
    (layer / "mendline").chmod(0o755)
    show = 'echo "$_HANDLER|$MENDLINE_HANDLER|$PYTHONPATH|$*"'
    command = [str(layer / "mendline"), "sh", "-c", show, "sh", "a b.handler", "x y"]
    env = {"PATH": os.environ["PATH"], "_HANDLER": "a b.handler", "PYTHONPATH": "/users"}
    out = subprocess.run(command, env=env, capture_output=True, text=True, check=True).stdout.strip()
    ours = "mendline_agent.wrapper.handler"
    assert out == f"{ours}|a b.handler|/users:{layer / 'python'}|{ours} x y"


def test_in_lambda_s_own_place_a_layer_is_found_without_a_path_of_its_own(tmp_path):
    (tmp_path / "python" / "mendline_agent").mkdir(parents=True)
    (tmp_path / "python" / "mendline_agent" / "wrapper.py").write_text("")
    (tmp_path / "mendline").write_text(WRAPPER.read_text())
    (tmp_path / "mendline").chmod(0o755)
    run = f"mount --bind {tmp_path} /opt && exec /opt/mendline sh -c 'echo $MENDLINE_HANDLER,$PYTHONPATH'"
    env = {"PATH": os.environ["PATH"], "_HANDLER": "app.handler", "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13"}
    ran = subprocess.run(["unshare", "-m", "sh", "-c", run], env=env, capture_output=True, text=True, check=False)
    if ran.returncode:
        pytest.skip(f"this machine lets nobody mount: {ran.stderr.strip()[:100]}")
    assert ran.stdout == "app.handler,\n"


def test_the_user_s_code_finds_its_paths_as_they_were(lambda_run):
    show = """
        import os, sys

        def handler(event, context):
            return [os.environ.get("PYTHONPATH"), os.environ.get("MENDLINE_ADDED_PATH"), sys.path]
    """
    (ours,), _ = lambda_run({"app.py": show}, [{}])
    (bare,), _ = lambda_run({"app.py": show}, [{}], wrapper=())
    assert ours[1][:2] == bare[1][:2] == [None, None]
    assert sorted(ours[1][2]) == sorted(bare[1][2])
    assert ours[1][2][:4] == bare[1][2][:4]  # the user's own, and the standard library


def test_a_wrapper_without_its_package_is_not_there(tmp_path):
    (tmp_path / "mendline").write_text(WRAPPER.read_text())
    (tmp_path / "mendline").chmod(0o755)
    env = {"PATH": os.environ["PATH"], "_HANDLER": "app.handler"}
    command = [str(tmp_path / "mendline"), "sh", "-c", 'echo "$_HANDLER"']
    assert subprocess.run(command, env=env, capture_output=True, text=True, check=True).stdout == "app.handler\n"
