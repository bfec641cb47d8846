"""Takes the metrics of host and pollers to the local CloudWatch, summed up for ten seconds each time."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

from mendline_playground.host import Metric
from mendline_playground.sources.aws_json import AwsCallError, AwsJson

EVERY_S = 10.0
_MOST_AT_ONCE = 500
_Key = tuple[str, str, str, str, str]


class CloudWatch:
    """Collects from the beginning on, and sends once it is told where to. Use `take` as a metric sink."""

    def __init__(self, complain: Callable[[str], None]) -> None:
        self._complain = complain
        self._aws: AwsJson | None = None
        self._sums: dict[_Key, list[float]] = {}
        self._complained = False

    def connect(self, aws: AwsJson) -> None:
        """Send to this one from now on."""
        self._aws = aws

    def take(self, metric: Metric) -> None:
        """A metric of AWS/Lambda."""
        self.put("AWS/Lambda", metric.name, metric.value, metric.unit, "FunctionName", metric.function)

    def put(self, namespace: str, name: str, value: float, unit: str, dimension: str, named: str) -> None:
        """Any metric with one dimension."""
        key = (namespace, name, unit, dimension, named)
        sums = self._sums.get(key)
        if sums is None:
            self._sums[key] = [1, value, value, value]
            return
        sums[0] += 1
        sums[1] += value
        sums[2] = min(sums[2], value)
        sums[3] = max(sums[3], value)

    async def run(self) -> None:
        """Send every ten seconds until cancelled."""
        while True:
            await asyncio.sleep(EVERY_S)
            if self._aws is not None:
                await self._send(self._aws)

    async def _send(self, aws: AwsJson) -> None:
        sums, self._sums = self._sums, {}
        by_namespace: dict[str, list[dict[str, Any]]] = {}
        now = time.time()
        for (namespace, name, unit, dimension, named), (count, total, least, most) in sums.items():
            datum = {
                "MetricName": name,
                "Dimensions": [{"Name": dimension, "Value": named}],
                "Timestamp": now,
                "Unit": unit,
                "StatisticValues": {"SampleCount": count, "Sum": total, "Minimum": least, "Maximum": most},
            }
            by_namespace.setdefault(namespace, []).append(datum)
        for namespace, data in by_namespace.items():
            for first in range(0, len(data), _MOST_AT_ONCE):
                body = {"Namespace": namespace, "MetricData": data[first : first + _MOST_AT_ONCE]}
                try:
                    await aws.call("monitoring", "GraniteServiceVersion20100801.PutMetricData", body)
                except (AwsCallError, OSError, TimeoutError) as error:
                    if not self._complained:
                        self._complained = True
                        self._complain(f"metrics could not be put into CloudWatch: {error}")
