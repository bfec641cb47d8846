"""What was imported for how long while the function started, told with the first invocation.

Only under the exec wrapper, which is there before the user's code. The end of a module is seen without a frame of ours
around it, so that stacks of failing imports stay as they are: `_load_unlocked` of importlib says so by setting
`__spec__._initializing`, and the specs we hand on have a property of that name.
"""

from __future__ import annotations

import sys
from threading import get_ident
from time import perf_counter_ns

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType
    from typing import Any
else:
    ModuleSpec = type(sys.__spec__)  # importlib.machinery is not loaded by everybody

_TOP = 10
_MOST_MODULES = 5000
_LONGEST_NAME = 200


class _TimedSpec(ModuleSpec):
    """A spec that tells when its module begins and ends to run; plain again from then on."""

    @property
    def _initializing(self) -> bool:
        return bool(self.__dict__.get("_initializing"))

    @_initializing.setter
    def _initializing(self, running: bool) -> None:
        self.__dict__["_initializing"] = running
        timer = _timers[0] if _timers else None
        if running and timer is not None:
            timer.began(self.name)
        elif not running:
            self.__class__ = ModuleSpec  # type: ignore[assignment]
            if timer is not None:
                timer.ended(self.name)


_timers: list[ImportTimer] = []


class ImportTimer:
    """Times the imports of one thread, from `install` to `remove`."""

    __slots__ = ("_looking", "_running", "_thread", "count", "times", "total_ns")

    def __init__(self) -> None:
        self._thread = get_ident()
        self._looking = ""
        self._running: list[list[Any]] = []  # name, begun, time of what it imported
        self.times: list[tuple[int, int, str]] = []
        self.count = 0
        self.total_ns = 0

    def install(self) -> None:
        """Begin; goes in front of all finders."""
        _timers[:] = [self]
        sys.meta_path.insert(0, self)

    def remove(self) -> None:
        """End; nothing of it stays in the interpreter."""
        _timers.clear()
        sys.meta_path[:] = [finder for finder in sys.meta_path if finder is not self]

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The spec that the other finders have, timed; asked by one of them in turn, none."""
        if name == self._looking or target is not None or self.count >= _MOST_MODULES or self not in _timers:
            return None
        if get_ident() != self._thread:
            return None
        outer, self._looking = self._looking, name
        try:
            spec = self._found(name, path)
        finally:
            self._looking = outer
        if type(spec) is ModuleSpec:
            spec.__class__ = _TimedSpec
        return spec

    def _found(self, name: str, path: Sequence[str] | None) -> ModuleSpec | None:
        for finder in list(sys.meta_path):
            find = getattr(finder, "find_spec", None) if finder is not self else None
            spec = find(name, path, None) if find is not None else None
            if spec is not None:
                return spec  # type: ignore[no-any-return]
        return None

    def began(self, name: str) -> None:
        """A module begins to run."""
        if get_ident() == self._thread:
            self._running.append([name, perf_counter_ns(), 0])

    def ended(self, name: str) -> None:
        """A module has run, or failed."""
        if get_ident() != self._thread or not self._running or self._running[-1][0] != name:
            return
        _, began, inner = self._running.pop()
        whole = perf_counter_ns() - began
        self.count += 1
        self.times.append((whole - inner, whole, name))
        if self._running:
            self._running[-1][2] += whole
        else:
            self.total_ns += whole

    def summary(self) -> dict[str, Any]:
        """How many modules, in how many ms, and the ten that took longest: `[name, own_ms, with_inner_ms]`."""
        self.times.sort(reverse=True)
        top = [
            [name[:_LONGEST_NAME], round(own / 1e6, 2), round(whole / 1e6, 2)] for own, whole, name in self.times[:_TOP]
        ]
        return {"count": self.count, "total_ms": round(self.total_ns / 1e6, 1), "top": top}
