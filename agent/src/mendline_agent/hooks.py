"""Imports, seen as they happen: a library is followed from the moment the user's code imports it, and not one earlier.

Under the exec wrapper, which is there before the user's code, they are timed too, and told with the first invocation.
The end of a module is seen without a frame of ours around it, so that stacks of failing imports stay as they are:
`_load_unlocked` of importlib says so by setting `__spec__._initializing`, a property of specs while they are timed.
"""

from __future__ import annotations

import sys
from threading import get_ident
from time import perf_counter_ns

from .guard import GUARD

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType
    from typing import Any

    from .chosen import Chosen
else:
    ModuleSpec = type(sys.__spec__)  # importlib.machinery is not loaded by everybody

# The module here that patches, by its function `patch(module)` → the libraries' modules, as soon as they are imported.
_PATCHERS = {
    "botocore_calls": "botocore.client",
    "http_calls": "urllib3.connectionpool http.client httpx._client aiohttp.client",
    "redis_calls": "redis.client redis.asyncio.client redis.cluster redis.asyncio.cluster",
    "sql_calls": "psycopg psycopg2 pymysql sqlalchemy.engine.default",
    "pymongo_calls": "pymongo.monitoring pymongo.topology pymongo.synchronous.topology pymongo.asynchronous.topology",
    "connections": "ssl asyncio.selector_events",
    "lines": "logging",
    "otel_api": "opentelemetry.trace",
}
_TARGETS = {name: patcher for patcher, names in _PATCHERS.items() for name in names.split()}
_TOP = 10
_MOST_MODULES = 5000
_LONGEST_NAME = 200


def install_hooks(chosen: Chosen | None = None) -> None:
    """Patch what is imported already; watch for the rest, and for modules with functions that are `chosen`."""
    waiting = {}
    for name, patcher in _TARGETS.items():
        module = sys.modules.get(name)
        if module is None:
            waiting[name] = patcher
        else:
            _patch(module, patcher)
    finder = next((one for one in sys.meta_path if isinstance(one, _Finder)), None)
    if finder is not None:
        finder.chosen = chosen or finder.chosen
    elif waiting or chosen:
        sys.meta_path.insert(0, _Finder(waiting, chosen))


def _patch(module: ModuleType, patcher: str) -> None:
    try:
        from importlib import import_module

        import_module(f"mendline_agent.{patcher}").patch(module)
        operations = sys.modules.get("mendline_agent.operations")
        if operations is not None and operations.ACTIVE.chaos is not None:
            operations.ACTIVE.chaos.arm()
    except Exception as error:
        GUARD.failed(f"following {module.__name__}", error)


class _Finder:
    """Sees every import go by, and steps in only for the libraries it waits for."""

    __slots__ = ("_waiting", "chosen")

    def __init__(self, waiting: dict[str, str], chosen: Chosen | None) -> None:
        self._waiting = waiting
        self.chosen = chosen

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The spec that the other finders have, with a loader that patches once it has loaded."""
        chosen = None
        try:
            chosen = self.chosen if self.chosen is not None and self.chosen.concerns(name) else None
        except Exception as error:
            GUARD.failed("functions to follow", error)
        if name not in self._waiting and chosen is None:
            return None
        for finder in list(sys.meta_path):
            if finder is self or not hasattr(finder, "find_spec"):
                continue
            spec = finder.find_spec(name, path, target)
            if spec is not None:
                try:
                    if spec.loader is not None and hasattr(spec.loader, "exec_module"):
                        spec.loader = _Loader(spec.loader, name, self._waiting, chosen)  # type: ignore[assignment]
                except Exception as error:
                    GUARD.failed(f"following {name}", error)
                return spec
        return None


class _Loader:
    """A loader in front of a module's own; gone again before the module runs."""

    __slots__ = ("_chosen", "_loader", "_name", "_waiting")

    def __init__(self, loader: Any, name: str, waiting: dict[str, str], chosen: Chosen | None) -> None:
        self._chosen = chosen
        self._loader = loader
        self._name = name
        self._waiting = waiting

    def create_module(self, spec: ModuleSpec) -> Any:
        """As the module's own loader does."""
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        """Run the module as its own loader does, then patch it."""
        module.__loader__ = self._loader
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader
        self._loader.exec_module(module)
        try:
            patcher = self._waiting.pop(self._name, None)  # only now: to look for a module is not to import it
            if patcher is not None:
                _patch(module, patcher)
            if self._chosen is not None:
                self._chosen.patch(module)
        except Exception as error:
            GUARD.failed(f"following functions of {self._name}", error)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)


class _TimedSpec(ModuleSpec):
    """A spec that tells when its module begins and ends to run; plain again from then on."""

    @property
    def _initializing(self) -> bool:
        return bool(self.__dict__.get("_initializing"))

    @_initializing.setter
    def _initializing(self, running: bool) -> None:
        self.__dict__["_initializing"] = running
        timer = _timers[0] if _timers else None
        try:
            if running and timer is not None:
                timer.began(self.name)
            elif not running:
                self.__class__ = ModuleSpec  # type: ignore[assignment]
                if timer is not None:
                    timer.ended(self.name)
        except Exception as error:
            GUARD.failed("timing imports", error)


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
        outer, self._looking, spec = self._looking, name, None
        try:
            for finder in list(sys.meta_path):
                find = getattr(finder, "find_spec", None) if finder is not self else None
                spec = find(name, path, None) if find is not None else None
                if spec is not None:
                    break
        finally:
            self._looking = outer
        if type(spec) is ModuleSpec:
            spec.__class__ = _TimedSpec
        return spec

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
