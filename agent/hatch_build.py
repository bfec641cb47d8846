"""Puts the modules into the wheel as `lean.py` makes them."""

from __future__ import annotations

import runpy
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class LeanModules(BuildHookInterface):  # type: ignore[type-arg]
    """Editable installations have the sources as they are."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Include lean copies over the sources."""
        if version == "editable":
            return
        self.copies = tempfile.TemporaryDirectory()
        written = runpy.run_path(str(Path(self.root) / "lean.py"))["write_lean"]
        source, copy = Path(self.root) / "src" / "mendline_agent", Path(self.copies.name) / "mendline_agent"
        for path in written(source, copy):
            build_data["force_include"][str(path)] = f"mendline_agent/{path.relative_to(copy).as_posix()}"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Leave nothing behind."""
        if version != "editable":
            self.copies.cleanup()
