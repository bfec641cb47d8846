"""Bodies that are slow or never come are given up, with a status after which a client sends again."""

from __future__ import annotations

import asyncio

import pytest
from starlette.requests import Request

from mendline.api.bodies import BODY_SECONDS, LEAST_BYTES_A_SECOND, error_headers, read_body
from mendline.errors import BodyTooLargeError, IncompleteBodyError

GONE, NEVER = "gone", "never"


class _LeapingLoop(asyncio.SelectorEventLoop):
    """A loop in which waiting takes no time: when there is nothing to do, its clock leaps to what comes next."""

    def __init__(self):
        super().__init__()
        self._passed = 0.0
        select = self._selector.select

        def leap(timeout=None):
            self._passed += timeout or 0.0
            return select(0)

        self._selector.select = leap

    def time(self):
        return self._passed


def _read(parts, every_s=0.0, most=2**24):
    """Read a body that comes in parts with some seconds before each."""
    left = list(parts)

    async def receive():
        await asyncio.wait({asyncio.create_task(asyncio.Event().wait())}, timeout=every_s)
        part = left.pop(0)
        if part == NEVER:
            await asyncio.Event().wait()
        if part == GONE:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": part, "more_body": bool(left)}

    request = Request({"type": "http", "method": "POST", "path": "/", "headers": []}, receive)
    with asyncio.Runner(loop_factory=_LeapingLoop) as runner:
        return runner.run(read_body(request, most))


@pytest.mark.parametrize("parts", [[NEVER], [b"begun", NEVER], [GONE], [b"begun", GONE]])
def test_body_that_does_not_come_is_503_to_be_sent_again_and_the_connection_is_closed(parts):
    with pytest.raises(IncompleteBodyError) as refused:
        _read(parts)
    assert refused.value.status == 503  # of those after which OTLP clients send again: 429, 502, 503, 504
    headers = error_headers(refused.value)
    assert int(headers["Retry-After"]) > 0
    assert headers["Connection"] == "close"


@pytest.mark.parametrize(
    ("part", "every_s", "comes"),
    [
        (LEAST_BYTES_A_SECOND, 1.0, True),
        (LEAST_BYTES_A_SECOND * 2, 1.9, True),
        (LEAST_BYTES_A_SECOND // 2, 1.0, False),
        (1, 0.5, False),
    ],
)
def test_body_has_as_much_time_as_it_needs_at_the_least_rate(part, every_s, comes):
    parts = [bytes(part)] * int(BODY_SECONDS * 3)
    if comes:
        assert len(_read(parts, every_s)) == part * len(parts)
    else:
        with pytest.raises(IncompleteBodyError):
            _read(parts, every_s)


def test_small_body_may_take_all_of_its_first_seconds():
    assert _read([b"x"] * 29, 1.0) == b"x" * 29


def test_body_over_its_limit_is_refused_with_the_part_that_is_too_much():
    with pytest.raises(BodyTooLargeError):
        _read([b"x" * 60, b"x" * 60, NEVER], most=100)
