"""Which resource an operation calls: ours where the agent says it, else derived from the OpenTelemetry conventions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import NamedTuple


class Resource(NamedTuple):
    """What is called, e.g. (dynamodb, orders, PutItem). All empty where a span calls nothing that is known."""

    type: str
    name: str
    operation: str


NOTHING = Resource("", "", "")


def resource_of(attributes: Mapping[str, str]) -> Resource:
    """The resource of a span, from its attributes (OpenTelemetry semantic conventions, current and older names)."""
    if attributes.get("mendline.resource.type"):
        return Resource(
            attributes["mendline.resource.type"],
            attributes.get("mendline.resource.name", ""),
            attributes.get("mendline.resource.operation", ""),
        )
    for derive in (_messaging, _database, _aws, _http):
        found = derive(attributes)
        if found.type:
            return found
    return NOTHING


def _first(attributes: Mapping[str, str], *keys: str) -> str:
    return next((attributes[key] for key in keys if attributes.get(key)), "")


def _messaging(attributes: Mapping[str, str]) -> Resource:
    system = _first(attributes, "messaging.system")
    name = _first(attributes, "messaging.destination.name", "messaging.destination")
    operation = _first(attributes, "messaging.operation.name", "messaging.operation.type", "messaging.operation")
    return Resource(system.removeprefix("aws_").removeprefix("aws."), name, operation)


def _database(attributes: Mapping[str, str]) -> Resource:
    system = _first(attributes, "db.system.name", "db.system").removeprefix("aws.")
    tables = _one(_first(attributes, "aws.dynamodb.table_names"))
    name = tables or _first(attributes, "db.collection.name", "db.namespace", "db.name", "db.sql.table")
    return Resource(system, name, _first(attributes, "db.operation.name", "db.operation", "rpc.method"))


def _aws(attributes: Mapping[str, str]) -> Resource:
    if attributes.get("rpc.system", attributes.get("rpc.system.name")) != "aws-api":
        return NOTHING
    name = _first(
        attributes,
        "aws.s3.bucket",
        "aws.queue_url",
        "aws.sns.topic.arn",
        "faas.invoked_name",
        "aws.kinesis.stream_name",
    )
    service = _first(attributes, "rpc.service").lower()
    return Resource(service or "aws", name.rpartition("/")[2].rpartition(":")[2], _first(attributes, "rpc.method"))


def _http(attributes: Mapping[str, str]) -> Resource:
    method = _first(attributes, "http.request.method", "http.method")
    host = _first(attributes, "server.address", "net.peer.name", "http.host")
    if not method or not host:
        return NOTHING
    return Resource(
        "http",
        host,
        f"{method} {_first(attributes, 'url.template', 'http.route', 'url.path', 'http.target')}".strip(),
    )


def _one(text: str) -> str:
    """The first of a list, where conventions differ between a text and a list of texts."""
    if not text.startswith("["):
        return text
    try:
        values = json.loads(text)
    except ValueError:
        return text
    return str(values[0]) if values else ""
