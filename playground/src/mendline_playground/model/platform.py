"""What the Lambda platform and the function's own log say of an invocation, as records of log streams.

The attributes are those of the server's readers of log lines (docs/reference/attributes.md, "Platform lines").
"""

import math

from mendline_playground.model import wire
from mendline_playground.model.invocation import OUT_OF_MEMORY, TIMEOUT, Invocation
from mendline_playground.model.spans import stack

_MB = 1024 * 1024
_REQUEST_ID = wire.Key("faas.invocation_id", wire.IN_LOG)
_DURATION, _BILLED = wire.Key("mendline.duration_ms", wire.IN_LOG), wire.Key("mendline.billed_ms", wire.IN_LOG)
_INIT = wire.Key("mendline.init_ms", wire.IN_LOG)
_SIZE = wire.Key("mendline.memory.size_bytes", wire.IN_LOG)
_USED = wire.Key("mendline.memory.used_bytes", wire.IN_LOG)
_STATUS, _ERROR = wire.Key("mendline.status", wire.IN_LOG), wire.Key("error.type", wire.IN_LOG)
_TIMEOUT = wire.Key("mendline.timeout_ms", wire.IN_LOG)
_REPORT = wire.attributes(wire.IN_LOG, {"mendline.platform": "report"})
_TIMED_OUT = wire.attributes(wire.IN_LOG, {"mendline.platform": "timeout", "error.type": TIMEOUT})


def report(played: Invocation) -> bytes:
    """The REPORT line."""
    environment = played.environment
    ended_ns = min(played.now_ns, played.limit_ns)
    duration_ms = (ended_ns - played.start_ns) / 1e6 + 0.4
    init_ms = environment.init_ns / 1e6
    billed = math.ceil(duration_ms + init_ms)
    used_mb = min(int(environment.used_mb) + 1, environment.memory_mb)
    line = (
        f"REPORT RequestId: {played.request_id}\tDuration: {duration_ms:.2f} ms\tBilled Duration: {billed} ms\t"
        f"Memory Size: {environment.memory_mb} MB\tMax Memory Used: {used_mb} MB\t"
    )
    rest = (
        _REPORT
        + _REQUEST_ID.text(played.request_id.encode())
        + _DURATION.real(round(duration_ms, 2))
        + _BILLED.real(float(billed))
        + _SIZE.number(environment.memory_mb * _MB)
        + _USED.number(used_mb * _MB)
    )
    if init_ms:
        line += f"Init Duration: {init_ms:.2f} ms\t"
        rest += _INIT.real(round(init_ms, 2))
    if played.has_timed_out:
        line += "Status: timeout"
        rest += _STATUS.text(b"timeout") + _ERROR.text(TIMEOUT.encode())
    elif played.error_type == OUT_OF_MEMORY:
        line += f"Status: error\tError Type: {OUT_OF_MEMORY}"
        rest += _STATUS.text(b"error") + _ERROR.text(OUT_OF_MEMORY.encode())
    return wire.log_record(ended_ns + 10**6, line.encode(), rest)


def timeout_line(played: Invocation) -> bytes:
    """The line about an invocation that reached its timeout."""
    timeout_s = played.environment.timeout_ns / 1e9
    line = f"{played.request_id} Task timed out after {timeout_s:.2f} seconds"
    rest = _TIMED_OUT + _REQUEST_ID.text(played.request_id.encode()) + _TIMEOUT.real(timeout_s * 1000)
    return wire.log_record(played.limit_ns + 5 * 10**5, line.encode(), rest, severity=17)


def error_line(played: Invocation) -> bytes:
    """What the runtime writes about an exception that left the handler."""
    error, message = played.error_type, played.error_message
    trace = stack(played.plan.name, error, message)
    told: dict[str, wire.Value] = {
        "exception.type": error,
        "exception.message": message,
        "exception.stacktrace": trace,
    }
    rest = _REQUEST_ID.text(played.request_id.encode()) + wire.attributes(wire.IN_LOG, told)
    body = f"[ERROR] {error}: {message}\n{trace}".encode()
    return wire.log_record(played.now_ns, body, rest, severity=17, trace=played.start.trace, own=played.span_id)


def chatter(played: Invocation, number: int) -> bytes:
    """One of too many lines of a function."""
    body = f"DEBUG rule {number % 37} does not apply to order {played.start.event.id}, trying the next".encode()
    rest = _REQUEST_ID.text(played.request_id.encode())
    return wire.log_record(played.start_ns + number * 1000, body, rest, severity=5)
