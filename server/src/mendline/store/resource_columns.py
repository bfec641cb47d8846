"""SQL that names the resource which an operation calls, from the attributes of its span.

What our agent says goes first; else it is derived from the OpenTelemetry semantic conventions, current and older names
(messaging, database, AWS SDK, HTTP). A path without a template is made one, so that ids do not make resources.
"""

from __future__ import annotations


def _first(*keys: str) -> str:
    """The first of these attributes that is there."""
    *others, last = keys
    tried = "".join(f"attributes['{key}'] != '', attributes['{key}'], " for key in others)
    return f"multiIf({tried}attributes['{last}'])" if others else f"attributes['{last}']"


_MESSAGING = "attributes['messaging.system']"
_DATABASE = _first("db.system.name", "db.system")
_TABLE = _first("aws.dynamodb.table_names", "db.collection.name", "db.namespace", "db.name", "db.sql.table")
_AWS_NAME = _first(
    "aws.s3.bucket", "aws.queue_url", "aws.sns.topic.arn", "faas.invoked_name", "aws.kinesis.stream_name"
)
_METHOD, _HOST = _first("http.request.method", "http.method"), _first("server.address", "net.peer.name", "http.host")
_TEMPLATE = _first("url.template", "http.route")
# a client's span has the whole URL, and by the current conventions no path
_TOLD_PATH = (
    f"splitByChar('?', if(({_first('url.path', 'http.target')} AS told_path) != '', told_path, "
    f"path({_first('url.full', 'http.url')})))[1]"
)
# segments that are numbers, or long with a digit in them, are ids
_PATH = (
    "arrayStringConcat(arrayMap(part -> if(match(part, '^[0-9]+$|^.*[0-9].{7}|^.{7}.*[0-9]'), '{id}', part), "
    f"splitByChar('/', {_TOLD_PATH})), '/')"
)

_FAMILIES = (
    # (condition, type, name, operation), the first whose condition holds
    (
        "attributes['mendline.resource.type'] != ''",
        "attributes['mendline.resource.type']",
        "attributes['mendline.resource.name']",
        "attributes['mendline.resource.operation']",
    ),
    (
        f"{_MESSAGING} != ''",
        f"replaceRegexpOne({_MESSAGING}, '^aws[._]', '')",
        _first("messaging.destination.name", "messaging.destination"),
        _first("messaging.operation.name", "messaging.operation.type", "messaging.operation"),
    ),
    (
        f"{_DATABASE} != ''",
        f"replaceOne({_DATABASE}, 'aws.', '')",
        # conventions differ between a text and a list of texts
        f"if(startsWith({_TABLE}, '[\"'), JSONExtractString({_TABLE}, 1), {_TABLE})",
        _first("db.operation.name", "db.operation", "rpc.method"),
    ),
    (
        f"{_first('rpc.system', 'rpc.system.name')} = 'aws-api'",
        "if(attributes['rpc.service'] != '', lower(attributes['rpc.service']), 'aws')",
        f"splitByRegexp('[/:]', {_AWS_NAME})[-1]",
        "attributes['rpc.method']",
    ),
    (
        f"{_METHOD} != '' AND {_HOST} != ''",
        "'http'",
        _HOST,
        f"trimRight(concat({_METHOD}, ' ', if({_TEMPLATE} != '', {_TEMPLATE}, {_PATH})))",
    ),
)


def _column(index: int) -> str:
    return f"multiIf({', '.join(f'{family[0]}, {family[index]}' for family in _FAMILIES)}, '')"


RESOURCE_TYPE, RESOURCE_NAME, OPERATION = map(_column, (1, 2, 3))
"""Each is a text, empty where the span calls nothing that is known; they read the column `attributes`."""
