"""The JSON log format: the platform's lines are its events, and levels keep lines out of the log."""

import json

import pytest

from mendline_playground.host import Host

pytestmark = pytest.mark.anyio

CODE = """
    import logging, os

    def handler(event, context):
        logger = logging.getLogger()
        logger.debug("for nobody")
        logger.info("to know")
        logger.warning("to think of")
        print("bare")
        print('{"level": "debug", "message": "own logger"}')
        if event == "fail":
            raise ValueError("as asked")
        if event == "die":
            os._exit(1)
"""


def parsed(host: Host) -> list[object]:
    def parse(text: str) -> object:
        try:
            return json.loads(text)
        except ValueError:
            return text

    return [parse(event.message) for event in host.logs("shown")]


async def test_lines_of_the_platform_are_events_and_there_is_no_end_line(function, call):
    async with Host([function(CODE, log_format="JSON", memory_mb=256)]) as host:
        result = await call(host, "")
        found = parsed(host)
    platform = [line for line in found if isinstance(line, dict) and "type" in line]
    assert [line["type"] for line in platform] == ["platform.initStart", "platform.start", "platform.report"]
    start, report = platform[0]["record"], platform[2]["record"]
    assert (start["phase"], start["initializationType"], start["functionName"]) == ("init", "on-demand", "shown")
    assert start["instanceMaxMemory"] == 256 * 1024 * 1024
    assert platform[1]["record"]["requestId"] == report["requestId"] == result.request_id
    assert (report["status"], report["metrics"]["memorySizeMB"]) == ("success", 256)
    assert set(report["metrics"]) == {
        "durationMs", "billedDurationMs", "memorySizeMB", "maxMemoryUsedMB", "initDurationMs",
    }  # fmt: skip
    assert "bare" in found
    logged = {line["message"]: line for line in found if isinstance(line, dict) and "logger" in line}
    assert set(logged) == {"to think of"}, "Python's own level is WARNING when no other is set"
    assert logged["to think of"]["requestId"] == result.request_id


LEVELS = [
    (None, {"to think of", "bare", "own logger"}),
    ("DEBUG", {"for nobody", "to know", "to think of", "bare", "own logger"}),
    ("INFO", {"to know", "to think of", "bare"}),
    ("WARN", {"to think of"}),
]


@pytest.mark.parametrize(("level", "shown"), LEVELS)
async def test_application_lines_below_the_level_are_left_out_whoever_wrote_them(function, call, level, shown):
    async with Host([function(CODE, log_format="JSON", application_log_level=level)]) as host:
        await call(host, "")
        found = parsed(host)
    texts = {line["message"] if isinstance(line, dict) else line for line in found if "type" not in line}
    assert texts == shown


SYSTEM = [
    ("DEBUG", "", {"initStart", "initRuntimeDone", "initReport", "start", "runtimeDone", "report"}),
    ("INFO", "", {"initStart", "start", "report"}),
    ("WARN", "", set()),
    ("WARN", "die", {"runtimeDone", "report"}),
]


@pytest.mark.parametrize(("level", "event", "kinds"), SYSTEM)
async def test_system_lines_are_there_from_their_level_on(function, call, level, event, kinds):
    async with Host([function(CODE, log_format="JSON", system_log_level=level)]) as host:
        await call(host, event)
        found = parsed(host)
    told = [line for line in found if isinstance(line, dict) and "type" in line]
    assert {line["type"].removeprefix("platform.") for line in told} == kinds


async def test_a_death_is_told_by_the_report_alone(function, call):
    async with Host([function(CODE, log_format="JSON", timeout_s=2)]) as host:
        await call(host, "die")
        last = parsed(host)[-1]
        await call(host, "fail")
        found = parsed(host)
    assert (last["record"]["status"], last["record"]["errorType"]) == ("error", "Runtime.ExitError")
    assert not [line for line in found if isinstance(line, str) and "RequestId" in line]
    assert "ValueError" in [line.get("errorType") for line in found if isinstance(line, dict)]
    assert found[-1]["record"]["status"] == "success", "an exception of the handler is none of the platform"
