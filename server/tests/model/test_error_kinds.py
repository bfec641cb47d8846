"""The table of error kinds, row by row, that it covers what the sources list, and that SQL and Python say the same."""

from __future__ import annotations

import builtins
import http
from pathlib import Path

import botocore.exceptions
import botocore.session
import clickhouse_connect
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mendline.model.error_kinds import (
    MEANINGS,
    NORMAL_SQL,
    ROWS,
    ErrorKind,
    classify,
    codes_and_kinds,
    kind_sql,
    marks_and_kinds,
    normal,
)
from mendline.model.error_kinds.page import reference_page
from mendline.store import ClickHouseStore
from mendline.store.engine import ENGINE_OPTIONS

LANGUAGE_KINDS = (
    "timeout oom throttled permission not_found validation input conflict provider network crash init unhandled"
)
SERVICES = (
    "lambda dynamodb dynamodbstreams sqs sns s3 kinesis firehose stepfunctions events scheduler secretsmanager sts kms "
    "apigateway apigatewaymanagementapi logs cloudwatch rds-data bedrock-runtime ses sesv2 xray cognito-idp"
)


def test_kinds_are_those_of_the_language():
    assert [str(kind) for kind in ErrorKind] == LANGUAGE_KINDS.split()
    assert set(MEANINGS) == set(ErrorKind)


@pytest.mark.parametrize("source", sorted({row.source for row in ROWS}))
def test_every_row(source):
    for row in ROWS:
        if row.source == source:
            kinds = {classify(code) for code in (row.code, f"com.example.{row.code}", row.code.swapcase())}
            assert kinds == {row.kind}, row


def test_there_are_rows_enough_to_be_useful():
    assert len(ROWS) > 2000
    assert len(codes_and_kinds()[0]) > 1900
    assert {row.kind for row in ROWS} == set(ErrorKind)


@pytest.mark.parametrize("service", SERVICES.split())
def test_every_error_that_a_service_of_aws_declares_is_classified(service):
    shapes = botocore.session.get_session().get_service_model(service).error_shapes
    names = {name for shape in shapes for name in (shape.name, shape.metadata.get("error", {}).get("code", shape.name))}
    assert not sorted(name for name in names if not classify(name))


def test_every_error_of_parameter_store_is_classified():
    model = botocore.session.get_session().get_service_model("ssm")
    calls = ("GetParameter", "GetParameters", "GetParametersByPath", "PutParameter", "DeleteParameter")
    shapes = [shape for call in calls for shape in model.operation_model(call).error_shapes]
    assert shapes
    assert not [shape.name for shape in shapes if not classify(shape.name)]


def test_every_exception_of_python_is_classified():
    types = [item for item in vars(builtins).values() if isinstance(item, type) and issubclass(item, BaseException)]
    names = {item.__name__ for item in types if not issubclass(item, Warning)}
    assert len(names) > 40
    assert not sorted(name for name in names if not classify(name))


def test_every_exception_of_botocore_is_classified():
    errors = vars(botocore.exceptions)
    names = {name for name, item in errors.items() if isinstance(item, type) and issubclass(item, Exception)}
    only_tests_and_bases = {"BaseEndpointResolverError", "StubResponseError", "StubAssertionError"}
    warnings = {"UnStubbedResponseError", "UnsupportedTLSVersionWarning", "ImminentRemovalWarning"}
    assert len(names) > 80
    assert not sorted(name for name in names - only_tests_and_bases - warnings if not classify(name))


@pytest.mark.parametrize("status", [status for status in http.HTTPStatus if status >= 400], ids=int)
def test_every_http_error_is_classified_by_number_and_by_phrase(status):
    assert classify(str(int(status))) is not None
    assert classify(status.phrase) is not None


SPELLINGS = [
    ("throttling", "ThrottlingException Throttling throttling_error software.amazon.Throttling"),
    ("throttling", "com.amazonaws.dynamodb.v20120810#ThrottlingException"),
    ("throttling", "ThrottlingException:http://internal.example.com/coral/com.amazonaws.sqs/"),
    ("sockettimeout", "java.net.SocketTimeoutException SocketTimeoutError"),
    ("timeout", "asyncio.exceptions.TimeoutError States.Timeout Outer$TimeoutException System.TimeoutException."),
    ("deadlineexceeded", "DEADLINE_EXCEEDED DeadlineExceeded deadline-exceeded"),
    ("op", "*net.OpError"),
    ("exit", "Runtime.ExitError"),
    ("error", "Error error Timeout::Error ErrorException"),
    ("exception", "Exception System.Exception"),
    ("internalserver", "InternalServerError InternalServerErrorException INTERNAL_SERVER_ERROR"),
    ("42p01", "42P01"),
    ("", ". : äö *"),
]  # fmt: skip


SPELLED = [(normalised, code) for normalised, codes in SPELLINGS for code in codes.split(" ")]


@pytest.mark.parametrize(("expected", "code"), SPELLED)
def test_spellings_of_one_code_are_one(expected, code):
    assert normal(code) == expected
    assert normal(f"{code}: and a message. With dots") == expected


MESSAGES = [
    ("throttled", "An error occurred (ThrottlingException) when calling the PutItem operation: Rate exceeded"),
    ("permission", "An error occurred (AccessDeniedException) when calling the GetItem operation: User: x is not …"),
    ("conflict", "An error occurred (ConditionalCheckFailedException) when calling the PutItem operation"),
    (
        "not_found",
        "An error occurred (NoSuchKey) when calling the GetObject operation: The specified key does not exist.",
    ),
    ("provider", "The service failed (Service: S3, Status Code: 500) (InternalError)"),
    ("timeout", "2026-11-23T06:10:02.090Z 8f5ad1f2 Task timed out after 3.00 seconds"),
    ("crash", "RequestId: 8f5ad1f2 Error: Runtime exited with error: signal: killed"),
    ("oom", "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory"),
    ("init", "Unable to import module 'app': No module named 'requests'"),
    ("network", "connect ECONNREFUSED 127.0.0.1:5432"),
    ("conflict", "Your card was declined."),
    ("conflict", "Request failed with status code 402"),
    ("network", 'Get "https://x/": dial tcp: lookup x on 169.254.78.1:53: no such host'),
    ("timeout", 'Post "https://x/": dial tcp 10.0.0.1:443: i/o timeout'),
    ("timeout", "context deadline exceeded"),
    ("timeout", "timeout of 1000ms exceeded"),
    ("network", "fetch failed"),
    ("network", "tls: failed to verify certificate: x509: certificate signed by unknown authority"),
    ("throttled", "FATAL: sorry, too many clients already"),
    ("throttled", "Request failed with status code 429"),
    ("provider", "Request failed with status code 503"),
    ("not_found", "sql: no rows in result set"),
    ("conflict", 'duplicate key value violates unique constraint "orders_pkey"'),
    ("input", "Unexpected token < in JSON at position 0"),
    ("input", "invalid character 'x' looking for beginning of value"),
    ("permission", "User: x is not authorized to perform: dynamodb:PutItem on resource: y"),
    ("", "the order has no lines"),
    ("", ""),
]


@pytest.mark.parametrize(("kind", "message"), MESSAGES)
def test_message_tells_the_kind_where_the_code_says_nothing(kind, message):
    assert (classify("", message) or "") == kind
    assert (classify("NeverHeardOf", message.upper()) or "") == kind
    assert classify("Error", message) == (kind or "unhandled")
    assert classify("ThrottlingException", message) == "throttled"


def test_each_message_mark_can_be_reached():
    marks, kinds = marks_and_kinds()
    assert len(set(marks)) == len(marks) <= 255  # ClickHouse searches for no more at once
    assert all(mark == mark.lower() and "|" not in mark for mark in marks)
    assert [classify("", mark) for mark in marks] == list(kinds)


@pytest.fixture(scope="module")
def store(engine_path):
    store = ClickHouseStore.embedded(engine_path, "error_kinds")
    client = clickhouse_connect.get_client(
        dsn=f"chdb:///{(engine_path / 'telemetry').resolve()}", chdb_options=ENGINE_OPTIONS
    )
    yield client
    client.close()
    store.close()


def in_store(client, expression: str, codes: list[str], messages: list[str]) -> list[str]:
    rows = client.query(
        f"SELECT {expression} FROM (SELECT row.1 AS code, row.2 AS message FROM "
        "(SELECT arrayJoin(arrayZip({codes:Array(String)}, {messages:Array(String)})) AS row))",
        parameters={"codes": codes, "messages": messages},
    ).result_rows
    return [row[0] for row in rows]


def test_sql_spells_every_code_as_python_does(store):
    codes = [row.code for row in ROWS] + [code for _, code in SPELLED]
    assert in_store(store, NORMAL_SQL.replace("{code}", "code"), codes, codes) == [normal(code) for code in codes]


def test_sql_classifies_every_code_and_message_as_python_does(store):
    marks = list(marks_and_kinds()[0])
    messages = (
        [text for _, text in MESSAGES] + marks + [f"{one} and {other}" for one in marks[::7] for other in marks[::9]]
    )
    codes = [row.code for row in ROWS]
    cases = [(code, "") for code in codes] + [(code, messages[i % len(messages)]) for i, code in enumerate(codes)]
    cases += [("", text) for text in messages] + [("RuntimeError", text) for text in messages]
    got = in_store(store, kind_sql("code", "message"), [code for code, _ in cases], [text for _, text in cases])
    assert got == [classify(code, text) or "" for code, text in cases]


PIECES = st.sampled_from(
    [
        ".",
        "#",
        "/",
        ":",
        ": ",
        ":http",
        "$",
        "+",
        "_",
        " ",
        "\n",
        "Exception",
        "error",
        "ERROR",
        "\u212a",
        "Ä",
        "'",
        "\\",
    ]
)
CODES = st.lists(PIECES | st.text(max_size=6).filter(lambda text: "\0" not in text), max_size=8).map("".join)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(CODES, CODES), min_size=1, max_size=40))
def test_sql_and_python_agree_on_any_text(store, cases):
    cases = [tuple(text.encode("utf-8", "ignore").decode() for text in case) for case in cases]
    codes, messages = [code for code, _ in cases], [text for _, text in cases]
    assert in_store(store, NORMAL_SQL.replace("{code}", "code"), codes, messages) == [normal(code) for code in codes]
    kinds = in_store(store, kind_sql("code", "message"), codes, messages)
    assert kinds == [classify(code, text) or "" for code, text in cases]


def test_hostile_code_takes_linear_time():
    for piece in ("error", "exception", ".", ":", ": x", "a#", ".http", "\n"):
        for end in ("", "x"):
            assert classify(piece * 100_000 + end) in (None, ErrorKind.UNHANDLED)


def test_reference_page_is_what_the_code_says():
    page = Path(__file__).resolve().parents[3] / "docs" / "reference" / "error-kinds.md"
    assert page.read_text() == reference_page(), "write reference_page() of mendline.model.error_kinds.page to it"
