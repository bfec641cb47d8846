"""How a call came by its connection: whether it had to connect, and how long names, TCP and TLS took.

Seen where all clients written in Python pass: in `socket`, `ssl` and asyncio's own event loop, and only while a call
that is followed goes on. What it is measured for is found by the context that it runs in, so by its tasks as well.
"""

from __future__ import annotations

import functools
import sys
from time import perf_counter_ns

from .calling import INSIDE
from .guard import GUARD

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

    from .aws_answers import Attempts
    from .spans import Span

_TIMED = (
    ("socket", "", "getaddrinfo", "dns"),
    ("socket", "socket", "connect", "connect"),
    ("ssl", "SSLSocket", "do_handshake", "tls"),
    ("asyncio.base_events", "BaseEventLoop", "getaddrinfo", "dns"),
    ("asyncio.selector_events", "BaseSelectorEventLoop", "sock_connect", "connect"),
)


class Setup:
    """Nanoseconds that a call has spent on connecting, by what for; of an AWS call its attempts."""

    __slots__ = ("attempts", "handshake", "spent")

    def __init__(self) -> None:
        self.spent: dict[str, int] = {}
        self.attempts: Attempts | None = None
        self.handshake = 0  # when one began that is made in steps

    def describe(self, span: Span, *, answered: bool) -> None:
        """Say so of a call, unless it knows better itself."""
        attributes = span.attributes
        if "mendline.connection" in span.given:
            pass
        elif self.spent:
            attributes.setdefault("mendline.connection", "new")
        elif answered and "mendline.connection" not in attributes and _is_watched():
            attributes["mendline.connection"] = "reused"
        for part, spent_ns in self.spent.items():
            attributes.setdefault(f"mendline.{part}_ms", round(spent_ns / 1e6, 3) or None)

    def add(self, part: str, began_ns: int) -> None:
        """More time spent, since it began; none where that is 0."""
        self.spent[part] = self.spent.get(part, 0) + (perf_counter_ns() - began_ns if began_ns else 0)


def patch(module: ModuleType | None = None) -> None:
    """Time what connects, wherever it is loaded by now; once that there is a client which is followed."""
    if "mendline_agent.following" not in sys.modules:
        return
    try:
        for name, owner, method, part in _TIMED:
            loaded = sys.modules.get(name)
            if loaded is not None:
                _time(getattr(loaded, owner) if owner else loaded, method, part)
        if "ssl" in sys.modules:
            _time_steps(sys.modules["ssl"].SSLObject)
    except Exception as error:
        GUARD.failed("connections", error)


def _time(owner: Any, name: str, part: str) -> None:
    original = getattr(owner, name)
    if hasattr(original, "__mendline__"):
        return

    @functools.wraps(original)
    def plain(*args: Any, **kwargs: Any) -> Any:
        setup, began_ns = INSIDE.get(), perf_counter_ns()
        try:
            return original(*args, **kwargs)
        except BlockingIOError:
            began_ns = 0  # it has only begun, and an event loop waits for its end
            raise
        finally:
            try:
                _spend(setup, part, began_ns)
            except Exception:
                pass

    @functools.wraps(original)
    async def awaited(*args: Any, **kwargs: Any) -> Any:
        setup, began_ns = INSIDE.get(), perf_counter_ns()
        try:
            return await original(*args, **kwargs)
        finally:
            try:
                _spend(setup, part, began_ns)
            except Exception:
                pass

    timed: Any = awaited if "asyncio" in getattr(original, "__module__", "") else plain
    timed.__mendline__ = True
    setattr(owner, name, timed)


def _spend(setup: Setup | None, part: str, began_ns: int) -> None:
    try:
        if setup is not None:
            setup.add(part, began_ns)
    except Exception as error:
        GUARD.failed("connections", error)


def _time_steps(owner: Any) -> None:
    """A handshake on buffers is asked for again and again until it is done."""
    original = owner.do_handshake
    if hasattr(original, "__mendline__"):
        return

    @functools.wraps(original)
    def do_handshake(self: Any) -> Any:
        setup = INSIDE.get()
        if setup is None:
            return original(self)
        setup.handshake = setup.handshake or perf_counter_ns()
        answer = original(self)
        try:
            _spend(setup, "tls", setup.handshake)
        except Exception:
            pass
        setup.handshake = 0
        return answer

    do_handshake.__mendline__ = True  # type: ignore[attr-defined]
    owner.do_handshake = do_handshake


def _is_watched() -> bool:
    """Whether a call made here would have been seen to connect: event loops may be written in C, sockets replaced."""
    asyncio = sys.modules.get("asyncio")
    loop = asyncio._get_running_loop() if asyncio else None
    owner = type(loop) if loop is not None else getattr(sys.modules.get("socket"), "socket", None)
    return hasattr(getattr(owner, "sock_connect" if loop is not None else "connect", None), "__mendline__")
