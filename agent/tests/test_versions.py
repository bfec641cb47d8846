"""The agent runs on every Python from 3.9 on: its syntax everywhere, itself wherever an interpreter can be had."""

from __future__ import annotations

import ast
import json
import subprocess
from pathlib import Path

import pytest

import mendline_agent

PACKAGE = Path(mendline_agent.__file__).parent
MINORS = range(9, 15)


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: path.stem)
def test_syntax_is_that_of_python_3_9(path):
    ast.parse(path.read_text(), feature_version=(3, 9))


PROGRAM = """
import http.client, json, os, pkgutil, sys, time
import mendline_agent
from importlib import import_module
for module in pkgutil.iter_modules(mendline_agent.__path__):
    if module.name != "wrapper":
        import_module("mendline_agent." + module.name)

class Context:
    function_name = "shop"
    aws_request_id = "8f5ad1f2-0000-4000-8000-000000000001"
    invoked_function_arn = "arn:aws:lambda:eu-west-1:123456789012:function:shop"
    client_context = None
    def get_remaining_time_in_millis(self):
        return 30000

@mendline_agent.instrument
def handler(event, context):
    try:
        http.client.HTTPConnection("127.0.0.1", 9).request("GET", "/x")
    except OSError:
        pass
    if event.get("fails"):
        raise ValueError("as asked")
    return {"echo": event}

print(json.dumps(handler({"n": 1}, Context())))
try:
    handler({"fails": 1}, Context())
except ValueError as error:
    print(error)
from mendline_agent.guard import GUARD
print(GUARD.failures, GUARD.last)
"""


@pytest.mark.parametrize("minor", MINORS)
def test_a_function_is_followed_on_this_python(collector, attributes, interpreter_of, minor):
    interpreter = interpreter_of(minor)
    env = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
        "PYTHONPATH": str(PACKAGE.parent),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    ran = subprocess.run(
        [interpreter, "-W", "error", "-W", "ignore::ResourceWarning", "-c", PROGRAM],
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.stderr == ""
    assert ran.stdout.splitlines() == [json.dumps({"echo": {"n": 1}}), "as asked", "0 "]
    collector.wait(lambda: len(collector.roots()) == 2)
    first, second = collector.roots()
    assert json.loads(attributes(first)["mendline.operations"])[0][:2] == ["http", "127.0.0.1"]
    assert attributes(collector.operations()[0])["error.type"] == "ConnectionRefusedError"
    assert (second.status.code, attributes(second)["error.type"]) == (2, "ValueError")
