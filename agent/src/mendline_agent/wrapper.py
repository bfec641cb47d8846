"""The handler that Lambda is given when `bin/mendline` starts the runtime: the user's own, followed."""

from __future__ import annotations

import json
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any


def _runtime() -> ModuleType | None:
    """The runtime's bootstrap module, wherever this version of it keeps it."""
    for name in ("awslambdaric.bootstrap", "bootstrap", "__main__"):
        module = sys.modules.get(name)
        if module is not None and callable(getattr(module, "_get_handler", None)):
            return module
    return None


def _load(name: str) -> Any:
    """The user's handler as the runtime itself loads it, so that its errors are the runtime's own."""
    runtime = _runtime()
    if runtime is not None:
        return runtime._get_handler(name)
    from importlib import import_module

    module, _, attribute = name.rpartition(".")
    return getattr(import_module(module.replace("/", ".")), attribute)


def _leave() -> None:
    """Put the place where we were found last: before others it costs each of the user's imports."""
    root = os.environ.pop("MENDLINE_ADDED_PATH", "")
    paths = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    if root and paths[-1] == root and root in sys.path:
        sys.path.remove(root)
        if root not in sys.path:
            sys.path.append(root)
        os.environ["PYTHONPATH"] = os.pathsep.join(paths[:-1])
        if not paths[:-1]:
            del os.environ["PYTHONPATH"]


def _prepare() -> Any:
    """Start the agent before the user's code is imported, so that the libraries it imports are followed, and timed."""
    try:
        from .agent import the_agent
        from .hooks import ImportTimer

        the_agent()
        timer = ImportTimer()
        timer.install()
    except Exception as error:
        from . import _say

        _say(error)
        return None
    return timer


def _timed(timer: Any) -> None:
    """Stop timing and leave what was found for the first invocation."""
    try:
        from .agent import the_agent

        timer.remove()
        the_agent().imports = json.dumps(timer.summary(), separators=(",", ":"))
    except Exception:
        pass


def _follow(user_handler: Any) -> Any:
    try:
        from . import instrument

        followed = instrument(user_handler)
        if followed is not user_handler:
            from .agent import the_agent

            the_agent().is_outermost = True
        return followed
    except Exception:
        return user_handler


def _start() -> Any:
    name = os.environ.get("MENDLINE_HANDLER", "")
    if not name:
        raise RuntimeError("MENDLINE_HANDLER is not set: start the runtime through the `mendline` exec wrapper")
    os.environ["_HANDLER"] = name
    from . import is_disabled

    _leave()
    if is_disabled():
        return _load(name)
    timer = _prepare()
    try:
        user_handler = _load(name)
    finally:
        if timer is not None:
            _timed(timer)
    return _follow(user_handler)


handler = _start()
