"""What a call tells beside its status: attempts, throttling, capacity, what failed within it, sizes; any service."""

from __future__ import annotations

import json

import boto3
import moto
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError


@pytest.fixture
def client(serve, lambda_env):
    """Makes a client of a service whose endpoint gives these answers in turn, the last one for ever."""
    made = []

    def make(service, *answers, attempts=3, url=None):
        server = serve(lambda request: answers[min(len(server.requests), len(answers)) - 1])
        config = Config(
            retries={"total_max_attempts": attempts, "mode": "standard"}, read_timeout=5 if url is None else 0.2
        )
        keys = {"aws_access_key_id": "x", "aws_secret_access_key": "y", "region_name": "eu-west-1"}
        made.append(boto3.client(service, endpoint_url=url or server.url, config=config, **keys))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def told(run, collector, attributes):
    """Makes a call in an invocation; answers its span and attributes."""

    def once(call):
        run(lambda event, context: call())
        (span,) = collector.operations()
        return span, attributes(span)

    return once


THROTTLED = {"__type": "com.amazonaws.dynamodb#ProvisionedThroughputExceededException", "message": "slow down"}


def test_retries_have_their_reasons_and_their_time(told, client, json_answer):
    table = client("dynamodb", json_answer(THROTTLED, 400), (503, {}, b""), json_answer({}))
    span, found = told(lambda: table.get_item(TableName="orders", Key={"id": {"S": "1"}}))
    assert span.status.code == 0
    assert found["mendline.retries"] == 2
    assert found["mendline.retry_reasons"] == ["ProvisionedThroughputExceededException", "503"]
    whole_ms = (span.end_time_unix_nano - span.start_time_unix_nano) / 1e6
    assert 0 < found["mendline.retries_ms"] < whole_ms
    assert found["mendline.throttles"] == 1
    assert found["http.response.status_code"] == 200


def test_a_call_that_is_throttled_to_the_end_says_how_often(told, client, json_answer):
    table = client("dynamodb", json_answer(THROTTLED, 400))

    def call():
        with pytest.raises(ClientError):
            table.get_item(TableName="orders", Key={"id": {"S": "1"}})

    span, found = told(call)
    assert (span.status.code, found["error.type"]) == (2, "ProvisionedThroughputExceededException")
    assert (found["mendline.retries"], found["mendline.throttles"]) == (2, 3)


def test_attempts_that_reach_nobody_are_counted_too(told, client, json_answer):
    table = client("dynamodb", json_answer({}), url="http://127.0.0.1:1", attempts=2)

    def call():
        with pytest.raises(EndpointConnectionError):
            table.list_tables()

    span, found = told(call)
    assert span.status.code == 2
    assert (found["mendline.retries"], found["mendline.retry_reasons"]) == (1, ["EndpointConnectionError"])
    assert found["mendline.connection"] == "new"
    assert "mendline.throttles" not in found


def test_attempts_that_are_not_answered_are_counted_too(told, client, json_answer, hostile):
    silent = hostile(lambda connection: [None for _ in iter(lambda: connection.recv(100_000), b"")])
    table = client("dynamodb", json_answer({}), url=silent.url, attempts=2)

    def call():
        with pytest.raises(ReadTimeoutError):
            table.list_tables()

    _, found = told(call)
    assert (found["mendline.retries"], found["mendline.retry_reasons"]) == (1, ["ReadTimeoutError"])
    assert found["mendline.retries_ms"] >= 200


def test_a_call_without_retries_says_nothing_of_them(told, client, json_answer):
    _, found = told(client("dynamodb", json_answer({})).list_tables)
    assert not [name for name in found if "retr" in name or "throttle" in name]


def test_consumed_capacity_and_what_was_read_for_it(told, client, json_answer):
    consumed = {"TableName": "orders", "CapacityUnits": 12.5}
    table = client(
        "dynamodb", json_answer({"Count": 2, "ScannedCount": 900, "Items": [], "ConsumedCapacity": consumed})
    )
    _, found = told(lambda: table.scan(TableName="orders", ReturnConsumedCapacity="TOTAL"))
    assert [json.loads(one) for one in found["aws.dynamodb.consumed_capacity"]] == [consumed]
    assert found["mendline.capacity_units"] == 12.5
    assert (found["aws.dynamodb.count"], found["aws.dynamodb.scanned_count"]) == (2, 900)


def test_capacity_of_a_batch_is_summed(told, client, json_answer):
    consumed = [{"TableName": name, "CapacityUnits": 1.5} for name in "ab"]
    table = client("dynamodb", json_answer({"Responses": {}, "ConsumedCapacity": consumed}))
    _, found = told(lambda: table.batch_get_item(RequestItems={"a": {"Keys": [{"i": {"S": "1"}}]}}))
    assert found["mendline.capacity_units"] == 3.0
    assert len(found["aws.dynamodb.consumed_capacity"]) == 2


PARTS = [
    ("sqs", "send_message_batch", {"QueueUrl": "http://q/1/orders", "Entries": [{"Id": "1", "MessageBody": "x"}]},
     {"Successful": [], "Failed": [{"Id": "1", "SenderFault": True, "Code": "x"}]}, 1),
    ("kinesis", "put_records", {"StreamName": "s", "Records": [{"Data": b"x", "PartitionKey": "1"}]},
     {"FailedRecordCount": 2, "Records": []}, 2),
    ("firehose", "put_record_batch", {"DeliveryStreamName": "s", "Records": [{"Data": b"x"}]},
     {"FailedPutCount": 3, "RequestResponses": []}, 3),
    ("events", "put_events", {"Entries": [{"Source": "a"}]}, {"FailedEntryCount": 1, "Entries": []}, 1),
    ("dynamodb", "batch_write_item", {"RequestItems": {"a": [{"DeleteRequest": {"Key": {"i": {"S": "1"}}}}]}},
     {"UnprocessedItems": {"a": [{"DeleteRequest": {"Key": {"i": {"S": "1"}}}}]}}, 1),
    ("dynamodb", "batch_get_item", {"RequestItems": {"a": {"Keys": [{"i": {"S": "1"}}]}}},
     {"Responses": {}, "UnprocessedKeys": {"a": {"Keys": [{"i": {"S": "1"}}, {"i": {"S": "2"}}]}}}, 2),
]  # fmt: skip


@pytest.mark.parametrize(("service", "method", "params", "answer", "failed"), PARTS)
def test_what_failed_within_a_call_that_succeeded_is_counted(
    told, client, json_answer, service, method, params, answer, failed
):
    span, found = told(lambda: getattr(client(service, json_answer(answer)), method)(**params))
    assert (span.status.code, found["mendline.failed_entries"]) == (0, failed)


def test_sizes_are_those_of_the_bodies(told, client, json_answer):
    answer = json_answer({"TableNames": ["a"]})
    _, found = told(lambda: client("dynamodb", answer).list_tables(Limit=10))
    assert found["http.request.body.size"] == len('{"Limit": 10}')
    assert found["http.response.body.size"] == len(answer[2])


def test_a_function_that_failed_is_an_error_of_its_caller(told, client):
    functions = client("lambda", (200, {"x-amz-function-error": "Unhandled"}, b'{"errorMessage":"x"}'))
    payloads = []
    span, found = told(lambda: payloads.append(functions.invoke(FunctionName="price")["Payload"].read()))
    assert payloads == [b'{"errorMessage":"x"}']
    assert (span.status.code, found["error.type"]) == (2, "Unhandled")


def test_received_messages_are_counted(told, client, json_answer):
    queue = client("sqs", json_answer({"Messages": [{"MessageId": "1"}, {"MessageId": "2"}]}))
    _, found = told(lambda: queue.receive_message(QueueUrl="http://q/1/orders"))
    assert (found["messaging.operation.type"], found["messaging.batch.message_count"]) == ("receive", 2)


def test_ids_that_support_asks_for_are_told(told, client):
    bucket = client("s3", (200, {"x-amz-request-id": "R1", "x-amz-id-2": "H1"}, b""))
    _, found = told(lambda: bucket.put_object(Bucket="reports", Key="a", Body=b"x"))
    assert (found["aws.request_id"], found["aws.extended_request_id"]) == ("R1", "H1")


SERVICES = [
    ("rds-data", "execute_statement",
     {"resourceArn": "arn:aws:rds:x:1:cluster:shop", "secretArn": "arn:aws:s:x:1:y", "sql": "SELECT 1"}, "shop"),
    ("glue", "start_job_run", {"JobName": "nightly"}, "nightly"),
    ("batch", "submit_job", {"jobName": "n-1", "jobQueue": "arn:aws:batch:x:1:job-queue/q", "jobDefinition": "d"}, "q"),
    ("sagemaker-runtime", "invoke_endpoint", {"EndpointName": "scores", "Body": b"x"}, "scores"),
    ("cloudwatch", "put_metric_data", {"Namespace": "Shop", "MetricData": []}, "Shop"),
    ("codebuild", "start_build", {"projectName": "site"}, "site"),
    ("sts", "assume_role", {"RoleArn": "arn:aws:iam::1:role/reader", "RoleSessionName": "me"}, "reader"),
    ("iam", "get_role", {"RoleName": "reader"}, "reader"),
    ("iam", "delete_user", {"UserName": "bob"}, "iam"),
    ("cognito-idp", "admin_get_user", {"UserPoolId": "eu-west-1_A", "Username": "bob"}, "eu-west-1_A"),
    ("transcribe", "get_transcription_job", {"TranscriptionJobName": "8f5ad1f2-0000-4000-8000-000000000001"},
     "transcribe"),
    ("polly", "describe_voices", {}, "polly"),
]  # fmt: skip


@pytest.mark.parametrize(("service", "method", "params", "name"), SERVICES)
def test_a_call_to_any_service_has_a_resource(told, client, json_answer, service, method, params, name):
    def call():
        try:
            getattr(client(service, json_answer({}), attempts=1), method)(**params)
        except Exception as error:  # an answer that is not this service's
            assert type(error).__name__ in ("ResponseParserError", "KeyError"), error

    _, found = told(call)
    assert [found[f"mendline.resource.{part}"] for part in ("type", "name")] == [service, name]
    assert found["rpc.method"].lower() == method.replace("_", "")


def test_real_services_in_one_process_are_told_of_as_well(run, collector, attributes, lambda_env):
    lambda_env.setenv("AWS_ACCESS_KEY_ID", "x")
    lambda_env.setenv("AWS_SECRET_ACCESS_KEY", "y")

    def handler(event, context):
        with moto.mock_aws():
            table = boto3.client("dynamodb", region_name="eu-west-1")
            key = {"KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]}
            types = {"AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}]}
            table.create_table(TableName="orders", BillingMode="PAY_PER_REQUEST", **key, **types)
            table.put_item(TableName="orders", Item={"id": {"S": "1"}}, ReturnConsumedCapacity="TOTAL")

    run(handler)
    found = [attributes(span) for span in collector.operations()]
    assert [one["mendline.resource.operation"] for one in found] == ["CreateTable", "PutItem"]
    assert found[1]["mendline.capacity_units"] > 0
    assert found[1]["aws.request_id"]


def test_a_failure_in_looking_at_attempts_is_not_the_call_s(told, client, json_answer, lambda_env):
    def fail(*args, **kwargs):
        raise RuntimeError

    lambda_env.setattr("mendline_agent.aws_answers._length", fail)
    lambda_env.setattr("mendline_agent.aws_answers._failed", fail)
    names = []
    told(lambda: names.extend(client("dynamodb", json_answer({"TableNames": ["a"]})).list_tables()["TableNames"]))
    assert names == ["a"]
