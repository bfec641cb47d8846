"""What is wrong with a JSON request and where, gathered on the way out of it."""

from __future__ import annotations


class FaultError(Exception):
    """A value that cannot be what it should be. `problem` goes on from the value's path: "is not a string"."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem
        self._path: list[str] = []

    def within(self, name: str) -> None:
        """Say that the value lies in the field `name`."""
        self._path.append(f".{name}")

    def at(self, index: int) -> None:
        """Say that the value is the item `index` of a list."""
        self._path.append(f"[{index}]")

    def sentence(self) -> str:
        """Path and problem: "resourceSpans[0].resource is not an object."."""
        return f"{''.join(reversed(self._path)).lstrip('.') or 'The body'} {self.problem}."
