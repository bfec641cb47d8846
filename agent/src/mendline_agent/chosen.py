"""The functions that the environment names, to be followed without touching their code."""

from __future__ import annotations

import sys

from .around import follow
from .guard import GUARD

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

_MAX_OF_MODULE = 500


class Chosen:
    """Those to follow; and those to follow line by line, with the local variables to tell of."""

    __slots__ = ("_found", "_handler", "_lines", "_names", "_packages")

    def __init__(self, listing: str, lines: str, handler: str) -> None:
        """`MENDLINE_TRACE`: `module`, `module.function`, `module.Class`, `module.Class.method`, `package.*`, with
        commas between; `MENDLINE_LINES`: `module.function:variable,variable`, with semicolons between."""
        asked = [entry.partition(":") for entry in lines.split(";")]
        self._lines = {name.strip(): tuple(_listed(variables)) for name, _, variables in asked if name.strip()}
        names = [*_listed(listing), *self._lines]
        self._packages = tuple(name[:-1] for name in names if name.endswith(".*"))
        self._names = tuple(name for name in names if not name.endswith(".*"))
        self._handler = handler.replace("/", ".")
        self._found: set[str] = set()

    def concerns(self, module: str) -> bool:
        """Whether a function of this module may be among them."""
        return f"{module}.".startswith(self._packages) or any(
            name == module or name.startswith(f"{module}.") for name in self._names
        )

    def patch(self, module: ModuleType) -> None:
        """Follow what is named of a module that has just been imported."""
        own = module.__name__
        packages = [package for package in self._packages if f"{own}.".startswith(package)]
        if packages or own in self._names:
            self._found.update(packages, (own,))
            for holder, name in _functions_of(module, own)[:_MAX_OF_MODULE]:
                self._follow(holder, name)
        for name in self._names:
            if name.startswith(f"{own}.") and name not in sys.modules:
                *path, last = name[len(own) + 1 :].split(".")
                held: Any = module
                for part in path:
                    held = getattr(held, part, None)
                one = getattr(held, "__dict__", {}).get(last)
                methods = _methods_of(one) if issubclass(type(one), type) else [(held, last)]
                followed = [self._follow(*method) for method in methods] if one is not None else ()
                if True in followed:
                    self._found.add(name)

    def tell_missing(self) -> None:
        """Say what has been named and is not there, now that an invocation has ended; a module may come later yet."""
        missing = [name for name in (*self._packages, *self._names) if name not in self._found]
        if missing:
            shown = ", ".join(repr(name[:100]) for name in missing[:5])
            GUARD.tell(
                "MENDLINE_TRACE or MENDLINE_LINES names what is not followed; it takes functions written in Python of"
                " modules that are imported between the start of the agent and the end of the first invocation:"
                f" {shown}{' …' if len(missing) > 5 else ''}"
            )

    def _follow(self, holder: Any, name: str) -> bool:
        """Whether it is one that can be followed, or is already."""
        function = vars(holder)[name]
        told = getattr(function, "__func__", function)
        whole = f"{getattr(told, '__module__', '')}.{getattr(told, '__qualname__', '')}"
        if whole == self._handler or hasattr(told, "__mendline__"):
            return True
        followed = follow(function, lines=self._lines.get(whole))
        if followed is function:
            return False
        # without what a class of classes makes of it
        (type.__setattr__ if issubclass(type(holder), type) else setattr)(holder, name, followed)
        return True


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _functions_of(module: ModuleType, own: str) -> list[tuple[Any, str]]:
    """(holder, name) of the functions that a module defines, and of the methods of its classes."""
    found: list[tuple[Any, str]] = []
    for name, value in list(vars(module).items()):
        if getattr(value, "__module__", None) != own:
            continue
        if hasattr(value, "__code__"):
            found.append((module, name))
        elif issubclass(type(value), type):
            found += _methods_of(value)
    return found


def _methods_of(owner: Any) -> list[tuple[Any, str]]:
    return [
        (owner, name)
        for name, held in list(vars(owner).items())
        if hasattr(getattr(held, "__func__", held), "__code__") and not name[:1] == "_" == name[-1:]
    ]
