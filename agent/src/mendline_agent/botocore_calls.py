"""AWS calls: every operation of a botocore client as one span, with the trace passed on in messages."""

from __future__ import annotations

from .aws_carriers import carry
from .aws_resources import describe_answer, describe_call
from .guard import GUARD
from .operations import begin, message_of, observe, wanted
from .propagation import traceparent

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

    from .operations import Operation

_LINKS_OF_CALL = 100  # on the call's own span; the invocation has all


def patch(module: ModuleType) -> None:
    """Follow `botocore.client.BaseClient._make_api_call`."""
    original = module.BaseClient._make_api_call
    if getattr(original, "__mendline__", False):
        return

    def _make_api_call(self: Any, operation_name: str, api_params: Any) -> Any:
        if not wanted():
            return original(self, operation_name, api_params)
        operation, params = _begin(self, operation_name, api_params)
        if operation is None:
            return original(self, operation_name, api_params)
        return observe(operation, lambda: original(self, operation_name, params), _complete)

    _make_api_call.__mendline__ = True  # type: ignore[attr-defined]
    module.BaseClient._make_api_call = _make_api_call


def _begin(client: Any, operation_name: str, params: Any) -> tuple[Operation | None, Any]:
    """The operation, and the parameters to call with (the caller's own, or a copy that carries the trace)."""
    try:
        service = client.meta.service_model.service_name
        call = describe_call(service, operation_name, params)
        rpc_service = str(client.meta.service_model.service_id)
        operation = begin(f"{rpc_service}.{operation_name}", call.kind, call.resource)
        if operation is None:
            return None, params
        attributes = operation.span.attributes
        attributes["rpc.system"] = "aws-api"
        attributes["rpc.service"] = rpc_service
        attributes["rpc.method"] = operation_name
        attributes["cloud.region"] = client.meta.region_name
        attributes["server.address"] = _host(client.meta.endpoint_url)
        attributes.update(call.attributes)
        if call.links:
            operation.links = call.links
    except Exception as error:
        GUARD.failed("AWS call", error)
        return None, params
    try:
        header = traceparent(operation.span.context, operation.span.span_id)
        return operation, carry(service, operation_name, params, header)
    except Exception as error:
        GUARD.failed("AWS carrier", error)
        return operation, params


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
