"""OTLP over gRPC (OTLP specification 1.x, "OTLP/gRPC"): answered OK only when the data is durable.

The three Export services as generic handlers on raw bytes: what a request holds is checked where all requests are.
A handler takes its message as a stream of one, so that it is read only after the key was looked at and there is room.
Importing this module imports grpc; do so only where it is served.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import grpc
from anyio import to_thread
from grpc import aio

from mendline.api.grpc_status import code_of, status_details
from mendline.api.status import partial_success
from mendline.errors import (
    BusyError,
    IncompleteBodyError,
    MalformedError,
    MendlineError,
    PortTakenError,
    UnexpectedError,
)
from mendline.ingest.admission import Admission
from mendline.ingest.counters import Counters
from mendline.ingest.receive import Accepted, Bounds, Receiver
from mendline.model.signal import Signal

BODY_SECONDS = 30.0
_ROOM_SECONDS = 5.0
_MOST_READING = 16  # messages on their way in at once; each may be as large as a request may be inflated
_MOST_STREAMS = 64  # of one connection: those beyond wait at the client
_MOST_CALLS = 1024  # of all connections: those beyond are refused by grpc itself, before it reads anything
_METHODS = {
    "/opentelemetry.proto.collector.trace.v1.TraceService/Export": Signal.TRACES,
    "/opentelemetry.proto.collector.logs.v1.LogsService/Export": Signal.LOGS,
    "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export": Signal.METRICS,
}
log = logging.getLogger(__name__)

Metadata = Mapping[str, str]
_Context = aio.ServicerContext[Any, bytes]


@dataclass(frozen=True, slots=True)
class GrpcDoor:
    """What the services need from the rest of the server. `receiver_of` answers, for the metadata of a call (names in
    small letters), the way in of its project, and the number of its key; it may take a while, and raises a
    MendlineError."""

    receiver_of: Callable[[Metadata], tuple[Receiver, int | None]]
    admission: Admission
    bounds: Bounds
    counters: Counters


class GrpcServer:
    """A server that listens at `address` (HOST:PORT)."""

    def __init__(self, server: aio.Server, calls: _Calls, address: str) -> None:
        self._server, self._calls = server, calls
        self.address = address

    async def stop(self, grace_s: float) -> None:
        """Take no more calls, and end those in hand within `grace_s` seconds; what was begun to be kept is kept."""
        await self._server.stop(grace_s)
        await self._calls.finish()


async def serve_grpc(door: GrpcDoor, host: str, port: int) -> GrpcServer:
    """Listen (port 0: any free one) and serve. Raises PortTakenError."""
    options = [
        ("grpc.max_receive_message_length", door.bounds.inflated_bytes),
        ("grpc.max_concurrent_streams", _MOST_STREAMS),
        ("grpc.so_reuseport", 0),
    ]
    server = aio.server(options=options, maximum_concurrent_rpcs=_MOST_CALLS)
    calls = _Calls(door)
    server.add_generic_rpc_handlers([_Services(calls)])
    named = f"[{host}]" if ":" in host else host
    try:
        bound = server.add_insecure_port(f"{named}:{port}")
    except RuntimeError as error:
        raise PortTakenError(f"Port {port} on {host} (OTLP over gRPC) cannot be had; choose another.") from error
    await server.start()
    return GrpcServer(server, calls, f"{named}:{bound}")


class _Services(grpc.GenericRpcHandler):
    """The handlers by path; any other path is answered UNIMPLEMENTED by grpc."""

    def __init__(self, calls: _Calls) -> None:
        self._handlers = {method: _handler(calls, signal) for method, signal in _METHODS.items()}

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler[Any, Any] | None:
        return self._handlers.get(handler_call_details.method)


def _handler(calls: _Calls, signal: Signal) -> grpc.RpcMethodHandler[Any, Any]:
    async def export(messages: AsyncIterator[bytes], context: _Context) -> bytes:
        return await calls.export(signal, messages, context)

    return grpc.stream_unary_rpc_method_handler(export)


class _Calls:
    """The calls in hand."""

    def __init__(self, door: GrpcDoor) -> None:
        self._door = door
        self._reading = asyncio.Semaphore(_MOST_READING)
        self._keeping: set[asyncio.Task[Accepted]] = set()

    async def export(self, signal: Signal, messages: AsyncIterator[bytes], context: _Context) -> bytes:
        """Answer one call with an Export…ServiceResponse, or end it with the status of what went wrong."""
        try:
            accepted = await self._take(signal, messages, context)
        except Exception as caught:
            if isinstance(caught, MendlineError):
                error = caught
            else:
                log.exception("A call with %s failed unexpectedly", signal)
                error = UnexpectedError("The server failed on this request; send it again.")
        else:
            return partial_success(signal, accepted.checked.rejected, accepted.checked.reason, as_json=False)
        self._door.counters.refused.labels(signal, error.code).inc()
        details = (("grpc-status-details-bin", status_details(error)),)
        await context.abort(code_of(error), error.message, details)
        raise AssertionError("abort raises")

    async def finish(self) -> None:
        """Wait for what is being kept, also of calls whose client went away."""
        await asyncio.gather(*self._keeping, return_exceptions=True)

    async def _take(self, signal: Signal, messages: AsyncIterator[bytes], context: _Context) -> Accepted:
        metadata = {key: value for key, value in context.invocation_metadata() or () if isinstance(value, str)}
        receiver, key_id = await to_thread.run_sync(self._door.receiver_of, metadata)
        await self._room()
        try:
            body = await _only(messages)
        finally:
            self._reading.release()
        # a client that goes away must not undo the counting of what is durable
        task = asyncio.create_task(self._keep(signal, body, receiver, key_id))
        self._keeping.add(task)
        task.add_done_callback(self._keeping.discard)
        return await asyncio.shield(task)

    async def _room(self) -> None:
        try:
            async with asyncio.timeout(_ROOM_SECONDS):
                await self._reading.acquire()
        except TimeoutError:
            raise BusyError("More requests are on their way in than memory allows. Send again in a moment.") from None

    async def _keep(self, signal: Signal, body: bytes, receiver: Receiver, key_id: int | None) -> Accepted:
        with self._door.admission.hold(len(body), key_id) as hold:

            def accept() -> Accepted:
                return receiver.accept(signal, body, key_id=key_id, hold=hold)

            accepted = await to_thread.run_sync(accept)
            if accepted.durable is not None:
                await asyncio.wrap_future(accepted.durable)
        receiver.count_accepted(accepted)
        return accepted


async def _only(messages: AsyncIterator[bytes]) -> bytes:
    """The one message of a call."""
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for message in messages:
                return message
    except TimeoutError:
        raise IncompleteBodyError(f"The message did not arrive within {BODY_SECONDS:.0f} s.") from None
    raise MalformedError("The call ended without a message; Export takes one.")
