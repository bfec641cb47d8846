"""The Lambda Invoke call over HTTP, as the AWS emulator and anything with an SDK can call it."""

import base64
import binascii
import json
from urllib.parse import unquote, urlsplit

from mendline_playground.host.service import Host, InvocationType, UnknownFunctionError
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
        match request.method, urlsplit(request.path).path.split("/"):
            case "POST", ["", "2015-03-31", "functions", name, "invocations"]:
                return await self._invoke(unquote(name).rsplit(":", 1)[-1], request)
        return _refusal(404, "ResourceNotFoundException", f"There is nothing at {request.path}.")

    async def _invoke(self, name: str, request: Request) -> Response:
        headers = request.headers
        kind = _TYPES.get(headers.get("x-amz-invocation-type", ""))
        if kind is None:
            return _refusal(400, "InvalidParameterValueException", "The invocation type is unknown.")
        try:
            context = base64.b64decode(headers.get("x-amz-client-context", ""), validate=True).decode()
            result = await self._host.invoke(
                name,
                request.body or b"{}",
                invocation_type=kind,
                client_context=context or None,
                trace_header=headers.get("x-amzn-trace-id"),
                request_id=headers.get("x-playground-request-id"),
                log_tail=headers.get("x-amz-log-type") == "Tail",
            )
        except UnknownFunctionError as error:
            return _refusal(404, "ResourceNotFoundException", str(error))
        except (binascii.Error, UnicodeDecodeError):
            return _refusal(400, "InvalidRequestContentException", "The client context is not base64 of text.")
        answer = {"X-Amzn-RequestId": result.request_id, "X-Amz-Executed-Version": "$LATEST"}
        if result.function_error is not None:
            answer["X-Amz-Function-Error"] = result.function_error
        if result.log_tail and headers.get("x-amz-log-type") == "Tail":
            answer["X-Amz-Log-Result"] = base64.b64encode(result.log_tail.encode()[-4096:]).decode()
        return Response(result.status, result.payload, answer)


def _refusal(status: int, kind: str, text: str) -> Response:
    body = json.dumps({"Type": "User", "Message": text}).encode()
    return Response(status, body, {"Content-Type": "application/json", "X-Amzn-ErrorType": kind})
