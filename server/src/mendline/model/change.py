"""Something that was changed: a deployment, a setting, a permission; what people look for when something broke."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

DEPLOYMENTS = frozenset({"deployment", "version"})


@dataclass(frozen=True, slots=True)
class Change:
    """`kind` is one of those of the AWS readers (`deployment`, `memory`, `timeout`, `environment` …), or `version`: a
    version of a function that was first invoked then. `type` is `lambda`, `sqs`, `kinesis`, `dynamodb`; `before` and
    `after` are JSON of the facts that differ, empty where not told."""

    time: datetime
    kind: str
    type: str
    account: str
    region: str
    name: str
    version: str
    before: str
    after: str

    @property
    def is_deployment(self) -> bool:
        """Whether other code runs since then."""
        return self.kind in DEPLOYMENTS
