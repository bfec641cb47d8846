"""All lines of the platform but reports: text and JSON, and what only looks like one."""

from __future__ import annotations

import json

import pytest

from mendline.ingest.cloudwatch.events import FunctionLine, PlatformEvent
from mendline.ingest.cloudwatch.lines import parse_line

ID = "3f8b0c1e-5a52-4d3c-9f5e-0a1b2c3d4e5f"


EXT = {"mendline.extension.name": "my-ext"}


def _platform(kind, record, **more):
    return json.dumps({"time": "2026-11-23T06:10:02.090Z", "type": f"platform.{kind}", "record": record} | more)


OTHERS = [
    (f"START RequestId: {ID} Version: $LATEST\n", "start", ID, {"faas.version": "$LATEST"}),
    (f"START RequestId: {ID} Version: 12", "start", ID, {"faas.version": "12"}),
    (f"START RequestId: {ID}", "start", ID, {}),
    (f"END RequestId: {ID}\n", "end", ID, {}),
    (
        "INIT_START Runtime Version: python:3.11.v40\tRuntime Version ARN: arn:aws:lambda:us-east-1::runtime:abc",
        "init_start",
        "",
        {
            "mendline.runtime.version": "python:3.11.v40",
            "mendline.runtime.arn": "arn:aws:lambda:us-east-1::runtime:abc",
        },
    ),
    (
        "RESTORE_START Runtime Version: java:21.v5\tRuntime Version ARN: arn:aws:lambda:eu-west-1::runtime:0f\n",
        "restore_start",
        "",
        {"mendline.runtime.version": "java:21.v5", "mendline.runtime.arn": "arn:aws:lambda:eu-west-1::runtime:0f"},
    ),
    (
        "INIT_REPORT Init Duration: 206.72 ms\tPhase: init\tStatus: error\tError Type: Runtime.ExitError",
        "init_report",
        "",
        {
            "mendline.init_ms": 206.72,
            "mendline.phase": "init",
            "mendline.status": "error",
            "error.type": "Runtime.ExitError",
        },
    ),
    (
        "INIT_REPORT Init Duration: 10009.43 ms\tPhase: invoke\tStatus: timeout\n",
        "init_report",
        "",
        {
            "mendline.init_ms": 10009.43,
            "mendline.phase": "invoke",
            "mendline.status": "timeout",
            "error.type": "Function.Timeout",
        },
    ),
    ("INIT_REPORT Init Duration: 206.72 ms", "init_report", "", {"mendline.init_ms": 206.72}),
    ("RESTORE_REPORT Restore Duration: 498.13 ms\n", "restore_report", "", {"mendline.restore_ms": 498.13}),
    (
        "RESTORE_REPORT Restore Duration: 10000.00 ms\tStatus: timeout",
        "restore_report",
        "",
        {"mendline.restore_ms": 10000.0, "mendline.status": "timeout", "error.type": "Function.Timeout"},
    ),
    (
        "EXTENSION\tName: my-ext\tState: Ready\tEvents: [INVOKE, SHUTDOWN]",
        "extension",
        "",
        {**EXT, "mendline.extension.state": "Ready"},
    ),
    (
        "EXTENSION Name: cloudwatch agent State: Registered Events: [INVOKE,SHUTDOWN]",
        "extension",
        "",
        {"mendline.extension.name": "cloudwatch agent", "mendline.extension.state": "Registered"},
    ),
    (
        "EXTENSION\tName: my-ext\tState: LaunchError\tEvents: []\tError Type: Extension.LaunchError",
        "extension",
        "",
        {**EXT, "mendline.extension.state": "LaunchError", "error.type": "Extension.LaunchError"},
    ),
    (
        "TELEMETRY\tName: my-ext\tState: Subscribed\tTypes: [Platform, Function]",
        "telemetry",
        "",
        {**EXT, "mendline.extension.state": "Subscribed"},
    ),
    (
        "LOGS\tName: my-ext\tState: Subscribed\tTypes: [platform]",
        "telemetry",
        "",
        {**EXT, "mendline.extension.state": "Subscribed"},
    ),
    ("LOGS_DROPPED 12 records", "logs_dropped", "", {}),
    (
        f"2026-11-23T06:10:05.090Z {ID} Task timed out after 3.00 seconds\n\n",
        "timeout",
        ID,
        {"error.type": "Function.Timeout", "mendline.timeout_ms": 3000.0},
    ),
    (
        f"2026-11-23T06:10:05Z {ID} Task timed out after 900 seconds",
        "timeout",
        ID,
        {"error.type": "Function.Timeout", "mendline.timeout_ms": 900_000.0},
    ),
    (
        f"2026-11-23T06:10:06.000Z 2026-11-23T06:10:05.090Z {ID} Task timed out after 3.07 seconds",
        "timeout",
        ID,
        {"error.type": "Function.Timeout", "mendline.timeout_ms": 3070.0},
    ),
    (
        f"RequestId: {ID} Error: Task timed out after 3.00 seconds",
        "timeout",
        ID,
        {"error.type": "Function.Timeout", "mendline.timeout_ms": 3000.0},
    ),
    (
        f"RequestId: {ID} Error: Runtime exited with error: exit status 3\nRuntime.ExitError\n",
        "exit",
        ID,
        {"error.type": "Runtime.ExitError", "exception.message": "Runtime exited with error: exit status 3"},
    ),
    (
        f"RequestId: {ID} Error: Runtime exited with error: signal: killed",
        "exit",
        ID,
        {"error.type": "Runtime.ExitError", "exception.message": "Runtime exited with error: signal: killed"},
    ),
    (
        f"RequestId: {ID} Error: Runtime exited without providing a reason Runtime.ExitError",
        "exit",
        ID,
        {"error.type": "Runtime.ExitError", "exception.message": "Runtime exited without providing a reason"},
    ),
    (
        f"RequestId: {ID} Error: Couldn't find valid bootstrap(s): [/opt/x]\nRuntime.InvalidEntrypoint",
        "exit",
        ID,
        {"error.type": "Runtime.InvalidEntrypoint", "exception.message": "Couldn't find valid bootstrap(s): [/opt/x]"},
    ),
    (
        f"RequestId: {ID} Process exited before completing request\n",
        "exit",
        ID,
        {"error.type": "Runtime.ExitError", "exception.message": "Process exited before completing request"},
    ),
    (
        "Runtime exited with error: signal: killed",
        "exit",
        "",
        {"error.type": "Runtime.ExitError", "exception.message": "Runtime exited with error: signal: killed"},
    ),
    (
        _platform(
            "initStart",
            {
                "initializationType": "on-demand",
                "phase": "init",
                "runtimeVersion": "nodejs:22.v9",
                "functionName": "shop",
                "functionVersion": "$LATEST",
            },
        ),
        "init_start",
        "",
        {
            "mendline.phase": "init",
            "mendline.runtime.version": "nodejs:22.v9",
            "faas.name": "shop",
            "faas.version": "$LATEST",
        },
    ),
    (
        _platform(
            "initRuntimeDone",
            {"initializationType": "on-demand", "phase": "init", "status": "error", "errorType": "Runtime.ExitError"},
        ),
        "init_runtime_done",
        "",
        {"mendline.phase": "init", "mendline.status": "error", "error.type": "Runtime.ExitError"},
    ),
    (
        _platform("initReport", {"phase": "init", "status": "success", "metrics": {"durationMs": 125.33}}),
        "init_report",
        "",
        {"mendline.phase": "init", "mendline.status": "success", "mendline.init_ms": 125.33},
    ),
    (_platform("start", {"requestId": ID, "version": "7"}), "start", ID, {"faas.version": "7"}),
    (_platform("end", {"requestId": ID}), "end", ID, {}),
    (
        _platform(
            "runtimeDone",
            {
                "requestId": ID,
                "status": "failure",
                "errorType": "Runtime.Unknown",
                "metrics": {"durationMs": 140.0, "producedBytes": 16},
                "spans": [],
            },
        ),
        "runtime_done",
        ID,
        {
            "mendline.status": "failure",
            "error.type": "Runtime.Unknown",
            "mendline.duration_ms": 140.0,
            "mendline.produced_bytes": 16,
        },
    ),
    (
        _platform("restoreStart", {"runtimeVersion": "java:21"}),
        "restore_start",
        "",
        {"mendline.runtime.version": "java:21"},
    ),
    (
        _platform("restoreRuntimeDone", {"status": "success"}),
        "restore_runtime_done",
        "",
        {"mendline.status": "success"},
    ),
    (
        _platform("restoreReport", {"status": "success", "metrics": {"durationMs": 498.13}}),
        "restore_report",
        "",
        {"mendline.status": "success", "mendline.restore_ms": 498.13},
    ),
    (
        _platform("extension", {"name": "my-ext", "state": "Ready", "events": ["INVOKE"]}),
        "extension",
        "",
        {**EXT, "mendline.extension.state": "Ready"},
    ),
    (
        _platform("telemetrySubscription", {"name": "my-ext", "state": "Subscribed", "types": ["platform"]}),
        "telemetry",
        "",
        {**EXT, "mendline.extension.state": "Subscribed"},
    ),
    (
        _platform("logsDropped", {"reason": "too slow", "droppedRecords": 123, "droppedBytes": 12345}),
        "logs_dropped",
        "",
        {"mendline.reason": "too slow", "mendline.dropped_records": 123, "mendline.dropped_bytes": 12345},
    ),
    (
        _platform("fault", f"RequestId: {ID} Process exited before completing request"),
        "fault",
        ID,
        {"error.type": "Runtime.ExitError", "exception.message": "Process exited before completing request"},
    ),
    (_platform("fault", "something else"), "fault", "", {"exception.message": "something else"}),
]


@pytest.mark.parametrize(("text", "kind", "request_id", "facts"), OTHERS)
def test_every_other_platform_line_is_read(text, kind, request_id, facts):
    event = parse_line(text)
    assert isinstance(event, PlatformEvent)
    assert (event.kind, event.request_id) == (kind, request_id)
    assert event.facts == facts
    assert event.text == text.rstrip("\r\n")


@pytest.mark.parametrize(
    "text",
    [
        "STARTING the engine",
        "START RequestId:",
        "END of the story",
        "REPORT: all is well",
        "EXTENSION cord bought",
        "LOGS are nice",
        "INIT_REPORT of the quarter",
        "RequestId: none here",
        f"RequestId: {ID} Error: the customer's card was refused",
        f"[INFO]\t2026-11-23T06:10:02.090Z\t{ID}\tREPORT RequestId: {ID}\tDuration: 3.5 ms",
        f"2026-11-23T06:10:02.090Z\t{ID}\tINFO\tEND RequestId: {ID}",
        f"the tool said: REPORT RequestId: {ID}\tDuration: 3.5 ms",
        "Task timed out after 3 seconds",
        f"2026-11-23 my {ID} Task timed out after 3.00 seconds",
        json.dumps({"level": "INFO", "message": f"END RequestId: {ID}"}),
        json.dumps({"type": "platform.somethingNew", "record": {"requestId": ID}}),
        json.dumps({"type": "platform.report"}),
        json.dumps({"type": "platform.report", "record": None}),
        json.dumps({"type": "platform.report", "record": [1]}),
        json.dumps({"message": "hello"}),
    ],
)
def test_what_a_function_says_is_no_platform_line(text):
    assert isinstance(parse_line(text), FunctionLine)
