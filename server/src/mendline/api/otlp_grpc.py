"""OTLP over gRPC (OTLP specification 1.x, "OTLP/gRPC"): answered OK only when the data is durable.

The three Export services as generic handlers on raw bytes: what a request holds is checked where all requests are.
A handler takes its message as a stream of one, so that it is read only after the key was looked at and there is room;
and it takes it compressed, as it came: grpc would inflate each message to any size up to its limit before anybody is
asked. Importing this module imports grpc; do so only where it is served.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import grpc
from grpc import aio

from mendline.api.grpc_status import code_of, status_details
from mendline.api.status import partial_success
from mendline.api.workers import Workers
from mendline.errors import (
    BodyTooLargeError,
    BusyError,
    IncompleteBodyError,
    MalformedError,
    MendlineError,
    NoSuchPathError,
    PortTakenError,
    UnexpectedError,
)
from mendline.ingest.admission import Admission
from mendline.ingest.counters import OTHER, Counters
from mendline.ingest.inflate import has_zlib_header
from mendline.ingest.receive import Accepted, Bounds, Receiver
from mendline.model.signal import Signal

BODY_SECONDS = 30.0
_ROOM_SECONDS = 5.0
_MOST_READING, _FEWEST_READING = (
    64,
    2,
)  # messages on their way in at once, of which grpc does not say how large they are
_MOST_STREAMS = 64  # of one connection: those beyond wait at the client
_MOST_CALLS = 1024  # of all connections
_LAST_RESORT = 4  # times as many are refused by grpc itself, uncounted
_ENDING_SECONDS = 0.5  # after a message over its limit, grpc ends first the stream and then the call
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
    small letters), the way in of its project, and the number of its key; it raises a MendlineError."""

    receiver_of: Callable[[Metadata], Awaitable[tuple[Receiver, int | None]]]
    admission: Admission
    bounds: Bounds
    counters: Counters
    workers: Workers


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
        ("grpc.max_receive_message_length", door.bounds.request_bytes),
        ("grpc.per_message_decompression", 0),
        ("grpc.max_concurrent_streams", _MOST_STREAMS),
        ("grpc.so_reuseport", 0),
    ]
    server = aio.server(options=options, maximum_concurrent_rpcs=_MOST_CALLS * _LAST_RESORT)
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
    """The handlers by path; any other path is answered UNIMPLEMENTED, and counted."""

    def __init__(self, calls: _Calls) -> None:
        self._handlers = {method: _handler(calls, signal) for method, signal in _METHODS.items()}
        self._unknown: grpc.RpcMethodHandler[Any, Any] = grpc.stream_unary_rpc_method_handler(calls.refuse_unknown)

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler[Any, Any]:
        return self._handlers.get(handler_call_details.method, self._unknown)


def _handler(calls: _Calls, signal: Signal) -> grpc.RpcMethodHandler[Any, Any]:
    async def export(_: AsyncIterator[bytes], context: _Context) -> bytes:
        return await calls.export(signal, context)

    return grpc.stream_unary_rpc_method_handler(export)


class _Calls:
    """The calls in hand."""

    def __init__(self, door: GrpcDoor) -> None:
        self._door = door
        room = door.admission.most_bytes // door.bounds.request_bytes
        self._reading = asyncio.Semaphore(max(_FEWEST_READING, min(room, _MOST_READING)))
        self._in_hand = 0
        self._keeping: set[asyncio.Task[Accepted]] = set()

    async def export(self, signal: Signal, context: _Context) -> bytes:
        """Answer one call with an Export…ServiceResponse, or end it with the status of what went wrong."""
        self._in_hand += 1
        try:
            accepted = await self._take(signal, context)
        except Exception as caught:
            if isinstance(caught, MendlineError):
                error = caught
            else:
                log.exception("A call with %s failed unexpectedly", signal)
                error = UnexpectedError("The server failed on this request; send it again.")
        else:
            return partial_success(signal, accepted.checked.rejected, accepted.checked.reason, as_json=False)
        finally:
            self._in_hand -= 1
        error.let_go()
        self._count(signal, error)
        details = (("grpc-status-details-bin", status_details(error)),)
        await context.abort(code_of(error), error.message, details)
        raise AssertionError("abort raises")

    async def refuse_unknown(self, _: AsyncIterator[bytes], context: _Context) -> bytes:
        """Answer a call of a method that is not here."""
        error = NoSuchPathError("There is no such method; OTLP's are TraceService, LogsService, MetricsService/Export.")
        self._count(OTHER, error)
        await context.abort(grpc.StatusCode.UNIMPLEMENTED, error.message)
        raise AssertionError("abort raises")

    def _count(self, signal: str, error: MendlineError) -> None:
        self._door.counters.refused.labels(signal, error.code).inc()

    async def finish(self) -> None:
        """Wait for what is being kept, also of calls whose client went away."""
        await asyncio.gather(*self._keeping, return_exceptions=True)

    async def _take(self, signal: Signal, context: _Context) -> Accepted:
        if self._in_hand > _MOST_CALLS:
            raise BusyError("More calls are in hand than are taken at once. Send again in a moment.")
        metadata = {key: value for key, value in context.invocation_metadata() or () if isinstance(value, str)}
        receiver, key_id = await self._door.receiver_of(metadata)
        receiver.require(key_id)
        await self._room()
        try:
            body = await self._only(signal, context)
        finally:
            self._reading.release()
        # a client that goes away must not undo the counting of what is durable
        task = asyncio.create_task(self._keep(signal, body, receiver, key_id))
        self._keeping.add(task)
        task.add_done_callback(self._keeping.discard)
        return await asyncio.shield(task)

    async def _only(self, signal: Signal, context: _Context) -> bytes:
        """The one message of a call. One over the limit is refused by grpc, and counted here.

        Not by iteration: an iterator of grpc that is not used up keeps its messages until Python looks for cycles.
        """
        try:
            async with asyncio.timeout(BODY_SECONDS):
                message = await context.read()
            if message is not aio.EOF:
                return bytes(message)
        except TimeoutError:
            raise IncompleteBodyError(f"The message did not arrive within {BODY_SECONDS:.0f} s.") from None
        try:
            await asyncio.sleep(_ENDING_SECONDS)
        except asyncio.CancelledError:
            self._count(signal, BodyTooLargeError("The message is larger than a request may be."))
            raise
        raise MalformedError("The call ended without a message; Export takes one.")

    async def _room(self) -> None:
        try:
            async with asyncio.timeout(_ROOM_SECONDS):
                await self._reading.acquire()
        except TimeoutError:
            raise BusyError("More requests are on their way in than memory allows. Send again in a moment.") from None

    async def _keep(self, signal: Signal, body: bytes, receiver: Receiver, key_id: int | None) -> Accepted:
        with self._door.admission.hold(len(body), key_id) as hold:

            def accept() -> Accepted:
                return receiver.accept(signal, body, _encoding_of(body), key_id=key_id, hold=hold)

            accepted = await self._door.workers.run(accept)
            if accepted.durable is not None:
                await asyncio.wrap_future(accepted.durable)
        return accepted


def _encoding_of(message: bytes) -> str:
    """How a message is compressed, which grpc does not tell: no export request begins as gzip or zlib do."""
    if message.startswith(b"\x1f\x8b"):
        return "gzip"
    return "deflate" if message[:1] == b"x" and has_zlib_header(message) else ""
