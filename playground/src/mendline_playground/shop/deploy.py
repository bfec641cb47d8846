"""Builds the shop in the emulator: tables, queues, topic, functions, HTTP API; and says what each function needs."""

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mendline_playground.host.function import REGION, Function

if TYPE_CHECKING:
    from botocore.client import BaseClient

CODE_DIR = Path(__file__).with_name("code")
STOCK = {"tea": 320, "coffee": 650, "mug": 1150, "kettle": 4900, "honey": 790, "biscuits": 350}
"""What the shop sells: price in cents by SKU."""

VISIBILITY_S = 3
DLQ_RETENTION_S = 3600
MAX_RECEIVES = 3


@dataclass(frozen=True, slots=True)
class Shop:
    """A deployed shop: where its HTTP API is, and its functions for the host."""

    api_id: str
    functions: tuple[Function, ...]
    payments_queue_url: str
    payments_dlq_url: str


class Deployment:
    """One deployment into an empty emulator at `endpoint`. Everything here blocks: run it in a thread."""

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint
        self._clients: dict[str, Any] = {}

    def _client(self, service: str) -> Any:
        if service not in self._clients:
            self._clients[service] = _client(service, self._endpoint)
        return self._clients[service]

    def deploy(self, *, third_parties: str, extra_env: Mapping[str, str]) -> Shop:
        """Create everything; `third_parties` is the name table for the functions."""
        for name, key in [("orders", "id"), ("prices", "sku"), ("stock", "sku"), ("notifications", "order_id")]:
            self._create_table(name, key)
        for name in ("orders", "notifications"):  # they would grow for ever
            expiry = {"Enabled": True, "AttributeName": "expires_at"}
            self._client("dynamodb").update_time_to_live(TableName=name, TimeToLiveSpecification=expiry)
        self._stock_up()
        payments_url, payments_arn, dlq_url = self._create_queue("payments")
        stock_url, stock_arn, _ = self._create_queue("inventory")
        topic_arn = self._client("sns").create_topic(Name="order-events")["TopicArn"]
        common = {
            "AWS_ENDPOINT_URL": self._endpoint,
            "PLAYGROUND_HOSTS": third_parties,
            **extra_env,
        }
        functions = shop_functions(common, payments_queue_url=payments_url, topic_arn=topic_arn)
        for function in functions:
            self._create_function(function)
        self._map_queue(payments_arn, "payment")
        self._map_queue(stock_arn, "inventory")
        self._subscribe(topic_arn, stock_url, stock_arn)
        api_id = self._create_api({"POST /orders": "checkout", "GET /orders/{id}": "order-status"})
        return Shop(api_id, functions, payments_url, dlq_url)

    def _create_table(self, name: str, key: str) -> None:
        self._client("dynamodb").create_table(
            TableName=name,
            KeySchema=[{"AttributeName": key, "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )

    def _stock_up(self) -> None:
        dynamodb = self._client("dynamodb")
        prices = [{"sku": {"S": sku}, "cents": {"N": str(cents)}} for sku, cents in STOCK.items()]
        stock = [{"sku": {"S": sku}, "quantity": {"N": "100000"}} for sku in STOCK]
        items = {
            table: [{"PutRequest": {"Item": item}} for item in rows]
            for table, rows in [("prices", prices), ("stock", stock)]
        }
        dynamodb.batch_write_item(RequestItems=items)

    def _create_queue(self, name: str) -> tuple[str, str, str]:
        """A queue with a dead-letter queue: its URL and ARN, and the URL of the other."""
        sqs = self._client("sqs")
        retention = {"MessageRetentionPeriod": str(DLQ_RETENTION_S)}
        dlq_url = sqs.create_queue(QueueName=f"{name}-dlq", Attributes=retention)["QueueUrl"]
        redrive = {"deadLetterTargetArn": self._queue_arn(dlq_url), "maxReceiveCount": str(MAX_RECEIVES)}
        attributes = {"VisibilityTimeout": str(VISIBILITY_S), "RedrivePolicy": json.dumps(redrive)}
        url = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
        return url, self._queue_arn(url), dlq_url

    def _queue_arn(self, url: str) -> str:
        answer = self._client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        return str(answer["Attributes"]["QueueArn"])

    def _create_function(self, function: Function) -> None:
        self._client("lambda").create_function(
            FunctionName=function.name,
            Runtime="python3.11",
            Role="arn:aws:iam::000000000000:role/shop",
            Handler=function.handler,
            Code={"ZipFile": _empty_zip()},
            Timeout=int(function.timeout_s),
            MemorySize=function.memory_mb,
        )

    def _map_queue(self, queue_arn: str, function: str) -> None:
        # A batch of one continues the trace of its message.
        self._client("lambda").create_event_source_mapping(EventSourceArn=queue_arn, FunctionName=function, BatchSize=1)

    def _subscribe(self, topic_arn: str, stock_url: str, stock_arn: str) -> None:
        sns = self._client("sns")
        allow = {
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": stock_arn,
            "Condition": {"ArnEquals": {"aws:SourceArn": topic_arn}},
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
        self._client("sqs").set_queue_attributes(QueueUrl=stock_url, Attributes={"Policy": policy})
        sns.subscribe(TopicArn=topic_arn, Protocol="sqs", Endpoint=stock_arn)
        sns.subscribe(TopicArn=topic_arn, Protocol="lambda", Endpoint=_function_arn("notify"))

    def _create_api(self, routes: Mapping[str, str]) -> str:
        api = self._client("apigatewayv2")
        api_id = str(api.create_api(Name="shop", ProtocolType="HTTP")["ApiId"])
        for route, function in routes.items():
            integration = api.create_integration(
                ApiId=api_id,
                IntegrationType="AWS_PROXY",
                IntegrationUri=_function_arn(function),
                PayloadFormatVersion="2.0",
            )
            api.create_route(ApiId=api_id, RouteKey=route, Target=f"integrations/{integration['IntegrationId']}")
        api.create_stage(ApiId=api_id, StageName="$default", AutoDeploy=True)
        return api_id


def shop_functions(common: Mapping[str, str], *, payments_queue_url: str, topic_arn: str) -> tuple[Function, ...]:
    """The shop's functions with their limits and their own variables."""
    own: dict[str, tuple[str, float, int, dict[str, str]]] = {
        "checkout": (
            "checkout.handler",
            6,
            256,
            {
                "ORDERS_TABLE": "orders",
                "PAYMENTS_QUEUE_URL": payments_queue_url,
                "PRICE_FUNCTION": "price",
            },
        ),
        "price": ("price.handler", 3, 128, {"PRICES_TABLE": "prices"}),
        "payment": (
            "payment.handler",
            3,
            256,
            {
                "ORDERS_TABLE": "orders",
                "EVENTS_TOPIC_ARN": topic_arn,
                "PAYFRIEND_URL": "http://api.payfriend.example",
            },
        ),
        "notify": (
            "notify.handler",
            5,
            128,
            {"NOTIFICATIONS_TABLE": "notifications", "POSTBOX_HOST": "api.postbox.example"},
        ),
        "inventory": ("inventory.handler", 5, 128, {"STOCK_TABLE": "stock"}),
        "order-status": ("order_status.handler", 3, 128, {"ORDERS_TABLE": "orders"}),
    }
    return tuple(
        Function(
            name=name,
            handler=handler,
            code_dir=CODE_DIR,
            timeout_s=timeout_s,
            memory_mb=memory_mb,
            env={**common, **env},
        )
        for name, (handler, timeout_s, memory_mb, env) in own.items()
    )


def _client(service: str, endpoint: str) -> "BaseClient":
    import boto3  # noqa: PLC0415 - 200 ms that only a deployment needs
    from botocore.config import Config  # noqa: PLC0415 - as above

    session = boto3.session.Session(
        aws_access_key_id="test",
        aws_secret_access_key="test",  # noqa: S106 - the emulator takes any
        region_name=REGION,
    )
    # Without retries, so that a deployment ends at once when the emulator is shut down under it.
    config = Config(retries={"total_max_attempts": 1}, connect_timeout=5, read_timeout=10)
    return session.client(service, endpoint_url=endpoint, config=config)  # type: ignore[call-overload, no-any-return]


def _function_arn(name: str) -> str:
    return f"arn:aws:lambda:{REGION}:000000000000:function:{name}"


def _empty_zip() -> bytes:
    # The host has the code; the emulator only wants to be given some.
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("README", "The code of this function is with the Lambda host.\n")
    return buffer.getvalue()
