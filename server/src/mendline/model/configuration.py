"""How a thing of AWS is configured, as it was last seen."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Configuration:
    """`facts` are those that the AWS readers told (docs/reference/aws-readers.md), at `seen`."""

    seen: datetime
    facts: Mapping[str, Any]


def facts_of(body: str) -> Mapping[str, Any]:
    """The facts that the body of a log record of the readers tells; none where it is cut, since it was longer than a
    body may be."""
    try:
        facts = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return facts if isinstance(facts, dict) else {}
