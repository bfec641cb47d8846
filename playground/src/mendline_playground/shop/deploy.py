"""Builds the shop in the emulator: what it needs, its functions, and what starts them."""

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mendline_playground.host.function import ACCOUNT, REGION, Function
from mendline_playground.shop.functions import shop_functions
from mendline_playground.shop.plan import (
    FUNCTIONS,
    LATER_S,
    MAX_RECEIVES,
    NIGHTLY_AT_S,
    PRICES,
    QUEUES,
    SECOND_VERSIONS,
    STREAMS,
    TABLE_STREAMS,
    VISIBILITY_S,
    FunctionPlan,
)

ALIAS = "live"
DLQ_RETENTION_S = 3600
NIGHTLY = "nightly"
TOPIC = "order-events"
SECOND = "2"
TABLES = {"orders": "id", "prices": "sku", "stock": "sku", "reservations": "id", "sales": "tenant"}
_EXPIRING = ("orders", "reservations")
_LONGEST_RETENTION = {"MessageRetentionPeriod": "1209600"}
_MOST_RECEIVES = 1000  # that a queue can be told: what waits for a third party is not to end among the dead letters
BUCKETS = ("shop-reports", "shop-images", "shop-thumbnails")
_ROUTES = {"POST /orders": "checkout", "GET /orders/{id}": "checkout", "POST /emails": "email"}


@dataclass(frozen=True, slots=True)
class Shop:
    """A deployed shop: where its HTTP API is, its functions for the host, and the ARNs of what is not a function."""

    api_id: str
    functions: tuple[Function, ...]
    queue_urls: Mapping[str, str]
    topic_arn: str
    state_machine_arn: str

    def has(self, name: str) -> bool:
        """Whether a function is deployed here; those on Node.js are not everywhere."""
        return any(function.name == name for function in self.functions)


class Deployment:
    """One deployment into an empty emulator at `endpoint`. Everything here blocks: run it in a thread.

    `speed` divides what would take long: the visibility timeout of queues, down to the timeout of their function.
    """

    def __init__(self, endpoint: str, *, speed: float = 1.0) -> None:
        self._endpoint = endpoint
        self._speed = speed
        self._clients: dict[str, Any] = {}

    def client(self, service: str) -> Any:
        """A client of the emulator's service."""
        if service not in self._clients:
            self._clients[service] = make_client(service, self._endpoint)
        return self._clients[service]

    def deploy(self, *, third_parties: str, extra_env: Mapping[str, str], without_node: bool = False) -> Shop:
        """Create everything; `third_parties` is the name table for the functions."""
        self._create_tables()
        queue_urls = {name: url for queue in QUEUES for name, url in self._create_queue(queue).items()}
        for name, second in SECOND_VERSIONS.items():
            queue_urls |= self._create_queue_for_later(second.queue, FUNCTIONS[name].timeout_s)
        topic_arn = str(self.client("sns").create_topic(Name=TOPIC)["TopicArn"])
        for stream in STREAMS:
            self.client("kinesis").create_stream(StreamName=stream, ShardCount=1)
        for bucket in BUCKETS:
            self.client("s3").create_bucket(Bucket=bucket)
        common = {"AWS_ENDPOINT_URL": self._endpoint, "PLAYGROUND_HOSTS": third_parties, **extra_env}
        functions = shop_functions(common, queue_urls=queue_urls, topic_arn=topic_arn, without_node=without_node)
        for function in functions:
            self._create_function(FUNCTIONS[function.name], function)
        names = {function.name for function in functions}
        for name in names:
            self._connect(FUNCTIONS[name], topic_arn)
            if name in SECOND_VERSIONS:
                self._add_second_version(name)
        api_id = self._create_api({route: name for route, name in _ROUTES.items() if name in names})
        return Shop(api_id, functions, queue_urls, topic_arn, self._create_state_machine())

    def _create_tables(self) -> None:
        dynamodb = self.client("dynamodb")
        for name, key in TABLES.items():
            stream = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
            dynamodb.create_table(
                TableName=name,
                KeySchema=[{"AttributeName": key, "KeyType": "HASH"}],
                AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"}],
                BillingMode="PAY_PER_REQUEST",
                **({"StreamSpecification": stream} if name in TABLE_STREAMS else {}),
            )
        expiry = {"Enabled": True, "AttributeName": "expires_at"}
        for name in _EXPIRING:  # they would grow for ever
            dynamodb.update_time_to_live(TableName=name, TimeToLiveSpecification=expiry)
        prices = [{"sku": {"S": sku}, "cents": {"N": str(cents)}} for sku, cents in PRICES.items()]
        stock = [{"sku": {"S": sku}, "quantity": {"N": "1000000"}} for sku in PRICES]
        rows = {"prices": prices, "stock": stock}
        items = {table: [{"PutRequest": {"Item": item}} for item in rows[table]] for table in rows}
        dynamodb.batch_write_item(RequestItems=items)

    def _create_queue(self, name: str) -> dict[str, str]:
        """A queue with a dead-letter queue: their URLs by name."""
        sqs = self.client("sqs")
        retention = {"MessageRetentionPeriod": str(DLQ_RETENTION_S)}
        dlq_url = str(sqs.create_queue(QueueName=f"{name}-dlq", Attributes=retention)["QueueUrl"])
        longest_s = max(plan.timeout_s for plan in FUNCTIONS.values() if (plan.trigger, plan.source) == ("sqs", name))
        attributes = {
            "VisibilityTimeout": str(max(longest_s, round(VISIBILITY_S / self._speed))),
            "RedrivePolicy": redrive_policy(name),
        }
        url = str(sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"])
        return {name: url, f"{name}-dlq": dlq_url}

    def _create_queue_for_later(self, name: str, timeout_s: int) -> dict[str, str]:
        """A queue of calls that wait for something to be up again, with a dead-letter queue: likewise."""
        sqs = self.client("sqs")
        dlq_url = str(sqs.create_queue(QueueName=f"{name}-dlq", Attributes=_LONGEST_RETENTION)["QueueUrl"])
        attributes = {
            "VisibilityTimeout": str(6 * timeout_s),  # as AWS advises
            "DelaySeconds": str(max(1, round(LATER_S / self._speed))),
            "RedrivePolicy": redrive_policy(name, _MOST_RECEIVES),
        }
        url = str(sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"])
        return {name: url, f"{name}-dlq": dlq_url}

    def _create_function(self, plan: FunctionPlan, function: Function) -> None:
        role = f"shop-{plan.name}"
        iam = self.client("iam")
        trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        iam.create_role(RoleName=role, AssumeRolePolicyDocument=document)
        iam.put_role_policy(RoleName=role, PolicyName="shop", PolicyDocument=role_policy(plan))
        self.client("lambda").create_function(
            FunctionName=plan.name,
            Runtime=function.runtime,
            Role=f"arn:aws:iam::{ACCOUNT}:role/{role}",
            Handler=function.handler,
            Code={"ZipFile": release_zip("1")},
            Timeout=plan.timeout_s,
            MemorySize=plan.memory_mb,
            Environment={"Variables": dict.fromkeys(sorted(function.env), "set by the playground")},
            Publish=True,
        )
        self.client("lambda").create_alias(FunctionName=plan.name, Name=ALIAS, FunctionVersion="1")

    def _add_second_version(self, name: str) -> None:
        """Publish it, and let its queue start it whichever version the alias has. The host has its code."""
        client, queue = self.client("lambda"), SECOND_VERSIONS[name].queue
        client.update_function_code(FunctionName=name, ZipFile=release_zip(SECOND))
        version = client.publish_version(FunctionName=name)["Version"]
        client.create_event_source_mapping(
            EventSourceArn=f"arn:aws:sqs:{REGION}:{ACCOUNT}:{queue}",
            FunctionName=function_arn(name, version),
            BatchSize=10,
            FunctionResponseTypes=["ReportBatchItemFailures"],
        )

    def _connect(self, plan: FunctionPlan, topic_arn: str) -> None:
        """Let a function's source start it."""
        match plan.trigger:
            case "sqs":
                partial = {"FunctionResponseTypes": ["ReportBatchItemFailures"]} if plan.batch_size > 1 else {}
                self._map(plan, f"arn:aws:sqs:{REGION}:{ACCOUNT}:{plan.source}", **partial)
            case "kinesis":
                self._map(
                    plan, f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/{plan.source}", StartingPosition="TRIM_HORIZON"
                )
            case "dynamodb":
                table = self.client("dynamodb").describe_table(TableName=plan.source)["Table"]
                self._map(plan, str(table["LatestStreamArn"]), StartingPosition="LATEST")
            case "sns":
                self.client("sns").subscribe(TopicArn=topic_arn, Protocol="lambda", Endpoint=alias_arn(plan.name))
            case "s3":
                self._notify(plan)
            case "schedule":
                self.client("events").put_rule(Name=plan.source, ScheduleExpression="rate(5 minutes)")
                self.client("events").put_targets(
                    Rule=plan.source, Targets=[{"Id": plan.name, "Arn": alias_arn(plan.name)}]
                )

    def _map(self, plan: FunctionPlan, source_arn: str, **more: Any) -> None:
        window = {"MaximumBatchingWindowInSeconds": int(plan.window_s)} if plan.window_s else {}
        self.client("lambda").create_event_source_mapping(
            EventSourceArn=source_arn, FunctionName=alias_arn(plan.name), BatchSize=plan.batch_size, **window, **more
        )

    def _notify(self, plan: FunctionPlan) -> None:
        self.client("lambda").add_permission(
            FunctionName=plan.name,
            Qualifier=ALIAS,
            StatementId="s3",
            Action="lambda:InvokeFunction",
            Principal="s3.amazonaws.com",
            SourceArn=f"arn:aws:s3:::{plan.source}",
        )
        target = {"LambdaFunctionArn": alias_arn(plan.name), "Events": ["s3:ObjectCreated:*"]}
        self.client("s3").put_bucket_notification_configuration(
            Bucket=plan.source, NotificationConfiguration={"LambdaFunctionConfigurations": [target]}
        )

    def _create_state_machine(self) -> str:
        """The nightly job: three parts, one after the other, each tried again twice."""
        steps = {
            f"Part{number}": {
                "Type": "Task",
                "Resource": alias_arn(NIGHTLY),
                "Parameters": {"part": number},
                "Retry": [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 2, "MaxAttempts": 2}],
                **({"Next": f"Part{number + 1}"} if number < 3 else {"End": True}),
            }
            for number in (1, 2, 3)
        }
        definition = json.dumps({"StartAt": "Part1", "States": steps})
        states = self.client("stepfunctions")
        role = f"arn:aws:iam::{ACCOUNT}:role/shop-states"
        arn = str(states.create_state_machine(name=NIGHTLY, definition=definition, roleArn=role)["stateMachineArn"])
        at = f"cron(0 {NIGHTLY_AT_S // 3600} * * ? *)"
        self.client("events").put_rule(Name=NIGHTLY, ScheduleExpression=at)
        self.client("events").put_targets(Rule=NIGHTLY, Targets=[{"Id": NIGHTLY, "Arn": arn, "RoleArn": role}])
        return arn

    def _create_api(self, routes: Mapping[str, str]) -> str:
        api = self.client("apigatewayv2")
        api_id = str(api.create_api(Name="shop", ProtocolType="HTTP")["ApiId"])
        for route, function in routes.items():
            integration = api.create_integration(
                ApiId=api_id,
                IntegrationType="AWS_PROXY",
                IntegrationUri=alias_arn(function),
                PayloadFormatVersion="2.0",
            )
            api.create_route(ApiId=api_id, RouteKey=route, Target=f"integrations/{integration['IntegrationId']}")
        api.create_stage(ApiId=api_id, StageName="$default", AutoDeploy=True)
        return api_id


def alias_arn(name: str) -> str:
    """The ARN under which a function of the shop is invoked."""
    return function_arn(name, ALIAS)


def function_arn(name: str, qualifier: str) -> str:
    """The ARN of a version, or of what an alias points to."""
    return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}:{qualifier}"


def redrive_policy(queue: str, most_receives: int = MAX_RECEIVES) -> str:
    """The redrive policy of a queue of the shop."""
    arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{queue}-dlq"
    return json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": str(most_receives)})


def role_policy(plan: FunctionPlan, *, without: str = "") -> str:
    """What the role of a function may do: its own calls, but for those whose id begins with `without`."""
    second = SECOND_VERSIONS.get(plan.name)
    of_both = (*plan.calls, *(second.calls if second else ()))
    calls = [call.resource for call in of_both if call.resource.type != "http"]
    allowed = [resource for resource in calls if not without or not f"{resource.id}/".startswith(f"{without}/")]
    statements = [
        {
            "Effect": "Allow",
            "Action": f"{resource.type}:{resource.operation}",
            "Resource": f"arn:aws:{resource.type}:{REGION}:{ACCOUNT}:{resource.name}",
        }
        for resource in allowed
    ]
    logs = {"Effect": "Allow", "Action": "logs:PutLogEvents", "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [*statements, logs]})


def make_client(service: str, endpoint: str) -> Any:
    """A boto3 client of the emulator."""
    import boto3  # noqa: PLC0415 - 200 ms that only a deployment needs
    from botocore.config import Config  # noqa: PLC0415 - as above

    session = boto3.session.Session(
        aws_access_key_id="test",
        aws_secret_access_key="test",  # noqa: S106 - the emulator takes any
        region_name=REGION,
    )
    # Without retries, so that a deployment ends at once when the emulator is shut down under it.
    config = Config(
        retries={"total_max_attempts": 1}, connect_timeout=5, read_timeout=10, s3={"addressing_style": "path"}
    )
    return session.client(service, endpoint_url=endpoint, config=config)  # type: ignore[call-overload]


def release_zip(version: str) -> bytes:
    """Code for the emulator to tell one version from another: that which runs is with the Lambda host."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(zipfile.ZipInfo("RELEASE"), f"{version}\n")
    return buffer.getvalue()
