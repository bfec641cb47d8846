"""Lambda functions: what listing tells of all of them, and what has to be asked one by one."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from mendline.aws.calls import Calls, Refusal
from mendline.aws.configuration import Thing
from mendline.aws.roles import Roles, statements

Fingerprint = Callable[[str], str]
Found = Mapping[str, Any]

_MOST_VERSION_PAGES = 3  # of 50 versions each; with more, only aliases say which version is meant
_SETTLED = {"Creating": "Enabled", "Enabling": "Enabled", "Updating": "Enabled", "Disabling": "Disabled"}


def list_functions(calls: Calls, fingerprint: Fingerprint) -> dict[str, Thing] | None:
    """Every function of the region by its name; None when AWS does not allow it."""
    found = calls.every("lambda", "ListFunctions", "Functions")
    if found is None:
        return None
    mappings = _event_sources(calls)
    things = {}
    for entry in found:
        facts = _listed(entry)
        if mappings is not None:
            own = mappings.get(entry["FunctionName"], [])
            facts["event_sources"] = sorted((_mapping(item) for item in own), key=lambda item: str(item["uuid"]))
            facts["event_sources_modified"] = max((_time(item.get("LastModified")) for item in own), default="")
        variables = entry.get("Environment", {}).get("Variables") or {}
        secrets = {name: fingerprint(f"{name}={value}") for name, value in variables.items()}
        things[entry["FunctionName"]] = Thing("lambda", entry["FunctionName"], facts, secrets)
    return things


def function_details(calls: Calls, thing: Thing, roles: Roles) -> dict[str, Any]:
    """The facts that AWS tells only function by function. What it does not allow to read is left out."""
    name, arn = thing.name, str(thing.facts["arn"])
    facts: dict[str, Any] = {}
    for read in (_concurrency, _runtime_version, _asynchronous, _versions, _permissions):
        facts |= read(calls, name)
        calls.pause()
    tags = calls.one("lambda", "ListTags", name, Resource=arn)
    if not isinstance(tags, Refusal):
        facts["tags"] = dict(sorted((tags.get("Tags") or {}).items()))
    return facts | roles.facts(str(thing.facts.get("role") or ""))


def _listed(entry: Found) -> dict[str, Any]:
    """The facts in a FunctionConfiguration as ListFunctions has it. Of the environment only the names."""
    vpc = entry.get("VpcConfig") or {}
    logging = entry.get("LoggingConfig") or {}
    return {
        "arn": entry["FunctionArn"],
        "architecture": ",".join(entry.get("Architectures") or ["x86_64"]),
        "code_bytes": entry.get("CodeSize"),
        "code_sha256": entry.get("CodeSha256"),
        "dead_letter_target": (entry.get("DeadLetterConfig") or {}).get("TargetArn"),
        "environment": sorted((entry.get("Environment") or {}).get("Variables") or {}),
        "ephemeral_storage_mb": (entry.get("EphemeralStorage") or {}).get("Size"),
        "file_systems": sorted(item.get("Arn", "") for item in entry.get("FileSystemConfigs") or ()),
        "handler": entry.get("Handler"),
        "kms_key": entry.get("KMSKeyArn") or None,
        "last_modified": _time(entry.get("LastModified")),
        "layers": [layer["Arn"] for layer in entry.get("Layers") or ()],
        "log_format": logging.get("LogFormat", "Text"),
        "log_group": logging.get("LogGroup") or f"/aws/lambda/{entry['FunctionName']}",
        "memory_mb": entry.get("MemorySize"),
        "package_type": entry.get("PackageType", "Zip"),
        "role": entry.get("Role"),
        "runtime": entry.get("Runtime"),
        "security_groups": sorted(vpc.get("SecurityGroupIds") or ()),
        "snap_start": (entry.get("SnapStart") or {}).get("ApplyOn", "None"),
        "subnets": sorted(vpc.get("SubnetIds") or ()),
        "timeout_s": entry.get("Timeout"),
        "tracing": (entry.get("TracingConfig") or {}).get("Mode", "PassThrough"),
    }


def _event_sources(calls: Calls) -> dict[str, list[Found]] | None:
    found = calls.every("lambda", "ListEventSourceMappings", "EventSourceMappings")
    if found is None:
        return None
    by_function: dict[str, list[Found]] = {}
    for item in found:
        by_function.setdefault(_function_name(item.get("FunctionArn", "")), []).append(item)
    return by_function


def _mapping(item: Found) -> dict[str, Any]:
    destinations = item.get("DestinationConfig") or {}
    filters = (item.get("FilterCriteria") or {}).get("Filters") or ()
    state = item.get("State", "")
    return {
        "batch_size": item.get("BatchSize"),
        "batching_window_s": item.get("MaximumBatchingWindowInSeconds"),
        "bisect": item.get("BisectBatchOnFunctionError"),
        "filters": sorted(str(entry.get("Pattern", "")) for entry in filters),
        "function_arn": item.get("FunctionArn"),
        "max_concurrency": (item.get("ScalingConfig") or {}).get("MaximumConcurrency"),
        "max_record_age_s": item.get("MaximumRecordAgeInSeconds"),
        "max_retries": item.get("MaximumRetryAttempts"),
        "on_failure": (destinations.get("OnFailure") or {}).get("Destination"),
        "parallelization": item.get("ParallelizationFactor"),
        "partial_batch": "ReportBatchItemFailures" in (item.get("FunctionResponseTypes") or ()),
        "source": item.get("EventSourceArn") or ",".join(item.get("Topics") or ()),
        "state": _SETTLED.get(state, state),
        "uuid": item.get("UUID"),
    }


def _concurrency(calls: Calls, name: str) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    reserved = calls.one("lambda", "GetFunctionConcurrency", name, FunctionName=name)
    if not isinstance(reserved, Refusal):
        facts["reserved_concurrency"] = reserved.get("ReservedConcurrentExecutions")
    provisioned = calls.every(
        "lambda",
        "ListProvisionedConcurrencyConfigs",
        "ProvisionedConcurrencyConfigs",
        name,
        FunctionName=name,
    )
    if provisioned is not None:
        facts["provisioned_concurrency"] = {
            _qualifier(item["FunctionArn"]): item.get("RequestedProvisionedConcurrentExecutions")
            for item in provisioned
        }
    return facts


def _runtime_version(calls: Calls, name: str) -> dict[str, Any]:
    answer = calls.one("lambda", "GetFunctionConfiguration", name, FunctionName=name)
    if isinstance(answer, Refusal):
        return {}
    version = (answer.get("RuntimeVersionConfig") or {}).get("RuntimeVersionArn")
    return {"runtime_version": version} if version else {}


def _asynchronous(calls: Calls, name: str) -> dict[str, Any]:
    found = calls.every(
        "lambda", "ListFunctionEventInvokeConfigs", "FunctionEventInvokeConfigs", name, FunctionName=name
    )
    if found is None:
        return {}
    configs = {}
    for item in found:
        destinations = item.get("DestinationConfig") or {}
        configs[_qualifier(item["FunctionArn"])] = {
            "max_age_s": item.get("MaximumEventAgeInSeconds"),
            "max_retries": item.get("MaximumRetryAttempts"),
            "on_failure": (destinations.get("OnFailure") or {}).get("Destination"),
            "on_success": (destinations.get("OnSuccess") or {}).get("Destination"),
        }
    return {"async": configs}


def _versions(calls: Calls, name: str) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    aliases = calls.every("lambda", "ListAliases", "Aliases", name, FunctionName=name)
    if aliases is not None:
        facts["aliases"] = {item["Name"]: _alias(item) for item in aliases}
    newest = 0
    pages = calls.pages("lambda", "ListVersionsByFunction", name, FunctionName=name)
    for number, page in enumerate(pages, 1):
        if isinstance(page, Refusal):
            return facts
        versions = (item["Version"] for item in page.get("Versions") or ())
        newest = max([newest, *(int(version) for version in versions if version.isdigit())])
        if number == _MOST_VERSION_PAGES and page.get("NextMarker"):
            return facts
    return facts | {"version": str(newest) if newest else None}


def _alias(item: Found) -> dict[str, Any]:
    weights = (item.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}
    return {"version": item.get("FunctionVersion"), "weights": dict(sorted(weights.items()))}


def _permissions(calls: Calls, name: str) -> dict[str, Any]:
    """Who may invoke: the function's own policy, a line for each statement. No policy is an answer too."""
    answer = calls.one("lambda", "GetPolicy", name, FunctionName=name)
    if answer is Refusal.DENIED:
        return {}
    if isinstance(answer, Refusal):
        return {"invoke_permissions": []}
    return {"invoke_permissions": statements(json.loads(answer["Policy"]))}


def _function_name(arn: str) -> str:
    parts = arn.split(":")
    return parts[6] if len(parts) > 6 else arn


def _qualifier(arn: str) -> str:
    parts = arn.split(":")
    return parts[7] if len(parts) > 7 else "$LATEST"


def _time(value: object) -> str:
    """ISO 8601 in UTC to the second; empty when there is none. AWS writes times in three ways."""
    if isinstance(value, str) and value:
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return ""
    if not isinstance(value, datetime):
        return ""
    moment = value if value.tzinfo else value.replace(tzinfo=UTC)
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")
