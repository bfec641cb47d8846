"""Failing the Nth internal call, for every N, never reaches the user's code: each one is failed in a run of its own.

Internal calls are those on the invocation's own thread, to functions of the agent and from there to what is built in,
but for what the user calls or is called by. What other threads do ends there; with `extension` there is no Extensions
API here, so that it is asked for and then sent over HTTP.
"""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import importlib
import logging
import os
import sys
from pathlib import Path

import boto3
import pytest
from botocore.config import Config
from opentelemetry import propagate, trace

import mendline_agent
from mendline_agent import agent as agent_module
from mendline_agent import following, hooks, instrument
from mendline_agent import traced as follow
from mendline_agent.calling import begin
from mendline_agent.guard import GUARD
from mendline_agent.spans import CLIENT

OURS = str(Path(mendline_agent.__file__).parent) + os.sep
MOST = 3_000
# From here the user's functions are called, also such as are built in; their callers are the user, or the interpreter.
AROUND = {
    *(
        "instrumented",
        "followed",
        "plain",
        "awaited",
        "run",
        "find_spec",
        "create_module",
        "exec_module",
        "__getattr__",
    ),
    *("_initializing", "_get_response"),
    "<genexpr>",  # which fails with its function, or is only closed
}
# Called by others: what fails in their place is the call of the user's, or of a package's, to a function of its API.
CALLED_BY_OTHERS = AROUND | {
    *("_tracer", "_current", "start_span", "start_as_current_span", "guarded", "is_recording", "get_span_context"),
    *("set_attribute", "__exit__"),
}


class PlantedError(Exception):
    """Raised in the place of a call."""


# A lock that cannot be let go, and what print and logging call in the end, are no internal calls that may fail.
NEVER = ("__exit__", "release", "write")


class Fault:
    """A profile function that fails one call to a function of the agent's, or one from there to what is built in: that
    of this number, from 0."""

    def __init__(self, number: int) -> None:
        self.left = number
        self.failed = ""

    def __call__(self, frame, event, arg) -> None:
        code = frame.f_code
        if not code.co_filename.startswith(OURS) or event not in ("call", "c_call"):
            return
        if event == "call" and code.co_name in CALLED_BY_OTHERS:
            return
        if event == "c_call" and (code.co_name in AROUND or arg.__name__ in NEVER):
            return
        self.left -= 1
        if self.left < 0 and not self.failed:
            called = code.co_name if event == "call" else arg.__name__
            self.failed = f"{called} in {Path(code.co_filename).name}:{frame.f_lineno}"
            raise PlantedError(self.failed)


def outcome_of(call, fault=None):
    try:
        sys.setprofile(fault)
        return "returned", call()
    except Exception as error:
        return "raised", error
    finally:
        sys.setprofile(None)


@follow(arguments=True, result=True)
def price(count):
    return count * 2


@follow
async def priced(count):
    return price(count)


@follow
def counted(most):
    yield from range(most)


@follow(lines=True, locals=("whole",))
def by_lines(count):
    whole = count + 1
    return price(whole)


class Client:
    """A library of the user's, awaited."""

    async def ask(self, what):
        return what


following.follow(
    Client,
    "ask",
    lambda asked: begin("ask", CLIENT, ("service", "shop", "ask"), {"asked": str(asked.get(0, "what"))}),
    lambda operation, answer, error: operation.links.append("a:b"),
)


USERS = ValueError("the user's own")


def empty(event, port):
    return {"ok": True}


def raising(event, port):
    raise USERS.with_traceback(None)


def calling(event, port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/x?token=abc")
        return connection.getresponse().read()
    finally:
        connection.close()


def inside(event, port):
    return price(event["order"]) + asyncio.run(priced(3)) + sum(counted(3)) + by_lines(4)


def awaiting(event, port):
    return asyncio.run(Client().ask(event["order"]))


def logging_lines(event, port):
    logging.getLogger("shop").warning("order %s", event)
    return 1


def putting(event, port):
    if port not in TABLES:
        config = Config(retries={"max_attempts": 0})
        TABLES[port] = boto3.client(
            "dynamodb", endpoint_url=f"http://127.0.0.1:{port}", region_name="eu-west-1", config=config,
            aws_access_key_id="x", aws_secret_access_key="y",
        )  # fmt: skip
    return TABLES[port].put_item(TableName="orders", Item={"id": {"S": "1"}}).get("Attributes")


TABLES = {}
TRACER = trace.get_tracer("shop.instrumentation")


def speaking_otel(event, port):
    with TRACER.start_as_current_span("outer") as span:
        span.set_attribute("shop.order", 4)
        span.add_event("packed", {"boxes": 2})
        with contextlib.suppress(KeyError), TRACER.start_as_current_span("inner"):
            raise KeyError(event["order"])
        headers = {}
        propagate.inject(headers)
        return sorted(headers) or ["traceparent"]


def importing(event, port):
    sys.modules.pop("shop_of_faults", None)
    return importlib.import_module("shop_of_faults").price(2)


HANDLERS = {
    "returns": empty, "raises": raising, "calls": calling, "is followed inside": inside, "logs": logging_lines,
    "imports": importing, "awaits": awaiting, "asks AWS": putting, "speaks OpenTelemetry": speaking_otel,
}  # fmt: skip
EVENTS = {
    "direct": {"order": 4},
    "sqs": {"Records": [{"eventSource": "aws:sqs", "messageId": "1", "body": "{}", "eventSourceARN": "a:b:c"}] * 2},
    "api": {"version": "2.0", "routeKey": "GET /a", "rawPath": "/a", "headers": {"traceparent": "00-x"},
             "requestContext": {"http": {"method": "GET", "path": "/a"}, "domainName": "d", "timeEpoch": 1}},
}  # fmt: skip
RUNS = [
    *((name, "http", "direct") for name in HANDLERS), ("returns", "log", "direct"), ("raises", "log", "sqs"),
    ("returns", "extension", "direct"), ("raises", "extension", "direct"), ("returns", "http", "sqs"),
    ("raises", "http", "api"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "way", "kind"), RUNS)
def test_no_call_that_fails_reaches_the_user(
    lambda_env, collector, serve, make_context, tmp_path, capfd, name, way, kind
):
    port = serve(lambda request: (200, {}, b"{}")).port
    (tmp_path / "shop_of_faults.py").write_text("def price(n):\n    return n\n")
    lambda_env.syspath_prepend(tmp_path)
    lambda_env.setenv("MENDLINE_EXPORT", way)
    lambda_env.setenv("MENDLINE_TRACE", "shop_of_faults")
    lambda_env.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
    timer = hooks.ImportTimer()
    event, calls = EVENTS[kind], []

    def handler(event, context):
        calls.append(event)
        return HANDLERS[name](event, port)

    wrapped = instrument(handler)
    timer.install()
    expected = outcome_of(lambda: wrapped(event, make_context()))
    number, bad = 0, []
    while number < MOST:
        fault, before = Fault(number), len(calls)
        outcome = outcome_of(lambda: wrapped(event, make_context()), fault)
        if outcome != expected or len(calls) != before + 1 or agent_module.ACTIVE.record is not None:
            bad.append((fault.failed, outcome))
        if not fault.failed:
            break
        number += 1
    timer.remove()
    while TABLES:
        TABLES.popitem()[1].close()
    GUARD._quiet_until = 0.0
    assert not bad, chr(10).join(sorted({one[0] for one in bad}))
    assert 40 < number < MOST
