"""The Lambda Invoke call over HTTP, as the AWS emulator and anything with an SDK can call it."""

import base64
import binascii
import json
from collections.abc import Mapping
from urllib.parse import parse_qs, unquote, urlsplit

from mendline_playground.host.invocation import Result
from mendline_playground.host.refusals import InvokeError, ThrottledError
from mendline_playground.host.service import Host, InvocationType
from mendline_playground.wire import HttpServer, Request, Response

_TYPES: dict[str, InvocationType] = {
    "": "RequestResponse",
    "RequestResponse": "RequestResponse",
    "Event": "Event",
    "DryRun": "DryRun",
}


class InvokeFront:
    """Serves `POST /2015-03-31/functions/NAME/invocations` for one host on a loopback port."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._server = HttpServer(self._handle)

    async def start(self) -> int:
        """Listen and return the port."""
        return await self._server.start()

    async def close(self) -> None:
        """Stop listening and drop every call under way."""
        await self._server.close()

    async def _handle(self, request: Request) -> Response:
        url = urlsplit(request.path)
        match request.method, url.path.split("/"):
            case "POST", ["", "2015-03-31", "functions", name, "invocations"]:
                qualifier = parse_qs(url.query).get("Qualifier", [None])[0]
                return await self._invoke(unquote(name), qualifier, request)
        return _refusal(404, "ResourceNotFoundException", f"There is nothing at {request.path}.")

    async def _invoke(self, name: str, qualifier: str | None, request: Request) -> Response:
        headers = request.headers
        kind = _TYPES.get(headers.get("x-amz-invocation-type", ""))
        if kind is None:
            return _refusal(400, "InvalidParameterValueException", "The invocation type is unknown.")
        wants_tail = headers.get("x-amz-log-type") == "Tail" and kind == "RequestResponse"
        payload = request.body or b"{}"
        try:
            json.loads(payload)
            context = base64.b64decode(headers.get("x-amz-client-context", ""), validate=True).decode()
            result = await self._host.invoke(
                name,
                payload,
                qualifier=qualifier,
                invocation_type=kind,
                client_context=context or None,
                trace_header=headers.get("x-amzn-trace-id"),
                request_id=headers.get("x-playground-request-id"),
                log_tail=wants_tail,
            )
        except ThrottledError as error:
            return _throttled(error)
        except InvokeError as error:
            return _refusal(error.status, error.code, str(error))
        except binascii.Error:
            return _refusal(400, "InvalidRequestContentException", "The client context is not base64.")
        except ValueError as error:
            text = f"Could not parse request body into json: {error}"
            return _refusal(400, "InvalidRequestContentException", text)
        return _answer(result, wants_tail=wants_tail)


def _answer(result: Result, *, wants_tail: bool) -> Response:
    headers = {"X-Amzn-RequestId": result.request_id}
    if result.executed_version is not None:
        headers["X-Amz-Executed-Version"] = result.executed_version
    if result.function_error is not None:
        headers["X-Amz-Function-Error"] = result.function_error
    if wants_tail:
        headers["X-Amz-Log-Result"] = base64.b64encode(result.log_tail.encode()[-4096:]).decode()
    return Response(result.status, result.payload, headers)


def _throttled(error: ThrottledError) -> Response:
    body = {"Reason": error.reason, "Type": "User", "message": str(error)}
    return _refusal(error.status, error.code, str(error), body, {"Retry-After": str(error.retry_after_s)})


def _refusal(
    status: int, kind: str, text: str, body: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
) -> Response:
    told = json.dumps(body or {"Type": "User", "Message": text}).encode()
    return Response(status, told, {"Content-Type": "application/json", "X-Amzn-ErrorType": kind, **(headers or {})})
