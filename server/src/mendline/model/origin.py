"""Where telemetry comes from: the resource that told it, and the instrumentation scope within that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Resource:
    """A function, a container, a process. Attributes are texts; `attribute_types` has the types of those that were sent
    as something else (see model.trace.Span). `dropped_attributes` counts those that the sender or a limit left out."""

    attributes: Mapping[str, str]
    attribute_types: Mapping[str, str] = field(default_factory=dict)
    schema_url: str = ""
    dropped_attributes: int = 0


@dataclass(frozen=True, slots=True)
class Scope:
    """The library, or part of a program, that told of something; the rest as in Resource."""

    name: str
    version: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)
    attribute_types: Mapping[str, str] = field(default_factory=dict)
    schema_url: str = ""
    dropped_attributes: int = 0
