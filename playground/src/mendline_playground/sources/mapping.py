"""An event-source mapping as Lambda's API tells it."""

from collections.abc import Mapping as Facts
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Mapping:
    """What a poller needs to know; times in seconds. None of retries or age means without limit."""

    uuid: str
    source_arn: str
    function_arn: str
    is_enabled: bool
    batch_size: int
    window_s: float
    reports_failures: bool
    most_retries: int | None
    most_age_s: float | None
    bisects: bool
    on_failure: str
    starts_at_horizon: bool
    most_concurrent: int

    @property
    def service(self) -> str:
        """`sqs`, `kinesis` or `dynamodb`."""
        return self.source_arn.split(":")[2]

    @property
    def function(self) -> str:
        """The name of the function."""
        return self.function_arn.split(":")[6]

    @property
    def resource(self) -> str:
        """The source by the last part of its ARN: a queue's name, `stream/NAME`, `table/NAME/stream/LABEL`."""
        return self.source_arn.split(":", 5)[5]


def read_mapping(told: Facts[str, Any]) -> Mapping:
    """From an EventSourceMappingConfiguration."""
    destination = (told.get("DestinationConfig") or {}).get("OnFailure") or {}
    retries, age_s = told.get("MaximumRetryAttempts"), told.get("MaximumRecordAgeInSeconds")
    state = str(told.get("State") or "Enabled")
    return Mapping(
        uuid=str(told["UUID"]),
        source_arn=str(told["EventSourceArn"]),
        function_arn=str(told["FunctionArn"]),
        is_enabled=state in ("Enabled", "Enabling", "Creating", "Updating"),
        batch_size=int(told.get("BatchSize") or 10),
        window_s=float(told.get("MaximumBatchingWindowInSeconds") or 0),
        reports_failures="ReportBatchItemFailures" in (told.get("FunctionResponseTypes") or ()),
        most_retries=None if retries in (None, -1) else int(retries),
        most_age_s=None if age_s in (None, -1) else float(age_s),
        bisects=bool(told.get("BisectBatchOnFunctionError")),
        on_failure=str(destination.get("Destination") or ""),
        starts_at_horizon=told.get("StartingPosition") == "TRIM_HORIZON",
        most_concurrent=int((told.get("ScalingConfig") or {}).get("MaximumConcurrency") or 0),
    )
