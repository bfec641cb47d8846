"""Follow a library from the moment the user's code imports it, and not one import earlier."""

from __future__ import annotations

import sys

from .guard import GUARD

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType
    from typing import Any

    from .inside import Chosen

# The module here that patches, by its function `patch(module)` → the libraries' modules, as soon as they are imported.
_PATCHERS = {
    "botocore_calls": "botocore.client",
    "http_calls": "urllib3.connectionpool http.client httpx._client aiohttp.client",
    "redis_calls": "redis.client redis.asyncio.client",
    "sql_calls": "psycopg psycopg2 pymysql sqlalchemy.engine.default",
    "pymongo_calls": "pymongo.monitoring pymongo.topology pymongo.synchronous.topology pymongo.asynchronous.topology",
    "connections": "ssl asyncio.selector_events",
    "lines": "logging",
    "otel_api": "opentelemetry.trace",
}
_TARGETS = {name: patcher for patcher, names in _PATCHERS.items() for name in names.split()}


def install_hooks(chosen: Chosen | None = None) -> None:
    """Patch what is imported already; watch for the rest, and for modules with functions that are `chosen`."""
    waiting = {}
    for name, patcher in _TARGETS.items():
        module = sys.modules.get(name)
        if module is None:
            waiting[name] = patcher
        else:
            _patch(module, patcher)
    if (waiting or chosen) and not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder(waiting, chosen))


def _patch(module: ModuleType, patcher: str) -> None:
    try:
        from importlib import import_module

        import_module(f"mendline_agent.{patcher}").patch(module)
    except Exception as error:
        GUARD.failed(f"following {module.__name__}", error)


class _Finder:
    """Sees every import go by, and steps in only for the libraries it waits for."""

    __slots__ = ("_chosen", "_waiting")

    def __init__(self, waiting: dict[str, str], chosen: Chosen | None) -> None:
        self._waiting = waiting
        self._chosen = chosen

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The spec that the other finders have, with a loader that patches once it has loaded."""
        chosen = self._chosen if self._chosen is not None and self._chosen.concerns(name) else None
        if name not in self._waiting and chosen is None:
            return None
        for finder in list(sys.meta_path):
            if finder is self or not hasattr(finder, "find_spec"):
                continue
            spec = finder.find_spec(name, path, target)
            if spec is not None:
                if spec.loader is not None and hasattr(spec.loader, "exec_module"):
                    spec.loader = _Loader(spec.loader, name, self._waiting, chosen)  # type: ignore[assignment]
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
        patcher = self._waiting.pop(self._name, None)  # only now: to look for a module is not to import it
        if patcher is not None:
            _patch(module, patcher)
        if self._chosen is not None:
            try:
                self._chosen.patch(module)
            except Exception as error:
                GUARD.failed(f"following functions of {self._name}", error)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)
