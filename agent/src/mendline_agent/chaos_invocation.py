"""Faults of the invocation itself: no memory, a full disk, no time, a cold start after it, odd batches of events."""

from __future__ import annotations

import os
import sys

from .chaos import EVENTS
from .guard import GUARD
from .wire import encode_span

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .chaos import Hit
    from .invocation import Invocation

_CHUNK = 16 * 1024 * 1024
_KILL = 9
_NO_SPACE = 28  # errno
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_APPEND
_RUNTIMES = ("awslambdaric.lambda_runtime_client", "lambda_runtime_client")


def _records(args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[int, list[Any]] | None:
    """Where among the arguments the event of a batch is, and its records."""
    for at, value in enumerate((*args, kwargs.get("event"))):
        if type(value) is dict and type(value.get("Records")) is list and value["Records"]:
            return at, value["Records"]
    return None


def _runtime() -> Any:
    """The class of the runtime's client, which asks for the next event."""
    found = [getattr(sys.modules.get(name), "LambdaRuntimeClient", None) for name in _RUNTIMES]
    return next((one for one in found if one is not None), None)


def kinds_of(invocation: Invocation, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[str, ...]:
    """The faults that can happen to this invocation."""
    kinds: tuple[str, ...] = ("disk_full",)
    if os.environ.get("AWS_LAMBDA_RUNTIME_API"):
        kinds += ("out_of_memory",)
    if _runtime() is not None:
        kinds += ("cold_start",)
    if invocation.remaining_s is not None:
        kinds += ("handler_timeout",)
    found = _records(args, kwargs)
    return kinds if found is None else kinds + (EVENTS if len(found[1]) > 1 else EVENTS[:2])


def run(hit: Hit, handler: Any, invocation: Invocation, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Call the handler with the fault, at most once."""
    undo: Callable[[], None] | None = None
    try:
        if hit.kind == "out_of_memory":
            _tell(hit, invocation)
            _use_up()
        elif hit.kind == "handler_timeout":
            left_s = invocation.left_s() or 0.0
            hit.chaos.clock.sleep(max(0.0, min(left_s + 1, hit.chaos.left_s(hit.experiment))))
        elif hit.kind == "disk_full":
            undo = _fill()
        elif hit.kind == "cold_start":
            _end_after(invocation)
        elif hit.kind in EVENTS:
            changed = _changed(hit.kind, args, kwargs)
            if changed is None:
                return None
            args, kwargs = changed
    except Exception as error:
        GUARD.failed("chaos", error)
    try:
        return handler(*args, **kwargs)
    finally:
        if undo is not None:
            undo()


def _tell(hit: Hit, invocation: Invocation) -> None:
    """Say that it was this experiment, since the invocation cannot any more."""
    agent, notice = invocation._agent, invocation.span.snapshot()
    notice.fail("out_of_memory", hit.why)
    agent.exporter.outbox.ring.add(encode_span(notice), important=True)
    agent.exporter.flush(0.3, last=True)


def _use_up() -> None:
    """Take all memory that the function has, as Lambda kills for; where nothing does, end in the same way."""
    held, most = [], int(os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE") or 128) * 1024 * 1024
    for _ in range(most // _CHUNK + 1):
        held.append(b"x" * _CHUNK)
    sys.modules["time"].sleep(0.5)
    os.kill(os.getpid(), _KILL)


def _end_after(invocation: Invocation) -> None:
    """Have the process end, instead of asking for the next event."""
    runtime, agent = _runtime(), invocation._agent

    def wait_next_invocation(*args: Any, **kwargs: Any) -> Any:
        try:
            agent.exporter.flush(0.3, last=True)
            sys.stdout.flush()
            sys.stderr.flush()
        finally:
            os._exit(0)

    runtime.wait_next_invocation = wait_next_invocation


def _fill() -> Callable[[], None]:
    """Have nothing written to /tmp: files there cannot be opened for it. Answers how to end it."""
    builtins, io = sys.modules["builtins"], sys.modules["io"]
    opened, low = builtins.open, os.open

    def is_there(file: Any) -> bool:
        try:
            return os.path.abspath(os.fsdecode(file)).startswith("/tmp/")  # noqa: S108 - Lambda's only place to write
        except TypeError:  # a number
            return False

    def refuse(file: Any) -> None:
        raise OSError(_NO_SPACE, os.strerror(_NO_SPACE), file)

    def open_text(file: Any, mode: str = "r", *args: Any, **kwargs: Any) -> Any:
        if is_there(file) and set(mode) & set("wax+"):
            refuse(file)
        return opened(file, mode, *args, **kwargs)

    def open_number(file: Any, flags: int, *args: Any, **kwargs: Any) -> Any:
        if is_there(file) and flags & _WRITING:
            refuse(file)
        return low(file, flags, *args, **kwargs)

    def undo() -> None:
        builtins.open = io.open = opened  # type: ignore[attr-defined]
        os.open = low

    builtins.open = io.open = open_text  # type: ignore[attr-defined]
    os.open = open_number  # type: ignore[assignment]
    return undo


def _changed(kind: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]] | None:
    """The arguments with another event; None where nothing is left of it. The event itself stays as it is."""
    found = _records(args, kwargs)
    if found is None:
        return args, kwargs
    at, records = found
    first = records[0]
    told = {"duplicate_event": [*records, first], "drop_event": records[1:], "reorder_event": records[::-1]}[kind]
    if not told:
        return None
    if at == len(args):
        return args, {**kwargs, "event": {**kwargs["event"], "Records": told}}
    return (*args[:at], {**args[at], "Records": told}, *args[at + 1 :]), kwargs
