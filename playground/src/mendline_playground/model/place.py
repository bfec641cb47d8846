"""Where the modelled shop is: account, region, and the names that AWS gives to its things."""

from mendline_playground.host.function import ACCOUNT, REGION
from mendline_playground.shop.plan import FunctionPlan

BACKFILLED = "mendline.backfilled"
"""The attribute of a resource whose telemetry was written after the fact, by the model."""


def function_arn(name: str) -> str:
    """The ARN of a function."""
    return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"


def source_arn(plan: FunctionPlan) -> str:
    """What starts a function: an ARN, or method and route, as the agent tells it."""
    prefix = f"{REGION}:{ACCOUNT}"
    return {
        "sqs": f"arn:aws:sqs:{prefix}:{plan.source}",
        "sns": f"arn:aws:sns:{prefix}:{plan.source}",
        "kinesis": f"arn:aws:kinesis:{prefix}:stream/{plan.source}",
        "dynamodb": f"arn:aws:dynamodb:{prefix}:table/{plan.source}/stream/2026-01-01T00:00:00.000",
        "s3": f"arn:aws:s3:::{plan.source}",
        "schedule": f"arn:aws:events:{prefix}:rule/{plan.source}",
        "states": f"arn:aws:states:{prefix}:stateMachine:{plan.source}",
    }.get(plan.trigger, plan.source)


def role(name: str) -> str:
    """The ARN of a function's role session, as errors name it."""
    return f"arn:aws:sts::{ACCOUNT}:assumed-role/shop-{name}/{name}"
