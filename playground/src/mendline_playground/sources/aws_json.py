"""Calls of the local AWS in its JSON protocols, without an SDK: a poller asks thousands of times an hour."""

import json
from typing import Any

from mendline_playground import wire

_CREDENTIAL = (
    "AWS4-HMAC-SHA256 Credential=playground/20260101/us-east-1/{}/aws4_request, SignedHeaders=host, Signature=0"
)


class AwsCallError(RuntimeError):
    """The local AWS refused a call; `code` is its error code."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code


class AwsJson:
    """A client of the local AWS on a loopback port."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def call(self, service: str, target: str, body: dict[str, Any], *, timeout_s: float = 30.0) -> dict[str, Any]:
        """One call, by its `X-Amz-Target`. Raises AwsCallError, OSError or TimeoutError."""
        headers = {
            "Content-Type": "application/x-amz-json-1.1",
            "X-Amz-Target": target,
            "Authorization": _CREDENTIAL.format(service),
        }
        payload = json.dumps(body).encode()
        answer = await wire.request(self._port, "POST", "/", headers=headers, body=payload, timeout_s=timeout_s)
        return _parsed(answer)

    async def get(self, service: str, path: str) -> dict[str, Any]:
        """One read of a REST service. Raises as `call` does."""
        headers = {"Authorization": _CREDENTIAL.format(service)}
        return _parsed(await wire.request(self._port, "GET", path, headers=headers))


def _parsed(answer: wire.Response) -> dict[str, Any]:
    try:
        told: dict[str, Any] = json.loads(answer.body or b"{}")
    except ValueError as error:
        raise AwsCallError(str(answer.status), "the answer is no JSON") from error
    if answer.status >= 300:
        code = str(told.get("__type") or told.get("Type") or answer.status).rpartition("#")[2]
        raise AwsCallError(code, str(told.get("message") or told.get("Message") or ""))
    return told
