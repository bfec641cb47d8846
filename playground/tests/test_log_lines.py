"""The log of an environment reads like CloudWatch's: the platform's lines, the runtime's, the handler's."""

import re

import pytest

from mendline_playground.host import Host
from mendline_playground.host.logs import FrameSplitter, LineSplitter, Written

CODE = """
    import logging, sys

    print("module")

    def handler(event, context):
        logging.getLogger().warning("first line\\nsecond line")
        print("printed")
        print("to standard error", file=sys.stderr)
        sys.stdout.write("unfinished")
"""


@pytest.mark.anyio
async def test_first_invocation_writes_every_line_in_order(function, call):
    async with Host([function(CODE, memory_mb=256)]) as host:
        result = await call(host)
        events = host.logs("shown")

    identity = result.request_id
    patterns = [
        r"INIT_START Runtime Version: python:3\.\d+\.v\d+\tRuntime Version ARN: arn:aws:lambda:us-east-1::runtime:"
        r"[0-9a-f]{64}",
        "module",
        rf"START RequestId: {identity} Version: \$LATEST",
        rf"\[WARNING\]\t\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{{3}}Z\t{identity}\tfirst line\nsecond line",
        "printed",
        "to standard error",
        "unfinished",
        rf"END RequestId: {identity}",
        rf"REPORT RequestId: {identity}\tDuration: [\d.]+ ms\tBilled Duration: \d+ ms\tMemory Size: 256 MB\t"
        r"Max Memory Used: [1-9]\d* MB\tInit Duration: [\d.]+ ms\t",
    ]
    messages = [event.message for event in events]
    # The framed descriptor and standard output are two pipes: only the order within each is certain.
    framed = next(message for message in messages if "first line" in message)
    messages.remove(framed)
    messages.insert(3, framed)
    assert len(messages) == len(patterns)
    for message, pattern in zip(messages, patterns, strict=True):
        assert re.fullmatch(pattern, message), (message, pattern)
    assert len({event.stream for event in events}) == 1
    assert re.fullmatch(r"\d{4}/\d\d/\d\d/\[\$LATEST\][0-9a-f]{32}", events[0].stream)


@pytest.mark.anyio
async def test_billed_duration_is_duration_and_initialisation_rounded_up(function, call):
    async with Host([function(CODE)]) as host:
        line = (await call(host)).log_tail.splitlines()[-1]

    figures = {name: float(value) for name, value in re.findall(r"(\w+ ?\w*): ([\d.]+) ms", line)}
    exact = figures["Duration"] + figures["Init Duration"]
    assert exact - 0.011 <= figures["Billed Duration"] < exact + 1.011


@pytest.mark.anyio
async def test_timeout_writes_its_line_before_end_and_reports_the_limit(function, call):
    sleeper = function("from time import sleep\ndef handler(event, context): sleep(60)\n", timeout_s=0.25)
    async with Host([sleeper]) as host:
        result = await call(host)
        last = [event.message for event in host.logs("shown")][-3:]

    assert re.fullmatch(
        rf"\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{{3}}Z {result.request_id} Task timed out after 0\.25 seconds\n\n",
        last[0],
    )
    assert last[1] == f"END RequestId: {result.request_id}"
    assert "\tDuration: 250.00 ms\t" in last[2]
    assert last[2].endswith("\tStatus: timeout")


@pytest.mark.anyio
async def test_ring_keeps_only_the_newest_events_and_the_sink_gets_all(function, call):
    kept = []
    talker = function("def handler(event, context):\n    for n in range(100): print(n)\n")
    async with Host([talker], log_ring_size=10, log_sink=kept.append) as host:
        await call(host)
        ring = host.logs("shown")

    assert ring == kept[-10:]
    assert len(kept) == 104


@pytest.mark.anyio
async def test_a_flood_of_output_is_read_while_the_handler_runs(function, call):
    flood = """
        def handler(event, context):
            for _ in range(40):
                print("x" * 100_000)
            return "not blocked by a full pipe"
    """
    async with Host([function(flood, timeout_s=10)], max_environments=1) as host:
        for _ in range(3):
            result = await call(host)
            assert result.function_error is None
        assert len([event for event in host.logs("shown") if len(event.message) == 100_000]) == 120


def frame(text: str, kind: int = 0xA55A0003, time_us: int = 0) -> bytes:
    body = text.encode()
    return kind.to_bytes(4, "big") + len(body).to_bytes(4, "big") + time_us.to_bytes(8, "big") + body


SPLITS = [
    (LineSplitter, b"a\nb\n", ["a", "b"], []),
    (LineSplitter, b"a\r\nb", ["a"], ["b"]),
    (LineSplitter, b"error\rtrace\n", ["error\ntrace"], []),
    (LineSplitter, b"\xff\n", ["\ufffd"], []),
    (LineSplitter, b"x" * 300_000, ["x" * 262_144], ["x" * (300_000 - 262_144)]),
    (FrameSplitter, frame("one\ntwo\n") + frame("three", 0xA55A0013), ["one\ntwo", "three"], []),
    (FrameSplitter, frame("gréen"), ["gréen"], []),
    (FrameSplitter, b"no frame at all, but text", ["no frame at all, but text"], []),
]


def texts(messages):
    return [message.text for message in messages]


@pytest.mark.parametrize(("splitter", "data", "complete", "rest"), SPLITS)
def test_pipes_are_split_into_the_same_messages_however_they_arrive(splitter, data, complete, rest):
    whole = splitter()
    assert (texts(whole.feed(data)), texts(whole.flush())) == (complete, rest)

    if data.startswith(b"no frame"):
        return  # what is not framed has no borders to find
    pieces = splitter()
    step = max(1, len(data) // 50)
    found = [message for at in range(0, len(data), step) for message in pieces.feed(data[at : at + step])]
    assert (texts(found), texts(pieces.flush())) == (complete, rest)


LEVELS = [
    (0xA55A0003, None), (0xA55A000B, "DEBUG"), (0xA55A000F, "INFO"), (0xA55A0013, "WARN"), (0xA55A0017, "ERROR"),
    (0xA55A001B, "FATAL"), (0xA55A0002, None), (0xA55A000A, "DEBUG"), (0xA55A001A, "FATAL"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "level"), LEVELS)
def test_a_frame_tells_its_level_and_time(kind, level):
    (message,) = FrameSplitter().feed(frame("text", kind, 1_700_000_000_123_456))
    assert (message.level, message.time_ms) == (level, 1_700_000_000_123)


JUDGED = [
    (Written("plain"), "INFO"),
    (Written("plain", "ERROR"), "ERROR"),
    (Written('{"level": "debug"}'), "DEBUG"),
    (Written('{"level": "WARNING"}'), "WARN"),
    (Written('{"level": "loud"}'), "INFO"),
    (Written('{"level": 30}'), "INFO"),
    (Written("{no json"), "INFO"),
]


@pytest.mark.parametrize(("written", "level"), JUDGED)
def test_a_message_without_a_level_of_its_own_counts_as_information(written, level):
    assert written.judged_level() == level
