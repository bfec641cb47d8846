"""In a layer this is `mendline_agent.start`, which brings what each start of the agent needs from one file.

To find and read each module by itself takes a fifth of a start. `layer.py` writes the file, of what is compiled: the
interpreter's magic number, the length of a list, `name:bytes` of each module, and these. Where there is none, or it is
for another Python, modules are imported as ever.
"""

from __future__ import annotations

import os
import sys
from _frozen_importlib import ModuleSpec
from _frozen_importlib_external import MAGIC_NUMBER, SourceFileLoader
from marshal import loads

_OF_LOG, _OF_HTTP = ("log_export",), ("transport", "export")


def _bring(folder: str) -> None:
    try:
        file = os.open(f"{folder}/__pycache__/start.{sys.implementation.cache_tag}.bin", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return
    try:
        if os.read(file, len(MAGIC_NUMBER)) != MAGIC_NUMBER:
            return
        needless = _OF_HTTP if os.environ.get("MENDLINE_EXPORT", "").strip().lower() == "log" else _OF_LOG
        for entry in os.read(file, int.from_bytes(os.read(file, 4), "little")).decode().split():
            name, _, size = entry.partition(":")
            code = os.read(file, int(size))
            if name not in needless:
                _run(name, f"{folder}/{name}.py", code)
    finally:
        os.close(file)


def _run(name: str, path: str, code: bytes) -> None:
    """Make a module as importlib does."""
    whole = f"{__package__}.{name}"
    module = sys.modules[whole] = type(sys)(whole)
    loader = SourceFileLoader(whole, path)
    spec = ModuleSpec(whole, loader, origin=path)
    spec.has_location = True
    vars(module).update(__file__=path, __package__=__package__, __loader__=loader, __spec__=spec)
    try:
        exec(loads(code), vars(module))  # noqa: S102, S302 - as trusted as the module's own file beside it
    except BaseException:
        del sys.modules[whole]
        raise
    setattr(sys.modules[__package__], name, module)


if __package__ == "mendline_agent":
    _bring(__file__.rpartition("/")[0])
