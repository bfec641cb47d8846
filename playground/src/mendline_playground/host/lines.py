"""The platform's own log lines in the text format, word for word as CloudWatch Logs shows them."""

import hashlib
import math
from dataclasses import dataclass
from datetime import UTC, datetime

_RUNTIME = "python:3.11.v40"
_RUNTIME_ARN = f"arn:aws:lambda:us-east-1::runtime:{hashlib.sha256(_RUNTIME.encode()).hexdigest()}"


@dataclass(frozen=True, slots=True)
class Report:
    """The figures of one REPORT line; `status` is None for success, else `error` or `timeout`."""

    request_id: str
    duration_ms: float
    memory_mb: int
    used_mb: int
    init_ms: float | None = None
    status: str | None = None
    error_type: str | None = None

    @property
    def billed_ms(self) -> int:
        """Duration and initialisation, rounded up together (Lambda's billing since August 2025)."""
        return math.ceil(self.duration_ms + (self.init_ms or 0.0))

    def line(self) -> str:
        """The REPORT line."""
        fields = [
            f"REPORT RequestId: {self.request_id}",
            f"Duration: {self.duration_ms:.2f} ms",
            f"Billed Duration: {self.billed_ms} ms",
            f"Memory Size: {self.memory_mb} MB",
            f"Max Memory Used: {self.used_mb} MB",
        ]
        if self.init_ms is not None:
            fields.append(f"Init Duration: {self.init_ms:.2f} ms")
        if self.status is not None:
            fields.append(f"Status: {self.status}")
        if self.status == "error" and self.error_type is not None:
            fields.append(f"Error Type: {self.error_type}")
        return "\t".join(fields) + ("\t" if self.status is None else "")


def init_start() -> str:
    """The first line of an environment's stream."""
    return f"INIT_START Runtime Version: {_RUNTIME}\tRuntime Version ARN: {_RUNTIME_ARN}"


def init_report(duration_ms: float, *, phase: str, status: str, error_type: str | None) -> str:
    """The line of a failed initialisation; `phase` is `init` or `invoke`."""
    line = f"INIT_REPORT Init Duration: {duration_ms:.2f} ms\tPhase: {phase}\tStatus: {status}"
    return line if error_type is None else f"{line}\tError Type: {error_type}"


def start(request_id: str, version: str) -> str:
    """The line before an execution."""
    return f"START RequestId: {request_id} Version: {version}"


def end(request_id: str) -> str:
    """The line after an execution."""
    return f"END RequestId: {request_id}"


def timeout(request_id: str, timeout_s: float, now: datetime) -> str:
    """The line of an execution that was killed at its limit."""
    at = now.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return f"{at} {request_id} Task timed out after {timeout_s:.2f} seconds\n\n"


def exit_error(request_id: str, reason: str) -> str:
    """The line of an execution whose runtime process ended."""
    return f"RequestId: {request_id} Error: {reason}\nRuntime.ExitError"
