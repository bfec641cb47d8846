"""What must never leave a function, as a table."""

from __future__ import annotations

import pytest

from mendline_agent.blanking import is_card_number
from mendline_agent.redaction import Redactor

SECRET_KEYS = [
    "password", "Password", "userPassword", "db_password", "passwd", "secret", "clientSecret", "SECRET_KEY", "token",
    "access_token", "x-amz-security-token", "Authorization", "Proxy-Authorization", "Cookie", "Set-Cookie", "cookies",
    "api_key", "apikey", "X-Api-Key", "private key", "private_key", "session", "session_id", "sessionToken",
    "credentials", "aws_secret_access_key", "AWS_ACCESS_KEY_ID", "pwd", "card_number", "cvv", "X-Amz-Signature",
]  # fmt: skip
PLAIN_KEYS = [
    "", "id", "name", "orderId", "monkey", "author", "tokens_used", "NextToken", "continuation-token", "passenger",
    "keyboard", "partitionKey", "sessions_count", "authorizer", "expires",
]  # fmt: skip


@pytest.mark.parametrize("key", SECRET_KEYS)
def test_secret_key(key):
    assert Redactor().is_secret(key)


@pytest.mark.parametrize("key", PLAIN_KEYS)
def test_plain_key(key):
    assert not Redactor().is_secret(key)


def test_more_keys_can_be_named():
    assert Redactor(["Tax-Id", ""]).is_secret("customer_tax_id")
    assert not Redactor([""]).is_secret("anything")


SECRET_TEXTS = [
    ("postgres://bob:hunter2@db.local/x", "hunter2"),
    ("https://tok3n@github.com/x", "tok3n"),
    ("https://u:p@ss@host/x", "p@ss"),
    ("a=1&password=hunter2&b=2", "hunter2"),
    ("access_token=abc.def", "abc.def"),
    ('{"password": "hunter2", "n": 1', "hunter2"),
    ('"{\\"password\\":\\"hunter2\\"}"', "hunter2"),
    ("{'api_key': 'hunter2'}", "hunter2"),
    ("Authorization: Bearer abcdefghijklmnop", "abcdefghijklmnop"),
    ("Basic dXNlcjpwYXNzd29yZA==", "dXNlcjpwYXNzd29yZA"),
    ("-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----", "MIIE"),
    ("-----BEGIN PRIVATE KEY-----\\nMIIE cut off", "MIIE"),
    ("card 4111 1111 1111 1111.", "4111"),
    ("card 4111-1111-1111-1111", "1111"),
    ("378282246310005", "378282246310005"),
    ("1 4111 1111 1111 1111 12/27", "4111"),
    ("4111 1111 1111 1111 5500 0000 0000 0004", "5500"),
    ("AKIAIOSFODNN7EXAMPLE", "IOSFODNN7"),
    ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abcDEF", "eyJzdWIi"),
]


@pytest.mark.parametrize(("text", "secret"), SECRET_TEXTS)
def test_secret_text(text, secret):
    redacted = Redactor().text(text)
    assert secret not in redacted
    assert "[redacted]" in redacted


PLAIN_TEXTS = [
    "order 1523232000000 shipped",
    "arn:aws:lambda:eu-west-1:123456789012:function:shop",
    "8f5ad1f2-1111-4111-8111-111111111111",
    "https://example.com/a@b",
    "user@example.com",
    "4111111111111112",
    "3.4111111111111111",
    "a basic fact",
]


@pytest.mark.parametrize("text", PLAIN_TEXTS)
def test_plain_text(text):
    assert Redactor().text(text) == text


def test_cards_are_told_by_luhn_and_prefix():
    assert is_card_number("4111111111111111")
    assert not is_card_number("4111111111111112")
    assert not is_card_number("1111111111111117")
    assert not is_card_number("41111111")


@pytest.mark.parametrize(
    "text", ["tax-id=hunter2", "tax_id: hunter2", '{"taxid": "hunter2', "<tax-id>hunter2</tax-id>"]
)
def test_more_keys_are_known_in_texts_however_they_are_spelled(text):
    assert "hunter2" not in Redactor(["Tax_Id"]).text(text)
