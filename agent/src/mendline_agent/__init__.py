"""Traces AWS Lambda functions from the inside: `from mendline_agent import instrument`, and nothing else to learn."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

__all__ = ["__version__", "instrument", "traced"]
__version__ = "0.1.0"


def is_disabled() -> bool:
    """Whether `MENDLINE_DISABLED` (1, true, yes or on) or `OTEL_SDK_DISABLED` (true) asks for the handler as it is."""
    if os.environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return True
    return os.environ.get("MENDLINE_DISABLED", "").strip().lower() in ("1", "true", "yes", "on")


def instrument(handler: Any = None, *, service: str | None = None, capture: bool | None = None) -> Any:
    """Trace a Lambda handler; usable as `@instrument`, `@instrument(...)` or `instrument(handler)`.

    `service` names the service (else `OTEL_SERVICE_NAME`, else the function's name); `capture=False` leaves requests
    and responses out. The handler is called exactly once, and its result or exception is handed on as it is. With
    `MENDLINE_DISABLED=1`, and when the agent cannot start, the handler comes back untouched.
    """
    if is_disabled():
        return (lambda untouched: untouched) if handler is None else handler
    if handler is None:
        return lambda decorated: instrument(decorated, service=service, capture=capture)
    try:
        from .agent import wrap

        return wrap(handler, service=service, capture=capture)
    except Exception as error:
        _say(error)
        return handler


def traced(
    function: Any = None,
    *,
    name: str | None = None,
    arguments: bool = False,
    result: bool = False,
    lines: bool = False,
    locals: Iterable[str] = (),  # noqa: A002 - they are what Python calls so
) -> Any:
    """Follow calls of a function within invocations; usable as `@traced`, `@traced(...)` or `traced(function)`.

    Each call becomes a span named `name` (else module and qualified name), and what is called within it lies below.
    `arguments` and `result` are recorded on request, redacted, at most 1 KiB each; so are the `lines` that run, with
    what these `locals` are after each. Functions, methods, coroutine functions and generators stay what they are;
    asynchronous generators come back untouched.
    """
    asked: dict[str, Any] = {"name": name, "arguments": arguments, "result": result}
    if is_disabled():
        return (lambda untouched: untouched) if function is None else function
    if function is None:
        return lambda decorated: traced(decorated, **asked, lines=lines, locals=locals)
    try:
        from .around import follow

        return follow(function, **asked, lines=tuple(locals) if lines or locals else None)
    except Exception as error:
        _say(error)
        return function


_said: list[bytes] = []


def _say(error: Exception) -> None:
    """Tell of a failed start, once, without needing any other part of the agent to be intact."""
    try:
        told = f"mendline: not tracing, could not start: {type(error).__name__}: {error}\n".encode()
        if told not in _said:
            _said.append(told)
            os.write(2, told)
    except Exception:
        pass


def _watch() -> None:
    """In Lambda, libraries are followed from here on, so that what connects before a handler is decorated is, too."""
    if os.environ.get("AWS_LAMBDA_RUNTIME_API") and not is_disabled():
        try:
            from . import start  # type: ignore[attr-defined]  # noqa: F401 - of a layer, with all of these at once
        except Exception:
            pass
        try:
            from .hooks import install_hooks

            install_hooks()
        except Exception as error:
            _say(error)


_watch()
