"""Parameters of one statement: whatever a person wrote goes to the database as a value, never as SQL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class Parameters:
    """Values by name; every method answers the placeholder to write into the SQL, the same for the same value."""

    def __init__(self, **values: Any) -> None:
        self.values: dict[str, Any] = dict(values)
        self._placeholders: dict[str, str] = {}

    def text(self, value: str) -> str:
        """A text."""
        return self._add(value, "String")

    def texts(self, values: Sequence[str]) -> str:
        """A list of texts."""
        return self._add(list(values), "Array(String)")

    def number(self, value: float) -> str:
        """A number: exact where it is whole and fits."""
        whole = isinstance(value, int) and abs(value) < 2**63
        return self._add(value if whole else float(value), "Int64" if whole else "Float64")

    def numbers(self, values: Sequence[float]) -> str:
        """A list of numbers."""
        return self._add([float(value) for value in values], "Array(Float64)")

    def whole_numbers(self, values: Sequence[int]) -> str:
        """A list of whole numbers."""
        return self._add([int(value) for value in values], "Array(Int64)")

    def _add(self, value: Any, kind: str) -> str:
        same = f"{kind} {value!r}"
        if same not in self._placeholders:
            name = f"v{len(self.values)}"
            self.values[name] = value
            self._placeholders[same] = f"{{{name}:{kind}}}"
        return self._placeholders[same]
