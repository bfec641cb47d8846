"""Runs under ministack's Python: gives calls of the shop's functions the time they take on AWS, and faults.

Who calls is known from the application id that the SDKs put into the user agent (`AWS_SDK_UA_APP_ID`), the service from
the credential's scope. `PUT /_playground/manners` sets both tables: `{"latencies_ms": {"dynamodb/orders/PutItem": 6},
"faults": [{"fault": "throttle", "resource": "dynamodb/orders", "share": 0.5}]}`.
"""

import asyncio
import json
import math
import random
import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qs, unquote

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

OWN_MS = 3.0
"""What a call to the emulator takes by itself, in the mean: it is not waited for again."""

_APP = re.compile(r"\bapp/([\w-]+)")
_SCOPE = re.compile(r"Credential=[^/]+/\d+/[\w-]+/([\w-]+)/aws4_request")
_S3 = {"GET": "GetObject", "PUT": "PutObject", "DELETE": "DeleteObject", "HEAD": "HeadObject"}
_ERRORS = {500: "InternalServerError", 503: "ServiceUnavailable"}


class Manners:
    """Wraps ministack's ASGI application. `count` is called with `sent` or `throttled` and `type/name/operation`."""

    def __init__(self, app: App, count: Callable[[str, str], None], seed: int = 1) -> None:
        self._app = app
        self._count = count
        self._random = random.Random(seed)  # noqa: S311 - reproducible, no secrets
        self._latencies_ms: dict[str, float] = {}
        self._faults: list[dict[str, Any]] = []

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if scope["path"] == "/_playground/manners":
            await self._set(await _body(receive), send)
            return
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        caller = _APP.search(headers.get("user-agent", ""))
        if caller is None:
            await self._app(scope, receive, send)
            return
        body = await _body(receive)
        service, resource = resource_of(scope["method"], scope["path"], headers, body)
        refusal = await self._meet(caller[1], resource, headers.get("amz-sdk-request", ""))
        if refusal is not None:
            await _refuse(send, service, headers, *refusal)
            return
        if resource.endswith(("/SendMessage", "/PutRecord")):
            self._count("sent", resource)
        await self._app(scope, _again(body, receive), send)

    async def _meet(self, caller: str, resource: str, attempt: str) -> tuple[int, str, str] | None:
        """Wait as long as the call takes on AWS; the status, code and message of a refusal, or None."""
        pause_ms = self._latencies_ms.get(resource, 0.0) * math.exp(0.35 * self._random.gauss(0, 1))
        refusal = None
        for fault in self._faults:
            if not _is_of(resource, fault["resource"]) or fault.get("function") not in (None, caller):
                continue
            if self._random.random() >= fault.get("share", 1.0):
                continue
            if fault["fault"] == "slow":
                pause_ms = pause_ms * fault.get("factor", 1.0) + fault.get("add", 0.0) * 1000
            elif not self._is_healed(fault, attempt):
                refusal = self._refusal(fault, caller, resource)
                pause_ms = fault["after"] * 1000 if fault.get("after") else pause_ms
        await asyncio.sleep(max(0.0, pause_ms - OWN_MS) / 1000)
        return refusal

    def _is_healed(self, fault: dict[str, Any], attempt: str) -> bool:
        """Whether the SDK's retry gets through: `attempt` is its own header, "attempt=2; max=5"."""
        return bool(attempt) and "attempt=1" not in attempt and self._random.random() < fault.get("healed", 0.0)

    def _refusal(self, fault: dict[str, Any], caller: str, resource: str) -> tuple[int, str, str]:
        kind, name, operation = resource.split("/", 2)
        if fault["fault"] == "throttle":
            self._count("throttled", resource)
            code = (
                "ProvisionedThroughputExceededException" if kind in ("dynamodb", "kinesis") else "ThrottlingException"
            )
            return 400, code, "The level of configured provisioned throughput for the table was exceeded."
        if fault["fault"] == "deny":
            who = f"arn:aws:sts::000000000000:assumed-role/shop-{caller}/{caller}"
            return 400, "AccessDeniedException", (
                f"User: {who} is not authorized to perform: {kind}:{operation} on resource: {name}"
            )  # fmt: skip
        status = int(fault.get("status") or 500)
        code = fault.get("error") or _ERRORS.get(status, "InternalServerError")
        return status, code, fault.get("message") or "An internal error occurred."

    async def _set(self, body: bytes, send: Send) -> None:
        told = json.loads(body)
        self._latencies_ms = told.get("latencies_ms", self._latencies_ms)
        self._faults = told.get("faults", self._faults)
        await _answer(send, 200, "application/json", b"{}")


def resource_of(method: str, path: str, headers: dict[str, str], body: bytes) -> tuple[str, str]:
    """The service, and `type/name/operation` of a call, as far as it can be told."""
    scope = _SCOPE.search(headers.get("authorization", ""))
    service = scope[1] if scope else ""
    if service == "s3":
        bucket = unquote(path).strip("/").partition("/")[0]
        return service, f"s3/{bucket}/{_S3.get(method, method)}"
    if service == "lambda":
        name = unquote(path).split("/functions/")[-1].partition("/")[0]
        return service, f"lambda/{name.rpartition('function:')[2].partition(':')[0]}/Invoke"
    target = headers.get("x-amz-target", "")
    if target:
        told = json.loads(body or b"{}")
        return service, f"{service}/{_named(told)}/{target.rpartition('.')[2]}"
    form = {name: values[0] for name, values in parse_qs(body.decode("latin-1")).items()}
    return service, f"{service}/{_named(form)}/{form.get('Action', '')}"


def _is_of(resource: str, struck: str) -> bool:
    """Whether a call is to what is struck; one to several tables is to each of them."""
    kind, names, operation = resource.split("/", 2)
    return any(f"{kind}/{name}/{operation}/".startswith(f"{struck}/") for name in names.split(","))


def _named(told: dict[str, Any]) -> str:
    for key in ("TableName", "StreamName", "QueueUrl", "TopicArn", "QueueName"):
        if told.get(key):
            return re.split(r"[/:]", str(told[key]))[-1]
    tables = told.get("RequestItems")
    if isinstance(tables, dict):
        return ",".join(sorted(tables))
    items = told.get("TransactItems")
    return ",".join(sorted({one["TableName"] for item in items for one in item.values()})) if items else ""


async def _body(receive: Receive) -> bytes:
    parts: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return b"".join(parts)
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


def _again(body: bytes, receive: Receive) -> Receive:
    """What receives a body that was read already."""
    messages = [{"type": "http.request", "body": body, "more_body": False}]

    async def give() -> Message:
        return messages.pop() if messages else await receive()

    return give


async def _refuse(send: Send, service: str, headers: dict[str, str], status: int, code: str, message: str) -> None:
    if service in ("s3", "sns") and "x-amz-target" not in headers:
        inner = f"<Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>"
        text = inner if service == "s3" else f"<ErrorResponse>{inner}<RequestId>0</RequestId></ErrorResponse>"
        await _answer(send, status, "text/xml", text.encode())
        return
    told = json.dumps({"__type": f"com.amazonaws.{service}#{code}", "message": message}).encode()
    await _answer(send, status, "application/x-amz-json-1.0", told, code)


async def _answer(send: Send, status: int, kind: str, body: bytes, error: str = "") -> None:
    headers = [(b"content-type", kind.encode()), (b"content-length", str(len(body)).encode())]
    if error:
        headers.append((b"x-amzn-errortype", error.encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
