"""States of circuit breakers that execution environments have in common."""

from __future__ import annotations

import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_LIMITS = {"connect_timeout": 0.2, "read_timeout": 0.3, "retries": {"total_max_attempts": 1}}
_KEPT_S = 3600


class DynamoDbState:
    """Until when breakers are open, in a table with the partition key `id` (a text); `expires_at` is for its TTL.

    `client` is a boto3 client of DynamoDB, else one that waits for at most half a second is made.
    """

    def __init__(self, table: str, *, client: Any = None) -> None:
        self._table, self._client = table, client

    def _asked(self) -> Any:
        if self._client is None:
            from importlib import import_module

            config = import_module("botocore.config").Config(**_LIMITS)
            self._client = import_module("boto3").client("dynamodb", config=config)
        return self._client

    def read(self, name: str) -> float:
        """Until when (s since 1970) a breaker is open, as somebody wrote it last; 0 for not."""
        asked = {"TableName": self._table, "Key": {"id": {"S": name}}, "ConsistentRead": True}
        item = self._asked().get_item(**asked).get("Item")
        return float(item["open_until"]["N"]) if item else 0.0

    def write(self, name: str, until_s: float) -> None:
        """A breaker is open until then; 0 for not."""
        last_s = int(max(until_s, time.time())) + _KEPT_S
        item = {"id": {"S": name}, "open_until": {"N": f"{until_s:.3f}"}, "expires_at": {"N": str(last_s)}}
        self._asked().put_item(TableName=self._table, Item=item)
