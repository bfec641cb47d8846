"""Runs under ministack's Python: hands its Lambda executions to our host, then serves it on an inherited socket.

Arguments: the version this was written for, the listening descriptor, the port of the host's Invoke front.
It imports nothing of the playground. The seams are internal to ministack, which is why its version is pinned
and `check_seams` looks at each of them before anything starts.
"""

import asyncio
import base64
import contextvars
import http.client
import importlib.metadata
import inspect
import json
import os
import sys
import uuid
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

ministack_version = importlib.metadata.version("ministack")

from hypercorn.asyncio import serve as hypercorn_serve  # type: ignore[import-not-found] # noqa: E402 - likewise
from hypercorn.config import Config  # type: ignore[import-not-found] # noqa: E402 - its environment is read at import
from ministack import app as ministack_app  # noqa: E402 - likewise
from ministack.services import (  # noqa: E402 - likewise
    apigateway,
    cloudwatch,
    dynamodb,
    eventbridge,
    lambda_svc,
    sns,
    sqs,
)

sys.path.insert(0, os.path.dirname(__file__))  # noqa: PTH120 - what lies beside this script
from manners import Manners  # noqa: E402 - likewise
from upkeep import Upkeep  # noqa: E402 - likewise

_SEAMS = [
    (lambda_svc, "_execute_function_dispatch", ["func", "config", "event", "request_id", "started"]),
    (lambda_svc, "_invoke", ["name", "event", "headers", "path_qualifier", "query_params"]),
    (lambda_svc, "invoke_async_with_retry", ["func", "event"]),
    (lambda_svc, "_execute_function", ["func", "event"]),
    (lambda_svc, "_emit_lambda_metrics", ["function_name", "duration_ms", "error", "throttle"]),
    (sns, "_deliver_to_lambda", ["endpoint", "envelope", "topic_arn", "sub_arn", "msg_id", "raw_message"]),
]

Record = dict[str, Any]

# What the caller of Invoke said that ministack does not hand down to the execution, and `answer`: the headers of our
# host's answer, which ministack does not hand up.
_call: contextvars.ContextVar[Record | None] = contextvars.ContextVar("playground_call", default=None)

_UP = ("X-Amzn-RequestId", "X-Amz-Executed-Version")


def check_seams(expected_version: str) -> None:
    """End with a sentence if ministack is not the one that this was written for."""
    if ministack_version != expected_version:
        sys.exit(f"ministack {ministack_version} is installed, but the playground needs {expected_version}.")
    for module, name, parameters in _SEAMS:
        function = getattr(module, name, None)
        found = list(inspect.signature(function).parameters) if callable(function) else None
        if found is None or found[: len(parameters)] != parameters:
            sys.exit(f"ministack {ministack_version} has no {module.__name__}.{name}{tuple(parameters)}.")
    for module, name in [
        (lambda_svc, "_ensure_poller"),
        (eventbridge, "start_scheduler"),
        (sqs, "_queues"),
        (cloudwatch, "_metrics"),
        (dynamodb, "_STREAM_RETENTION_SECONDS"),
        (eventbridge, "_events_log"),
        (apigateway, "_invoke_lambda_proxy"),
    ]:
        if not hasattr(module, name):
            sys.exit(f"ministack {ministack_version} has no {module.__name__}.{name}.")


def trace_header_of(event: object) -> str | None:
    """The X-Ray header that the event itself carries: of an HTTP request or of a queue's first message."""
    if not isinstance(event, dict):
        return None
    headers = event.get("headers")
    if isinstance(headers, dict):
        for name, value in headers.items():
            if name.lower() == "x-amzn-trace-id":
                return str(value)
    records = event.get("Records")
    if isinstance(records, list) and records and isinstance(records[0], dict):
        return (records[0].get("attributes") or {}).get("AWSTraceHeader")
    return None


def qualified(config: Record) -> str:
    """The ARN of what is to run: ministack has resolved the alias to a version, whose own ARN does not name it."""
    arn, version = str(config["FunctionArn"]), config.get("Version")
    return arn if arn.count(":") > 6 or version in (None, "$LATEST") else f"{arn}:{version}"


class Bridge:
    """Turns ministack's executions into Invoke calls to the host."""

    def __init__(self, port: int) -> None:
        self._port = port

    def post(self, arn: str, event: object, request_id: str, *, kind: str) -> tuple[int, dict[str, str], bytes]:
        """One Invoke by an ARN, qualified or not: the answer's status, headers (lower case) and body."""
        call = _call.get() or {}
        headers = {
            "Content-Type": "application/json",
            "X-Amz-Invocation-Type": kind,
            "X-Playground-Request-Id": request_id,
        }
        trace = call.get("x-amzn-trace-id") or trace_header_of(event)
        for field, value in {
            "X-Amzn-Trace-Id": trace,
            "X-Amz-Client-Context": call.get("x-amz-client-context"),
            "X-Amz-Log-Type": call.get("x-amz-log-type"),
        }.items():
            if value:
                headers[field] = value
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=960)
        try:
            path = f"/2015-03-31/functions/{quote(arn, safe='')}/invocations"
            connection.request("POST", path, json.dumps(event, ensure_ascii=False).encode(), headers)
            answer = connection.getresponse()
            call["answer"] = {field.lower(): value for field, value in answer.getheaders()}
            return answer.status, call["answer"], answer.read()
        finally:
            connection.close()

    def execute(self, func: Record, config: Record, event: object, request_id: str, started: float) -> Record:
        """Stands for `_execute_function_dispatch`: one execution, its result in ministack's shape."""
        kind = (_call.get() or {}).get("kind", "RequestResponse")
        try:
            status, headers, body = self.post(qualified(config), event, request_id, kind=kind)
        except OSError as error:
            failure = {"errorType": "Sandbox.Failure", "errorMessage": f"The Lambda host is gone: {error}"}
            return {"body": failure, "error": True, "function_error": "Unhandled", "log": ""}
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            told = {
                **json.loads(body),
                "__type": headers["x-amzn-errortype"],
                "retryAfterSeconds": headers["retry-after"],
            }
            return {"throttle": True, "error": True, "body": told, "log": ""}
        if status >= HTTPStatus.BAD_REQUEST:
            failure = {"errorType": headers.get("x-amzn-errortype", ""), "errorMessage": body.decode()}
            return {"body": failure, "error": True, "function_error": "Unhandled", "log": ""}
        log = base64.b64decode(headers.get("x-amz-log-result", "")).decode("utf-8", "replace")
        if kind == "Event":
            return {"body": None, "log": ""}
        result = {"body": json.loads(body), "log": log}
        if "x-amz-function-error" in headers:
            result |= {"error": True, "function_error": headers["x-amz-function-error"]}
        return result

    def execute_later(self, func: Record, event: object) -> None:
        """Stands for `invoke_async_with_retry`: the host retries, under one request id."""
        config = func.get("config") or func
        self.post(qualified(config), event, str(uuid.uuid4()), kind="Event")


def patch(bridge: Bridge) -> None:
    """Put the bridge into ministack's seams."""
    invoke, deliver = lambda_svc._invoke, sns._deliver_to_lambda

    async def invoke_with_headers(
        name: str,
        event: object,
        headers: dict[str, str],
        path_qualifier: str | None = None,
        query_params: Record | None = None,
    ) -> object:
        lowered = {field.lower(): value for field, value in headers.items()}
        wanted = ("x-amzn-trace-id", "x-amz-client-context", "x-amz-log-type")
        call: Record = {field: lowered[field] for field in wanted if field in lowered}
        _call.set(call)
        status, answered, body = await invoke(name, event, headers, path_qualifier, query_params)
        told = call.get("answer", {})
        return status, {**answered, **{field: told[field.lower()] for field in _UP if field.lower() in told}}, body

    def deliver_asynchronously(*arguments: object) -> object:
        _call.set({"kind": "Event"})  # its own thread and context
        return deliver(*arguments)

    lambda_svc._execute_function_dispatch = bridge.execute
    lambda_svc.invoke_async_with_retry = bridge.execute_later
    lambda_svc._invoke = invoke_with_headers
    lambda_svc._emit_lambda_metrics = lambda *_, **__: None  # the host tells CloudWatch of every invocation
    lambda_svc._ensure_poller = lambda: None  # the playground has its own pollers (mendline_playground.sources)
    eventbridge.start_scheduler = lambda: None  # and its own clock
    sns._deliver_to_lambda = deliver_asynchronously


def serve(descriptor: int) -> None:
    """Serve ministack on the inherited socket until killed."""
    config = Config()
    config.bind = [f"fd://{descriptor}"]
    config.keep_alive_timeout = 75
    config.loglevel = "WARNING"
    upkeep = Upkeep()
    upkeep.start()
    asyncio.run(hypercorn_serve(Manners(ministack_app.app, upkeep.count), config))


if __name__ == "__main__":
    check_seams(sys.argv[1])
    patch(Bridge(int(sys.argv[3])))
    serve(int(sys.argv[2]))
