"""OpenTelemetry attributes under their own names: those of the conventions that serverless telemetry carries.

Source: OpenTelemetry semantic conventions 1.37, and older names that libraries still send. Those that mean exactly what
a short field means are aliases of it (mendline.query.fields). Any other attribute is `attr("its.name")`.
"""

from __future__ import annotations

import re

from mendline.query.field import Field
from mendline.query.source import Source
from mendline.query.types import BOOL, TEXT, Type, number
from mendline.query.units import BYTE, MILLISECONDS, SECONDS

WITH_ATTRIBUTES = frozenset({Source.INVOCATIONS, Source.OPERATIONS, Source.TRACES, Source.LOGS, Source.METRICS})
"""Sources whose rows have attributes. Those of a trace are the attributes of its spans, any of which may fit."""

_TYPES: dict[str, Type] = {
    "": TEXT, "int": number(), "bool": BOOL, "bytes": number(BYTE), "ms": number(MILLISECONDS), "s": number(SECONDS),
}  # fmt: skip

# name and older names, type (nothing is a text), meaning
_ROWS = """
faas.trigger |  | kind of trigger: http, pubsub, datasource, timer, other
faas.invoked_name |  | the function that was called
faas.invoked_provider |  | its cloud
faas.invoked_region |  | its region
faas.document.collection |  | the bucket or database of the event
faas.document.name |  | the object or row of the event
faas.document.operation |  | what happened to it: insert, edit, delete
faas.cron |  | the schedule
faas.max_memory | bytes | configured memory, as sent
faas.time |  | when the schedule was due
cloud.provider |  | aws, gcp, azure …
cloud.platform |  | aws_lambda …
cloud.resource_id |  | ARN
cloud.availability_zone |  | zone
service.version |  | version of the service
service.namespace |  | what services belong together
service.instance.id |  | one running copy of the service
deployment.environment.name deployment.environment |  | production, staging …
telemetry.sdk.name |  | what made the telemetry
telemetry.sdk.language |  | python, nodejs, java …
telemetry.sdk.version |  | version of the SDK
telemetry.distro.name |  | distribution of the SDK
telemetry.distro.version |  | its version
host.arch |  | amd64, arm64
os.type |  | linux …
process.runtime.name |  | cpython, nodejs …
process.runtime.version |  | its version
process.pid | int | process id
thread.id | int | thread
thread.name |  | thread
http.request.method http.method |  | GET, POST …
http.request.method_original |  | as it was sent
http.request.body.size | bytes | size of the body that was sent
http.request.resend_count | int | which repeat of the request it is
http.response.status_code http.status_code | int | 200, 404, 503 …
http.response.body.size | bytes | size of the body of the answer
http.route |  | the route's template, /orders/{id}
http.target |  | path and query, in older telemetry
http.host |  | the host, in older telemetry
url.full http.url |  | the whole URL
url.path |  | path
url.query |  | query
url.scheme http.scheme |  | http, https
url.template |  | template of the path
server.port net.peer.port | int | port that was called
client.address |  | who called
client.port | int | its port
network.peer.address net.peer.ip |  | address on the other side of the connection
network.peer.port | int | its port
network.protocol.name |  | http, amqp …
network.protocol.version |  | 1.1, 2 …
network.transport |  | tcp, udp, unix …
user_agent.original http.user_agent |  | the User-Agent header
user.id enduser.id |  | the user, where the code says it
session.id |  | session
peer.service |  | name of the service that was called
db.system.name db.system |  | dynamodb, postgresql, redis …
db.namespace db.name |  | database
db.collection.name db.sql.table |  | table or collection
db.operation.name db.operation |  | SELECT, PutItem …
db.operation.batch.size | int | operations in the batch
db.query.text db.statement |  | the statement
db.query.summary |  | the statement in short
db.user |  | user of the database
db.response.status_code |  | the database's own code
db.response.returned_rows | int | rows that came back
db.redis.database_index | int | number of the Redis database
messaging.system |  | aws_sqs, aws_sns, kafka …
messaging.destination.name messaging.destination |  | queue, topic
messaging.destination.kind |  | queue or topic, in older telemetry
messaging.operation.name |  | the system's own name of the operation
messaging.operation.type messaging.operation |  | send, receive, process, settle
messaging.message.id |  | id of the message
messaging.message.conversation_id |  | what the message belongs to
messaging.message.body.size | bytes | size of the body
messaging.message.envelope.size | bytes | size with headers
messaging.batch.message_count | int | messages in the batch
messaging.client.id |  | the client
messaging.consumer.group.name |  | consumer group
messaging.kafka.message.key |  | key of the record
messaging.kafka.offset | int | offset of the record
messaging.destination.partition.id |  | partition
rpc.system |  | aws-api, grpc …
rpc.service |  | DynamoDB, S3 …
rpc.method |  | PutItem, GetObject …
rpc.grpc.status_code | int | code of gRPC
aws.request_id |  | AWS's id of the call
aws.extended_request_id |  | S3's second id
aws.lambda.invoked_arn |  | ARN that was invoked
aws.lambda.resource_mapping.id |  | the event source mapping
aws.log.group.names |  | log group
aws.log.stream.names |  | log stream
aws.dynamodb.table_names |  | tables
aws.dynamodb.consumed_capacity |  | capacity that was used
aws.dynamodb.count | int | items that came back
aws.dynamodb.scanned_count | int | items that were looked at
aws.dynamodb.index_name |  | index
aws.dynamodb.consistent_read | bool | strongly consistent
aws.dynamodb.limit | int | limit of the query
aws.s3.bucket |  | bucket
aws.s3.key |  | key
aws.s3.copy_source |  | what was copied
aws.s3.upload_id |  | multipart upload
aws.s3.part_number | int | its part
aws.sqs.queue.url aws.queue_url |  | queue
aws.sns.topic.arn |  | topic
aws.kinesis.stream_name |  | stream
aws.step_functions.activity.arn |  | activity
aws.step_functions.state_machine.arn |  | state machine
aws.secretsmanager.secret.arn |  | secret
aws.bedrock.guardrail.id |  | guardrail
gen_ai.operation.name |  | chat, embeddings …
gen_ai.provider.name gen_ai.system |  | aws.bedrock, openai …
gen_ai.request.model |  | model that was asked
gen_ai.response.model |  | model that answered
gen_ai.usage.input_tokens | int | tokens sent
gen_ai.usage.output_tokens | int | tokens received
graphql.operation.name |  | operation
graphql.operation.type |  | query, mutation, subscription
exception.stacktrace |  | stack of an exception in a log record
code.function.name code.function |  | function in the code
code.file.path code.filepath |  | file
code.line.number code.lineno | int | line
log.record.uid |  | CloudWatch's id of the record
log.iostream |  | stdout, stderr
feature_flag.key |  | feature flag
feature_flag.result.variant |  | its variant
mendline.trigger.sent_at | int | when the message was sent, Unix ns
mendline.cpu_ms | ms | CPU time of the process
mendline.memory.used_bytes | bytes | memory that was used, as sent
mendline.memory.size_bytes | bytes | configured memory, as the platform reports it
mendline.memory.growth_bytes | bytes | more memory than after the environment's first invocation
mendline.tmp.used_bytes | bytes | in /tmp
mendline.open_files | int | open file descriptors
mendline.imports |  | what a cold start imported: JSON
mendline.operations |  | summary of operations: JSON
mendline.functions |  | the user's own functions that are followed: JSON
mendline.records |  | of a batch: JSON with size and failed ids
mendline.pending |  | what was under way before a timeout: JSON
mendline.stack |  | the handler's stack before a timeout
mendline.error.causes |  | what lies behind an error: JSON
mendline.error.frames |  | frames of an error: JSON
mendline.sampled | bool | false where the spans of its operations stayed behind
mendline.links.in |  | messages received
mendline.links.out |  | messages sent
mendline.links.dropped | int | links that had no room
mendline.dropped_spans | int | spans that the agent could not send before
mendline.status |  | what the platform's report says: success, failure, error, timeout
mendline.phase |  | init, invoke, restore
mendline.produced_bytes | bytes | size of the response
mendline.extension.name |  | extension
mendline.extension.state |  | its state
mendline.xray.trace_id |  | X-Ray's trace
"""

_SYNONYMS = {
    "http.response.status_code": ("status_code", "statuscode", "http.status", "response_code", "http_status", "status"),
    "http.request.method": ("method", "http_method", "verb"),
    "http.route": ("route",),
    "url.path": ("path", "uri"),
    "url.full": ("url",),
    "deployment.environment.name": ("env", "environment"),
    "user.id": ("user", "userid", "user_id"),
    "messaging.message.id": ("message_id", "messageid"),
    "db.query.text": ("sql", "statement"),
}


def _rows() -> tuple[Field, ...]:
    rows = (re.split(r" *\| *", line) for line in _ROWS.strip().splitlines())
    return tuple(_field(names.split(), type_, meaning) for names, type_, meaning in rows)


def _field(names: list[str], type_: str, meaning: str) -> Field:
    name, *older = names
    return Field(
        name,
        _TYPES[type_],
        WITH_ATTRIBUTES,
        meaning,
        _example(name, type_),
        aliases=tuple(older),
        synonyms=_SYNONYMS.get(name, ()),
        attribute=True,
        older=tuple(older),
    )


def _example(name: str, type_: str) -> str:
    return {"": f"exists({name})", "bool": name, "bytes": f"{name} > 10KB", "ms": f"{name} > 100ms"}.get(
        type_, f"{name} > 10"
    )


ATTRIBUTES = _rows()
