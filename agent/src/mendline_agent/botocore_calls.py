"""AWS calls: every operation of a botocore client as one span, with the trace passed on in messages."""

from __future__ import annotations

import functools
import sys
from time import perf_counter_ns

from .aws_answers import Attempts, describe_answer
from .aws_carriers import carrier_of
from .aws_resources import alike, describe_call, written_by
from .calling import INSIDE, begin
from .dynamodb_keys import at_seconds
from .following import follow
from .guard import GUARD
from .operations import message_of, name_resource
from .spans import Given, traceparent

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

    from .following import Asked, Begun
    from .operations import Operation

_MOST_KNOWN = 64
_LINKS_OF_CALL = 100  # on the call's own span; the invocation has all


def patch(module: ModuleType) -> None:
    """Follow `botocore.client.BaseClient._make_api_call`, and what it sends, attempt by attempt."""
    follow(module.BaseClient, "_make_api_call", _begin, _complete, _tell)
    endpoint = sys.modules.get("botocore.endpoint")
    if endpoint is not None:
        _watch_attempts(endpoint.Endpoint)


def _watch_attempts(owner: Any) -> None:
    original = owner._get_response
    if getattr(original, "__mendline__", False):
        return

    @functools.wraps(original)
    def _get_response(self: Any, request: Any, *args: Any, **kwargs: Any) -> Any:
        setup, began_ns = INSIDE.get(), perf_counter_ns()
        answer = original(self, request, *args, **kwargs)
        if setup is not None:
            try:
                if setup.attempts is None:
                    setup.attempts = Attempts()
                setup.attempts.add(began_ns, request, answer)
            except Exception as error:
                GUARD.failed("AWS attempt", error)
        return answer

    _get_response.__mendline__ = True  # type: ignore[attr-defined]
    owner._get_response = _get_response


def _begin(asked: Asked) -> Begun:
    if len(asked.args) != 2:
        return None  # botocore itself names none of the two
    operation_name, params = asked.args
    meta = asked.on.meta
    service, known = meta.service_model.service_name, meta.__dict__.setdefault("_mendline", {})
    key = alike(service, operation_name, params)
    call = known.get(key)
    if call is None:
        call = _described(meta, operation_name, params)
        if key is not None and len(known) < _MOST_KNOWN:
            known[key] = call
    given, kind = call
    operation = begin(given.name, kind, given.of, given)
    if operation is not None and service == "dynamodb":
        operation.links = written_by(operation_name, params)
    return operation


def _described(meta: Any, operation_name: str, params: Any) -> tuple[Given, int]:
    """What is told of a call before its answer, and the kind of its span."""
    shape = meta.service_model.operation_model(operation_name).input_shape
    required = shape.required_members if shape is not None else ()
    call = describe_call(meta.service_model.service_name, operation_name, params, required)
    rpc_service = str(meta.service_model.service_id)
    attributes = {
        "rpc.system": "aws-api",
        "rpc.service": rpc_service,
        "rpc.method": operation_name,
        "cloud.region": meta.region_name,
        "server.address": _host(meta.endpoint_url),
        **call.attributes,
    }
    name_resource(attributes, call.resource)
    return Given(f"{rpc_service}.{operation_name}", call.resource, attributes), call.kind


def _tell(operation: Operation, asked: Asked) -> None:
    """The parameters, or a copy of them that carries the trace."""
    name, params = asked.args
    carrier = carrier_of(asked.on.meta.service_model.service_name, name)
    if carrier is not None and isinstance(params, dict):
        asked.args = name, carrier(params, traceparent(operation.span.context, operation.span.span_id))


def _complete(operation: Operation, answer: Any, error: Any) -> None:
    """Request id, status, attempts; the AWS error code when the service refused."""
    span, attempts = operation.span, operation.asked.setup.attempts
    if attempts is not None:
        attempts.describe(span.attributes)
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
    span.attributes["aws.extended_request_id"] = metadata.get("HostId")
    if answer.get("FunctionError"):
        span.fail(str(answer["FunctionError"]), "the invoked function failed")
    if error is None:
        links = describe_answer(operation.key, span, answer)
        if operation.links:
            links = at_seconds(operation.links, span.start_ns, span.start_ns + span.elapsed_ns())
        if links:
            span.attributes["mendline.links.out"] = links[:_LINKS_OF_CALL]
            operation.record.link_out(links)


def _host(url: str) -> str:
    return url.partition("://")[2].partition("/")[0].partition(":")[0]
