"""No canary leaves redaction, in whatever field of whatever signal it sits; nothing else of a request is changed."""

from __future__ import annotations

import base64
import json

import pytest
from google.protobuf.message import Message
from hypothesis import given, settings
from hypothesis import strategies as st
from ingest.otlp_planting import REQUESTS, planted, texts
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from otlp_requests import any_value, pairs, request_message, request_of

from mendline.ingest.redact import REDACTED, Rules, redact
from mendline.model.signal import Signal

RULES = Rules()
SIGNALS = list(Signal)

_PEM = "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIC4n4ry{}x\n-----END EC PRIVATE KEY-----"
CANARIES = [
    ("hunter2-c4n4ry", template)
    for template in (
        "password={}", '{{"password": "{}"}}', "{{'passwd': '{}'}}", "db password: {}", "--password {}",
        "<password>{}</password>",
        '{{"a": "{{\\"client_secret\\": \\"{}\\"}}"}}', "?access_token={}&b=1", "x-api-key: {}", '{{"apiKey": ["{}"]}}',
        "Authorization: Bearer {}", '[["cookie", "sid={}"]]', "Set-Cookie: a={}; Path=/",
        '{{"name": "DB_PASSWORD", "value": "{}"}}',
        "https://bob:{}@example.com/x", "redis://:{}@cache:6379/0", "session_id={}",
        '{{"credentials": {{"user": "b", "x": "{}"}}}}',
        "Bearer {}4711x", _PEM,
    )
] + [
    (secret, "{}")
    for secret in (
        "4111111111111111", "5555 5555 5555 4444", "3782-822463-10005", "AKIAIOSFODNN7CANARYX", "ASIAIOSFODNN7CANARYX",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJjYW5hcnkifQ.c4n4ry_signature", "ghp_c4n4ryc4n4ryc4n4ryc4n4ryc4n4ry00",
        "sk_live_c4n4ryc4n4ryc4n4ry", "IQoJb3JpZ2luX2VjEJr//////////wEaCXVzLWVhc3QtMSJHMEUCIc4n4ry",
        "mlk_ingest_c4n4ryc4n4ryc4n4ryc4n4ry00_abcdef",
    )
]  # fmt: skip


def _has(data: bytes, secret: str) -> bool:
    return secret.encode() in data or base64.b64encode(secret.encode())[:-4] in data


@pytest.mark.parametrize("signal", SIGNALS)
def test_planting_reaches_the_fields_that_people_know(signal):
    paths = [path for path, _ in texts(planted(signal, "x"))]
    assert len(paths) > 60
    known = {
        Signal.TRACES: ["spans.name", "spans.trace_state", "events.name", "status.message", "links.attributes.key"],
        Signal.LOGS: ["log_records.severity_text", "body.kvlist_value", "log_records.event_name"],
        Signal.METRICS: ["metrics.name", "metrics.unit", "exemplars.filtered_attributes.key", "quantile"],
    }[signal]
    shared = [
        "resource.attributes.value.string_value",
        "scope.name",
        "scope.attributes.key",
        "schema_url",
        "bytes_value",
    ]
    nested = ["array_value.values.kvlist_value.values.key", "kvlist_value.values.value.string_value"]
    missing = [name for name in [*known, *shared, *nested] if not any(name in path for path in paths)]
    assert missing == (["quantile"] if signal is Signal.METRICS else [])  # it has no texts: the check can fail


@pytest.mark.parametrize("signal", SIGNALS)
@pytest.mark.parametrize(("secret", "template"), CANARIES, ids=range(len(CANARIES)))
def test_canary_in_every_text_field_is_gone(signal, secret, template):
    message = planted(signal, "before " + template.format(secret))
    before = list(texts(message))
    body = message.SerializeToString()
    planted_times = body.count(secret.encode())
    assert planted_times > 40
    result = redact(signal, body, RULES)
    assert not _has(result.body, secret)
    after = list(texts(REQUESTS[signal].FromString(result.body)))
    assert [path for path, _ in before if "value" not in path] == [path for path, _ in after if "value" not in path]
    assert sum(result.replaced.values()) >= planted_times


@pytest.mark.parametrize("signal", SIGNALS)
@pytest.mark.parametrize(("secret", "template"), CANARIES, ids=range(len(CANARIES)))
def test_canary_in_one_field_alone_is_gone_whatever_its_length(signal, secret, template):
    for filling in (0, 1, 7, 20, 36, 45, 50, 70, 100, 130, 300, 8400):
        for text in (
            template.format(secret) + " " * bool(filling) + "ä" * (filling // 2),
            "ä" * filling + " " + template.format(secret),
        ):
            result = redact(signal, _with_attributes(signal, {"note": text, "x" * filling: filling}), RULES)
            assert not _has(result.body, secret), filling


SECRET_VALUES = ["c4n4ry", b"c4n4ry", ["c4n4ry", "x"], [["c4n4ry"]], {"a": {"b": "c4n4ry"}}, 4711_0815, 47.11]


@pytest.mark.parametrize("value", SECRET_VALUES, ids=repr)
@pytest.mark.parametrize(
    "key", ["password", "http.request.header.authorization", "app.apiKey", "x" * 60 + ".token", "pin"]
)
def test_any_value_under_a_secret_key_is_gone(key, value):
    body = request_of([{"attributes": {key: value, "kept": value if isinstance(value, str) else "kept"}}])
    result = redact(Signal.TRACES, body, RULES)
    (attribute, _) = _only_span(result.body).attributes
    assert attribute.value in (any_value(REDACTED), any_value([REDACTED, REDACTED]))
    assert sum(result.replaced.values()) == 1


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({"headers": [["Authorization", "c4n4ry"]]}, {"headers": [["Authorization", REDACTED]]}),
        ({"args": ["mysql", "--password", "c4n4ry", "x"]}, {"args": ["mysql", "--password", REDACTED, "x"]}),
        ({"env": {"name": "DB_PASSWORD", "value": "c4n4ry"}}, {"env": {"name": "DB_PASSWORD", "value": REDACTED}}),
        ({"env": [{"Key": "TOKEN", "Value": "c4n4ry"}]}, {"env": [{"Key": "TOKEN", "Value": REDACTED}]}),
        ({"a": {"b": [{"secret": "c4n4ry"}]}}, {"a": {"b": [{"secret": REDACTED}]}}),
        (
            {"id": "AKIAIOSFODNN7EXAMPLE", "x": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYc4n4ryKEYx"},
            {"id": REDACTED, "x": REDACTED},
        ),
    ],
)
def test_secrets_are_known_by_what_stands_beside_them(attributes, expected):
    result = redact(Signal.TRACES, request_of([{"attributes": attributes}]), RULES)
    assert list(_only_span(result.body).attributes) == pairs(expected)
    assert b"c4n4ry" not in result.body


@pytest.mark.parametrize(
    "attributes",
    [
        {"gen_ai.usage.input_tokens": 12, "gen_ai.usage.output_tokens": 900, "tokens": 5},
        {"has_password": True, "password": "", "token": REDACTED, "cookies": [REDACTED], "secret": []},
        {"mendline.request": json.dumps({"headers": {"authorization": REDACTED}, "cookies": REDACTED})},
        {"aws.secretsmanager.secret.arn": "arn:aws:secretsmanager:us-east-1:1:secret:db1", "session.id": "s1"},
        {"cookie_banner": "shown", "secret_santa": "bob", "digest": "da39a3ee5e6b4b0d3255bfef95601890afd80709"},
    ],
)
def test_request_without_secrets_is_the_same_bytes(attributes):
    body = request_of([{"attributes": attributes}])
    result = redact(Signal.TRACES, body, RULES)
    assert result.body == body
    assert not result.replaced


def test_only_the_secret_changes_among_many_records():
    spans = [
        {"name": f"s{number}", "span_id": number.to_bytes(8), "attributes": {"n": number}} for number in range(1, 400)
    ]
    spans[200]["attributes"]["url.full"] = "https://x/?token=c4n4ry"
    message = request_message(spans, {"service.name": "x", "password": "c4n4ry"})
    result = redact(Signal.TRACES, message.SerializeToString(), RULES)
    message.resource_spans[0].resource.attributes[1].value.string_value = REDACTED
    message.resource_spans[0].scope_spans[0].spans[200].attributes[
        1
    ].value.string_value = f"https://x/?token={REDACTED}"
    assert result.body == message.SerializeToString()
    assert result.replaced == {"password": 1, "token": 1}


def test_secret_in_fields_that_nobody_knows_is_dropped():
    inner = request_of([{"name": "a"}])
    unknown = b"\xa2\x3f\x0fpassword=c4n4ry"  # field 1012, a text
    span = Span(name="pin=1234c4n4ry").SerializeToString() + unknown
    scope = b"\x12" + bytes([len(span)]) + span + unknown
    group = b"\x12" + bytes([len(scope)]) + scope + unknown
    result = redact(Signal.TRACES, inner + b"\x0a" + bytes([len(group)]) + group + unknown, RULES)
    assert b"c4n4ry" not in result.body
    parsed = REQUESTS[Signal.TRACES].FromString(result.body)
    assert [g.scope_spans[0].spans[0].name for g in parsed.resource_spans] == ["a", f"pin={REDACTED}"]


def test_added_keys_are_taken_out_too():
    body = request_of([{"attributes": {"customer.taxId": "c4n4ry", "note": "tax-id=c4n4ry"}}])
    assert b"c4n4ry" in redact(Signal.TRACES, body, RULES).body
    result = redact(Signal.TRACES, body, Rules.from_settings("on", "tax_id"))
    assert b"c4n4ry" not in result.body
    assert result.replaced == {"custom": 2}


def test_redaction_can_be_switched_off():
    body = request_of([{"attributes": {"password": "c4n4ry"}}])
    result = redact(Signal.TRACES, body, Rules.from_settings("off", ""))
    assert (result.body, result.replaced) == (body, {})


@pytest.mark.parametrize("signal", SIGNALS)
@settings(max_examples=150, deadline=None)
@given(st.data())
def test_no_bytes_make_it_raise(signal, data):
    body = planted(signal, "password=c4n4ry").SerializeToString()
    cut = data.draw(st.integers(0, len(body)))
    noise = data.draw(st.binary(max_size=12))
    redact(signal, body[:cut] + noise + body[cut + len(noise) :], RULES)
    redact(signal, noise + b"password=x", RULES)


def _with_attributes(signal: Signal, attributes: dict[str, object]) -> bytes:
    """A request with one record that has these attributes and nothing else."""
    message = REQUESTS[signal]()
    groups = getattr(message, message.DESCRIPTOR.fields[0].name).add()
    scopes = getattr(groups, groups.DESCRIPTOR.fields_by_number[2].name).add()
    record = getattr(scopes, scopes.DESCRIPTOR.fields_by_number[2].name).add()
    (record.metadata if signal is Signal.METRICS else record.attributes).extend(pairs(attributes))
    return message.SerializeToString()


def _only_span(body: bytes) -> Message:
    return REQUESTS[Signal.TRACES].FromString(body).resource_spans[0].scope_spans[0].spans[0]


def test_a_card_at_the_begin_of_a_text_is_found_though_tag_and_length_are_letters():
    for filled in range(20, 130):
        message = ExportLogsServiceRequest()
        record = message.resource_logs.add().scope_logs.add().log_records.add()
        record.event_name = "4111 1111 1111 1111".ljust(filled)
        assert redact(Signal.LOGS, message.SerializeToString(), RULES).replaced == {"card": 1}, filled


def test_digits_of_a_card_within_an_id_are_not_even_suspected():
    assert not RULES.scanner.suspicious(_with_attributes(Signal.LOGS, {"id": "ca4111111111111111fe"}))
