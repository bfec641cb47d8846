"""What rows may have in common: an attribute that is there, is not there, has a value, or lies on one side of a cut."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

Value: TypeAlias = str | int | float | bool
"""What an attribute may hold; an attribute that a row lacks is left out of the row."""


@dataclass(frozen=True, slots=True)
class Predicate:
    """`op` is `=`, `present`, `absent`, `>=` or `<`; `value` is None for the two that need none."""

    attribute: str
    op: str
    value: Value | None = None

    def holds(self, row: dict[str, Value]) -> bool:
        """Whether it is true of a row."""
        found = row.get(self.attribute)
        if self.op in ("present", "absent"):
            return (found is not None) == (self.op == "present")
        if found is None or self.value is None:
            return False
        if self.op == "=":
            return found == self.value and isinstance(found, bool) == isinstance(self.value, bool)
        number, cut = as_number(found), as_number(self.value)
        return number is not None and cut is not None and (number >= cut if self.op == ">=" else number < cut)

    def __str__(self) -> str:
        if self.op == "present":
            return f"has {self.attribute}"
        if self.op == "absent":
            return f"has no {self.attribute}"
        return f"{self.attribute} {self.op} {self.value}"


def as_number(value: Value) -> float | None:
    """The number that a value is, or is the text of; None for what is none. Texts that begin with 0 are codes."""
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, float)):
        return float(value) if abs(value) < 1e300 else None
    digits = value.removeprefix("-")
    plain = digits.replace(".", "", 1)
    if not plain.isascii() or not plain.isdigit() or (len(plain) > 1 and digits[0] == "0" and digits[1] != "."):
        return None
    return float(value) if digits[0] != "." and digits[-1] != "." and len(digits) <= 15 else None
