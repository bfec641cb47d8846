"""AWS calls: every operation of a botocore client as one span, with the trace passed on in messages."""

from __future__ import annotations

from .aws_carriers import carry
from .aws_resources import describe_answer, describe_call
from .following import follow
from .operations import begin, message_of
from .propagation import traceparent

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

    from .following import Asked, Begun
    from .operations import Operation

_LINKS_OF_CALL = 100  # on the call's own span; the invocation has all


def patch(module: ModuleType) -> None:
    """Follow `botocore.client.BaseClient._make_api_call`."""
    follow(module.BaseClient, "_make_api_call", _begin, _complete, _tell)


def _begin(asked: Asked) -> Begun:
    if len(asked.args) != 2:
        return None  # botocore itself names none of the two
    operation_name, params = asked.args
    meta = asked.on.meta
    call = describe_call(meta.service_model.service_name, operation_name, params)
    rpc_service = str(meta.service_model.service_id)
    attributes = {
        "rpc.system": "aws-api",
        "rpc.service": rpc_service,
        "rpc.method": operation_name,
        "cloud.region": meta.region_name,
        "server.address": _host(meta.endpoint_url),
        **call.attributes,
    }
    operation = begin(f"{rpc_service}.{operation_name}", call.kind, call.resource, attributes)
    if operation is not None:
        operation.links = call.links
    return operation


def _tell(operation: Operation, asked: Asked) -> None:
    """The parameters, or a copy of them that carries the trace."""
    name, params = asked.args
    header = traceparent(operation.span.context, operation.span.span_id)
    asked.args = name, carry(asked.on.meta.service_model.service_name, name, params, header)


def _complete(operation: Operation, answer: Any, error: Any) -> None:
    """Request id, status, retries; the AWS error code when the service refused."""
    span = operation.span
    if error is not None:
        answer = getattr(error, "response", None)
        code = answer.get("Error", {}).get("Code") if isinstance(answer, dict) else None
        if code:
            span.fail(str(code), message_of(error))
    if not isinstance(answer, dict):
        return
    metadata = answer.get("ResponseMetadata", {})
    span.attributes["aws.request_id"] = metadata.get("RequestId")
    span.attributes["http.response.status_code"] = metadata.get("HTTPStatusCode")
    if metadata.get("RetryAttempts"):
        span.attributes["mendline.retries"] = metadata["RetryAttempts"]
    if error is None:
        links = describe_answer(operation.key, span.attributes, answer)
        if operation.links:
            from .dynamodb_keys import at_seconds

            links = at_seconds(operation.links, span.start_ns, span.start_ns + span.elapsed_ns())
        if links:
            span.attributes["mendline.links.out"] = links[:_LINKS_OF_CALL]
            operation.record.link_out(links)


def _host(url: str) -> str:
    return url.partition("://")[2].partition("/")[0].partition(":")[0]
