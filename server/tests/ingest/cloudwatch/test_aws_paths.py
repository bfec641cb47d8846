"""The paths that AWS delivers to: what they answer, and that 200 is said only when the data is durable."""

from __future__ import annotations

import asyncio
import base64
import gzip
import json

import httpx
import pytest
from aws_payloads import message_of
from starlette.applications import Starlette

from mendline.api.aws import AwsDoor, build_routes
from mendline.api.workers import Workers
from mendline.errors import SpoolFullError, UnauthenticatedError
from mendline.ingest.admission import Admission

REQUEST = "ed4acda5-034f-9f42-bba1-f29aea6d7d8f"
HEADERS = {"X-Amz-Firehose-Request-Id": REQUEST, "X-Amz-Firehose-Access-Key": "right"}
NOW_MS = 1795414202090


class House:
    """The rest of a server, as far as the paths need it: keys, a place for exports, and a record of what was told."""

    def __init__(self, most_bytes=1_000_000):
        self.kept, self.converted, self.refused = [], [], []
        self.failure = self.full = None
        self.admission = Admission(10 * most_bytes)
        door = AwsDoor(
            require=self._require,
            accept=self._accept,
            sender=lambda grant: 7,
            check_key=self._check_key,
            authorise=lambda request: self._check_key(request.headers.get("x-key", "")),
            converted=lambda converted, grant, is_fresh: self.converted.append((converted, grant, is_fresh)),
            refused=self.refused.append,
            admission=self.admission,
            workers=Workers(),
            most_request_bytes=most_bytes,
            most_inflated_bytes=4 * most_bytes,
            now_ms=lambda: NOW_MS,
        )
        self._app = Starlette(routes=build_routes(door))

    def ask(self, path, body, headers, method="POST"):
        """One request and its answer, through the whole of ASGI."""

        async def exchange():
            async with httpx.AsyncClient(transport=httpx.ASGITransport(self._app), base_url="http://house") as client:
                return await client.request(method, path, content=body, headers=headers)

        return asyncio.run(exchange())

    async def _require(self, grant):
        if self.full:
            raise self.full

    async def _accept(self, exports, grant, hold):
        if self.failure:
            raise self.failure
        self.held = dict(self.admission._held)
        new = [(export, grant) for export in exports if (export, grant) not in self.kept]
        self.kept.extend(new)
        return bool(new)

    @staticmethod
    def _check_key(key):
        if key != "right":
            raise UnauthenticatedError("The key is not known.")
        return f"grant of {key}"


@pytest.fixture
def house():
    """A house whose one key is `right`."""
    return House()


def _delivery(*records):
    data = [{"data": base64.b64encode(record).decode()} for record in records]
    return json.dumps({"requestId": REQUEST, "timestamp": 1, "records": data}).encode()


GOOD = _delivery(gzip.compress(message_of("hello")))


def test_a_delivery_is_answered_with_its_id_when_it_is_durable(house):
    answer = house.ask("/aws/firehose", GOOD, HEADERS)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert answer.json() == {"requestId": REQUEST, "timestamp": NOW_MS}
    assert [grant for _, grant in house.kept] == ["grant of right"]
    assert house.converted[0][0].log_records == 1


def test_repeated_delivery_is_answered_again_and_told_as_no_new_one(house):
    answers = [house.ask("/aws/firehose", GOOD, HEADERS) for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    assert [is_fresh for _, _, is_fresh in house.converted] == [True, False]


@pytest.mark.parametrize("path", ["/aws/firehose", "/aws/logs"])
def test_memory_of_a_delivery_counts_as_its_senders(house, path):
    body = GOOD if path == "/aws/firehose" else gzip.compress(message_of("hello" * 1000))
    assert house.ask(path, body, {**HEADERS, "x-key": "right"}).status_code == 200
    assert list(house.held) == [7]
    assert house.held[7] > len(body)
    assert house.admission.in_hand == 0


@pytest.mark.parametrize("path", ["/aws/firehose", "/aws/logs"])
def test_delivery_that_would_not_be_taken_is_refused_before_it_is_read(house, path):
    house.full = SpoolFullError("The spool is full.")

    async def never():
        raise AssertionError("the body was read")
        yield b""

    answer = house.ask(path, never(), {**HEADERS, "x-key": "right"})
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    assert house.refused == [house.full]


def test_corrupt_records_are_told_to_the_house_and_do_not_fail_the_delivery(house):
    answer = house.ask("/aws/firehose", _delivery(b"nothing", message_of("good")), HEADERS)
    assert answer.status_code == 200
    assert "errorMessage" not in answer.json()
    assert house.converted[0][0].left_out == (("malformed", 1),)
    assert len(house.kept) == 1


def test_a_delivery_with_nothing_to_keep_is_a_success(house):
    assert house.ask("/aws/firehose", _delivery(), HEADERS).status_code == 200
    assert house.kept == []


@pytest.mark.parametrize(
    ("method", "body", "headers", "status", "code"),
    [
        ("POST", GOOD, {"X-Amz-Firehose-Access-Key": "wrong"}, 401, "unauthenticated"),
        ("POST", GOOD, {"X-Amz-Firehose-Access-Key": ""}, 401, "unauthenticated"),
        ("POST", b"nonsense", {}, 400, "malformed"),
        ("POST", b"nonsense", {"Content-Encoding": "gzip"}, 400, "bad_encoding"),
        ("POST", b"x" * 1_000_001, {}, 413, "too_large"),
        ("POST", gzip.compress(b" " * 5_000_000), {"Content-Encoding": "gzip"}, 413, "too_large"),
        ("GET", b"", {}, 405, "method"),
    ],
    ids=["wrong key", "no key", "nonsense", "no gzip", "too large", "bomb", "get"],
)
def test_refusals_have_firehoses_shape(house, method, body, headers, status, code):
    answer = house.ask("/aws/firehose", body, HEADERS | headers, method)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/json")
    told = answer.json()
    assert (told["requestId"], told["timestamp"]) == (REQUEST, NOW_MS)
    assert told["errorMessage"]
    assert [error.code for error in house.refused] == [code]
    assert house.kept == []


def test_the_key_is_checked_before_the_body_is_read(house):
    answer = house.ask("/aws/firehose", b"x" * 2_000_000, HEADERS | {"X-Amz-Firehose-Access-Key": "w"})
    assert answer.status_code == 401


@pytest.mark.parametrize("path", ["/aws/firehose", "/aws/logs"])
@pytest.mark.parametrize("failure", [SpoolFullError("The disk is full."), RuntimeError("bug")], ids=["full", "bug"])
def test_what_is_not_durable_is_answered_503_so_that_it_comes_again(house, path, failure):
    house.failure = failure
    body = GOOD if path == "/aws/firehose" else message_of("x")
    answer = house.ask(path, body, HEADERS | {"x-key": "right"})
    assert answer.status_code == 503
    assert answer.headers["retry-after"]
    assert "bug" not in answer.text
    house.failure = None
    assert house.ask(path, body, HEADERS | {"x-key": "right"}).status_code == 200


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (message_of("x", "y"), {}),
        (gzip.compress(message_of("x", "y")), {}),
        (gzip.compress(message_of("x", "y")), {"Content-Encoding": "gzip"}),
        (
            json.dumps({"awslogs": {"data": base64.b64encode(gzip.compress(message_of("x", "y"))).decode()}}).encode(),
            {},
        ),
    ],
    ids=["json", "gzip", "content-encoding", "awslogs"],
)
def test_a_subscription_payload_is_taken_in_every_wrapping(house, body, headers):
    answer = house.ask("/aws/logs?region=eu-west-1", body, {"x-key": "right"} | headers)
    assert (answer.status_code, answer.json()) == (200, {"log_records": 2, "undecoded": 0, "odd": {}, "left_out": {}})
    assert b"eu-west-1" in house.kept[0][0].body


@pytest.mark.parametrize(
    ("path", "body", "key", "status", "code"),
    [
        ("/aws/logs", message_of("x"), "", 401, "unauthenticated"),
        ("/aws/logs?region=EU%20WEST", message_of("x"), "right", 400, "malformed"),
        ("/aws/logs", b"{}", "right", 400, "malformed"),
        ("/aws/logs", b"x" * 1_000_001, "right", 413, "too_large"),
    ],
)
def test_refusals_of_payloads_name_a_code(house, path, body, key, status, code):
    answer = house.ask(path, body, {"x-key": key})
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert [error.code for error in house.refused] == [code]
