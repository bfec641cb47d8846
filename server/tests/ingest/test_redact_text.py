"""Secrets in running text: JSON at any depth, headers, query strings, logs; what stays; and that work stays linear."""

from __future__ import annotations

import json
import time
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mendline.ingest.redact import REDACTED, RULES, Rules
from mendline.ingest.redact.cards import is_card

RULES_IN_FORCE = Rules()


def clean(text: str | bytes) -> tuple[str, Counter[str]]:
    replaced: Counter[str] = Counter()
    data = text.encode() if isinstance(text, str) else text
    return RULES_IN_FORCE.scanner.clean(data, replaced).decode(), replaced


def json_in_json(value: object, levels: int) -> str:
    text = json.dumps(value)
    for _ in range(levels):
        text = json.dumps({"body": text})
    return text


SECRET_TEXTS = [
    ("password", '{"password": "hunter2", "n": 1}'),
    ("password", '{"a": [{"b": {"PassWord": "hunter2"}}]}'),
    ("password", '{"password": "hunter2 with \\" quote"}'),
    ("password", '{"password": ["hunter2"], "x": {}}'),
    ("password", '{"password": {"v": ["hunter2", "]}"]}}'),
    ("password", '{\n  "password"\t:\n  "hunter2"\n}'),
    ("password", '"{\\"password\\":\\"hunter2\\"}"'),
    ("password", 'INFO got {"user": "bob", "password": "hunter2"}'),
    ("password", '{"user": "bob", "password": "hunter2'),
    ("password", '{"log": "{\\"password\\": \\"hunter2'),
    ("password", "{'user': \"o'hara\", 'password': 'hunter2'}"),
    ("password", "{ user: 'bob', password: 'hunter2', n: 1 }"),
    ("password", "a=1&password=hunter2&b=2"),
    ("password", "https://example.com/login?user=bob&password=hunter2#top"),
    ("password", "user%5Bname%5D=bob&user%5Bpassword%5D=hunter2"),
    ("password", "user[password]=hunter2"),
    ("password", "password: hunter2"),
    ("password", "connect failed, password = hunter2;"),
    ("password", "mysql --user bob --password hunter2 --host db"),
    ("password", "<user>bob</user><password>hunter2</password>"),
    ("password", '{"name": "password", "value": "hunter2"}'),
    ("password", '{"Key": "DbPassword", "Value": "hunter2"}'),
    ("secret", '{"pin": 999hunter2}'),
    ("token", "access_token=hunter2.def"),
    ("token", "xyz token: hunter2"),
    ("token", '{"sid": "hunter2"}'),
    ("token", "key ghp_hunter2hunter2hunter2hunter2 used"),
    ("api_key", "{'api_key': b'hunter2'}"),
    ("api_key", "API key: hunter2"),
    ("authorization", "Authorization: Bearer hunter2hunter2"),
    ("authorization", "GET / HTTP/1.1\r\nauthorization: Digest a=1, hunter2\r\nHost: x"),
    ("authorization", '{"headers": {"Authorization": ["Bearer hunter2"]}}'),
    ("authorization", '[["host", "x"], ["authorization", "Bearer hunter2"]]'),
    ("authorization", "[(b'authorization', b'Bearer hunter2')]"),
    ("authorization", "Basic aHVudGVyOmh1bnRlcjI="),
    ("bearer", "sent Bearer hunter2hunter2 to it"),
    ("cookie", '{"cookies": ["a=hunter2", "b=2"]}'),
    ("cookie", "Cookie: a=1; b=hunter2\nHost: x"),
    ("private_key", "-----BEGIN RSA PRIVATE KEY-----\nhunter2\n-----END RSA PRIVATE KEY-----"),
    ("private_key", '{"k": "-----BEGIN PRIVATE KEY-----\\nhunter2 cut", "n": 1}'),
    ("jwt", "got eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0hunter2.abcDEF"),
    ("url_userinfo", "postgres://bob:hunter2@db.local/x"),
    ("url_userinfo", "https://hunter2@github.com/x"),
    ("url_userinfo", "https://u:p@hunter2@host/x"),
    ("aws_keys", '{"accessKeyId": "hunter2"}'),
    ("aws_keys", "IQoJb3JpZ2luX2VjEJr//////////wEaCXVzLWVhc3QtMSJHhunter2hunter2"),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "text"), SECRET_TEXTS)
def test_secret_is_taken_out(rule, text):
    assert ("hunter2" in text) or rule in ("authorization",)
    cleaned, replaced = clean(text)
    assert "hunter2" not in cleaned
    assert "aHVudGVy" not in cleaned
    assert REDACTED in cleaned
    assert rule in replaced
    assert clean(cleaned) == (cleaned, Counter())


CARDS = [
    "4111111111111111", "4111 1111 1111 1111", "4111-1111-1111-1111", "378282246310005", "3782 822463 10005",
    "5555555555554444", "2223003122003222", "6011111111111117", "3530111333300000", "30569309025904",
    "3056 930902 5904", "4222222222222", "6200000000000005", "6304000000000000",
]  # fmt: skip


@pytest.mark.parametrize("number", CARDS)
@pytest.mark.parametrize("around", ["{}", "card {}.", '{{"n":"{}"}}', "1 {} 12/27", "{}, and", "({})", "a={}&b"])
def test_card_number_is_taken_out(number, around):
    cleaned, replaced = clean(around.format(number))
    assert cleaned == around.format(REDACTED)
    assert replaced == {"card": 1}


@pytest.mark.parametrize(
    "digits", ["4111111111111112", "1111111111111117", "41111111", "9111111111111111", "411111111111111"]
)
def test_other_numbers_are_no_cards(digits):
    assert not is_card(digits.encode())


def test_several_cards_in_a_row_are_all_taken_out():
    assert clean(" ".join(CARDS))[1] == {"card": len(CARDS)}


PLAIN_TEXTS = [
    "order 1523232000000 shipped",
    "at 1795459200123456789 ns",
    "arn:aws:lambda:eu-west-1:123456789012:function:shop",
    "arn:aws:secretsmanager:us-east-1:123456789012:secret:prod/db1-AbCdE2",
    "User: x is not authorized to perform: secretsmanager:GetSecretValue on resource: y",
    "8f5ad1f2-1111-4111-8111-111111111111",
    "1-67891233-abcdef012345678912345678",
    "https://example.com/a@b",
    "https://token.example.com:8443/v1?page=2",
    "user@example.com",
    "4111111111111112",
    "3.4111111111111111",
    "a4111111111111111f",
    "a basic fact",
    "Basic authentication failed",
    "the bearer of bad news",
    "SyntaxError: Unexpected token: { in JSON at position 0",
    "Unexpected token < in JSON at position 0",
    "Invalid token: expired",
    "InvalidClientTokenId: The security token included in the request is invalid",
    "AuthorizationHeaderMalformed: The authorization header is malformed",
    "PasswordResetRequiredException: reset it",
    "at Object.validate (/var/task/src/token.js:10:5)",
    "\tat com.shop.Token.check(Token.java:42)",
    'File "/var/task/password.py", line 12, in check',
    "your password was changed",
    "password=",
    "if token == secret_from(x): pass",
    '{"password": "", "token": null, "has_password": true, "secret": []}',
    '{"password": "[redacted]", "cookies": "[redacted]"}',
    '{"msg": "password:", "x": 1}',
    '{"usage": {"input_tokens": 12, "output_tokens": 900, "tokens": 912}, "NextToken": "abc123"}',
    '{"fields": ["email", "password", "name"]}',
    '{"field": "password", "problem": "too short"}',
    "-----BEGIN CERTIFICATE-----\nMIIE\n-----END CERTIFICATE-----",
    "-----BEGIN PUBLIC KEY-----\nMIIE\n-----END PUBLIC KEY-----",
    "AKIAshort",
    "eyJ.no.token",
    "",
]


@pytest.mark.parametrize("text", PLAIN_TEXTS)
def test_text_without_secrets_is_kept(text):
    assert clean(text) == (text, Counter())


def test_numbers_become_texts_so_that_json_stays_json():
    cleaned, _ = clean('{"pin":1234,"a":[4111111111111111],"n":4111111111111111,"passwords":12,"cvv": 123 }')
    assert json.loads(cleaned) == {"pin": REDACTED, "a": [REDACTED], "n": REDACTED, "passwords": 12, "cvv": REDACTED}


@pytest.mark.parametrize("levels", range(6))
def test_secrets_are_found_in_json_within_json(levels):
    cleaned, replaced = clean(json_in_json({"password": 'hun"ter\\2', "url": "https://u:hunter2@h/", "n": 1}, levels))
    value = json.loads(cleaned)
    for _ in range(levels):
        value = json.loads(value["body"])
    assert value == {"password": REDACTED, "url": f"https://{REDACTED}@h/", "n": 1}
    assert replaced == {"password": 1, "url_userinfo": 1}


TEXTS = st.text(max_size=20) | st.sampled_from(
    [
        "password:",
        "token",
        "://a@",
        "pin=1",
        "it's",
        '"',
        "\\",
        "Bearer ",
        "{'secret': 'x'",
        "[",
        "cookie: a",
        "4111 1111 1111 1111",
    ]
)
DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXTS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(TEXTS | st.sampled_from(["name", "value", "pin"]), inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(max_examples=100, deadline=None)
@given(DOCUMENTS, st.integers(0, 2))
def test_json_stays_json_of_the_same_shape(document, levels):
    cleaned, _ = clean(json_in_json(document, levels))
    value = json.loads(cleaned)
    for _ in range(levels):
        value = json.loads(value["body"])
    assert _is_same_but_for_marks(document, value)


def _is_same_but_for_marks(before: object, after: object) -> bool:
    if isinstance(after, str):
        return REDACTED in after or before == after
    if isinstance(before, dict):
        return (
            isinstance(after, dict)
            and len(before) >= len(after)
            and all(map(_is_same_but_for_marks, before.values(), after.values()))
        )
    if isinstance(before, list):
        return isinstance(after, list) and len(before) == len(after) and all(map(_is_same_but_for_marks, before, after))
    return before == after


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300) | TEXTS.map(str.encode))
def test_any_bytes_can_be_cleaned_and_then_are_clean(data):
    replaced: Counter[str] = Counter()
    once = RULES_IN_FORCE.scanner.clean(data, replaced)
    assert (once == data) == (not replaced)
    assert set(replaced) <= set(RULES)


LONG = 128 * 1024
HOSTILE = [
    b"token", b"password:", b'"password":"', b"secret=", b"eyJ", b"eyJaaaaaaaa.", b"bearer ", b"4", b"4111 ",
    b"4111-1111-1111-", b"-----BEGIN PRIVATE KEY-----", b"[", b'{"a":', b'{"password":', b'"password":"\\', b'\\"',
    b"://", b"://a@", b"AKIA", b'"', b"'token':'", b'["token",', b'"token", "value', b"password    ", b"<password>",
    b"--token ", b"ghp_", b"a" * 100 + b"token", b'{"a":"\\u0041token"', b'[\\"token\\"', b'{"pin":1,', b"\x12",
]  # fmt: skip


@pytest.mark.thorough
@pytest.mark.parametrize("piece", HOSTILE, ids=repr)
@pytest.mark.parametrize("start", [b"", b'{"a":"', b'{"password":['])
def test_long_hostile_text_takes_linear_time(piece, start):
    data = start + piece * (LONG // len(piece))
    began = time.thread_time()
    RULES_IN_FORCE.scanner.clean(data, Counter())
    RULES_IN_FORCE.scanner.suspicious(data)
    assert time.thread_time() - began < 60  # half a second; what is quadratic takes many minutes


def test_deeply_nested_json_is_no_danger():
    text = "[" * 200_000 + '{"password": "hunter2"}' + "]" * 200_000
    cleaned, replaced = clean(text)
    assert replaced == {"password": 1}
    assert len(cleaned) == len(text) + len(REDACTED) - len("hunter2")


@pytest.mark.parametrize("secret", ["password=c4n4ry", "4111 1111 1111 1111", "https://bob:c4n4ry@host/"])
def test_secret_across_the_windows_of_the_search_is_found(secret):
    window = 256 * 1024
    for start in range(window - len(secret) - 2, window + 2):
        cleaned, replaced = clean(" " * start + secret)
        assert replaced.total() == 1
        assert "c4n4ry" not in cleaned
