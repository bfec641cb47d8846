"""Resource attributes: which function, where, in which environment."""

from __future__ import annotations

import sys

from ._version import __version__

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from .settings import Settings


def resource_attributes(env: Mapping[str, str], settings: Settings, service: str | None, arn: str) -> dict[str, Any]:
    """OpenTelemetry's resource attributes for a Lambda function; OTEL_RESOURCE_ATTRIBUTES win over what is detected."""
    name = env.get("AWS_LAMBDA_FUNCTION_NAME", "")
    region = env.get("AWS_REGION") or env.get("AWS_DEFAULT_REGION", "")
    detected: dict[str, Any] = {
        "service.name": name or "unknown_service:python",
        "faas.name": name,
        "faas.version": env.get("AWS_LAMBDA_FUNCTION_VERSION", ""),
        "faas.instance": env.get("AWS_LAMBDA_LOG_STREAM_NAME", ""),
        "cloud.provider": "aws",
        "cloud.platform": "aws_lambda",
        "cloud.region": region,
        "cloud.account.id": account_of(arn),
        "process.runtime.name": sys.implementation.name,
        "process.runtime.version": ".".join(str(part) for part in sys.version_info[:3]),
        "telemetry.sdk.name": "mendline",
        "telemetry.sdk.language": "python",
        "telemetry.sdk.version": __version__,
    }
    memory_mb = env.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "")
    if memory_mb.isdigit():
        detected["faas.max_memory"] = int(memory_mb) * 1024 * 1024
    attributes = {key: value for key, value in detected.items() if value != ""}
    attributes.update(settings.resource_attributes)
    chosen = service or settings.service_name
    if chosen:
        attributes["service.name"] = chosen
    return attributes


def account_of(arn: str) -> str:
    """The account id in an ARN, or an empty text."""
    parts = arn.split(":")
    return parts[4] if len(parts) > 5 else ""
