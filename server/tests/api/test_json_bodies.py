"""What a request brings as JSON."""

import pytest

from mendline.api.json_bodies import json_of, object_of
from mendline.errors import UsageError


def test_an_object_is_read():
    assert object_of(b'{"q": "p\xc3\xa4ss \\ud83d\\ude00"}') == {"q": "päss 😀"}


@pytest.mark.parametrize("body", [b'{"q": "\\ud800"}', b'{"\\udfff": 1}', b'[["\\ud800\\ud800"]]'])
def test_half_of_a_surrogate_pair_is_no_text(body):
    with pytest.raises(UsageError, match="surrogate"):
        json_of(body)


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"[" * 100_000, b"3", b"null", b'["q"]'])
def test_what_is_no_object_is_told_with_an_example(body):
    with pytest.raises(UsageError, match=r'a JSON object, such as \{"q"'):
        object_of(body, '{"q": "error"}')
