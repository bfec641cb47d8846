"""REPORT lines: eight years of variants, as AWS wrote them and as other tools pass them on."""

from __future__ import annotations

import json

import pytest

from mendline.ingest.cloudwatch.events import PlatformEvent, trace_of_root
from mendline.ingest.cloudwatch.lines import parse_line

MIB = 1024 * 1024
ID = "3f8b0c1e-5a52-4d3c-9f5e-0a1b2c3d4e5f"
ROOT = "1-5759e988-bd862e3fe1be46a994272793"
XRAY = f"XRAY TraceId: {ROOT}\tSegmentId: 557abcec3ee5a047\tSampled: true\t"


HEAD = f"REPORT RequestId: {ID}"
SHORT = HEAD + "\tDuration: 3.5 ms\tBilled Duration: 4 ms"
USUAL = SHORT + "\tMemory Size: 512 MB\tMax Memory Used: 71 MB"


def _facts(duration, billed, size, used, **more):
    facts = {"mendline.duration_ms": duration, "mendline.billed_ms": billed}
    facts |= {"mendline.memory.size_bytes": size * MIB, "mendline.memory.used_bytes": used * MIB}
    return facts | more


USUAL_FACTS = _facts(3.5, 4.0, 512, 71)
SHORT_FACTS = {"mendline.duration_ms": 3.5, "mendline.billed_ms": 4.0}
REPORTS = {
    "1 ms era": (
        f"{HEAD}\tDuration: 15.14 ms\tBilled Duration: 16 ms\tMemory Size: 256 MB\tMax Memory Used: 40 MB\t\n",
        _facts(15.14, 16.0, 256, 40),
    ),
    "100 ms era": (
        f"{HEAD}\tDuration: 0.38 ms\tBilled Duration: 100 ms \tMemory Size: 128 MB\tMax Memory Used: 54 MB\t\n",
        _facts(0.38, 100.0, 128, 54),
    ),
    "cold start": (
        f"{HEAD}\tDuration: 15.14 ms\tBilled Duration: 128 ms\tMemory Size: 256 MB\tMax Memory Used: 40 MB"
        "\tInit Duration: 112.00 ms\t\n",
        _facts(15.14, 128.0, 256, 40, **{"mendline.init_ms": 112.0}),
    ),
    "init before duration (local emulator)": (
        f"{HEAD}\tInit Duration: 0.42 ms\tDuration: 123.93 ms\tBilled Duration: 124 ms\tMemory Size: 3008 MB"
        "\tMax Memory Used: 3008 MB\t",
        _facts(123.93, 124.0, 3008, 3008, **{"mendline.init_ms": 0.42}),
    ),
    "blanks instead of tabs": (
        f"{HEAD} Duration: 3.5 ms Billed Duration: 4 ms Memory Size: 512 MB Max Memory Used: 71 MB",
        USUAL_FACTS,
    ),
    "many blanks": (
        f"{HEAD}    Duration: 3.5 ms    Billed Duration: 4 ms    Memory Size: 512 MB    Max Memory Used: 71 MB",
        USUAL_FACTS,
    ),
    "tabs lost": (
        f"{HEAD}Duration: 3.5 msBilled Duration: 4 msMemory Size: 512 MBMax Memory Used: 71 MB"
        "Init Duration: 9 msStatus: errorError Type: Runtime.ExitError" + XRAY.replace("\t", ""),
        _facts(
            3.5,
            4.0,
            512,
            71,
            **{"mendline.init_ms": 9.0, "mendline.status": "error", "error.type": "Runtime.ExitError"},
        ),
    ),
    "tabs written as backslash t": (
        rf"{USUAL}\n",
        USUAL_FACTS,
    ),
    "line breaks instead of tabs": (
        f"{HEAD}\n\tDuration: 3.5 ms\n\tBilled Duration: 4 ms\n\tMemory Size: 512 MB\n\tMax Memory Used: 71 MB\n",
        USUAL_FACTS,
    ),
    "blanks around colons": (
        f"{HEAD}\tDuration : 3.5 ms\tBilled Duration : 4 ms\tMemory Size : 512 MB\tMax Memory Used : 71 MB",
        USUAL_FACTS,
    ),
    "thousands in groups": (
        f"{HEAD}\tDuration: 12,345.67 ms\tBilled Duration: 12,346 ms\tMemory Size: 10,240 MB\tMax Memory Used: 71 MB",
        _facts(12345.67, 12346.0, 10240, 71),
    ),
    "X-Ray on the next line": (
        f"{USUAL}\t\n{XRAY}\n",
        USUAL_FACTS,
    ),
    "X-Ray on the same line": (
        f"{USUAL}\t{XRAY}",
        USUAL_FACTS,
    ),
    "SnapStart": (
        f"{HEAD}\tDuration: 3.5 ms\tBilled Duration: 240 ms\tMemory Size: 512 MB\tMax Memory Used: 71 MB"
        "\tRestore Duration: 498.13 ms\tBilled Restore Duration: 236 ms\t",
        _facts(3.5, 240.0, 512, 71, **{"mendline.restore_ms": 498.13, "mendline.billed_restore_ms": 236.0}),
    ),
    "timeout": (
        f"{HEAD}\tDuration: 3000.00 ms\tBilled Duration: 3000 ms\tMemory Size: 128 MB"
        "\tMax Memory Used: 35 MB\tStatus: timeout",
        _facts(3000.0, 3000.0, 128, 35, **{"mendline.status": "timeout", "error.type": "Function.Timeout"}),
    ),
    "out of memory": (
        f"{HEAD}\tDuration: 900.00 ms\tBilled Duration: 900 ms\tMemory Size: 1024 MB\tMax Memory Used: 1023 MB"
        "\tStatus: error\tError Type: Runtime.OutOfMemory\n",
        _facts(900.0, 900.0, 1024, 1023, **{"mendline.status": "error", "error.type": "Runtime.OutOfMemory"}),
    ),
    "all memory used is no error": (
        f"{HEAD}\tDuration: 900.00 ms\tBilled Duration: 900 ms\tMemory Size: 128 MB\tMax Memory Used: 128 MB\t",
        _facts(900.0, 900.0, 128, 128),
    ),
    "cut off": (
        f"{HEAD}\tDuration: 15.1",
        {"mendline.duration_ms": 15.1},
    ),
    "without any field": (f"{HEAD}", {}),
    "behind a time": (
        f"2026-11-23T06:10:02.090Z {USUAL}",
        USUAL_FACTS,
    ),
    "behind a time and its stream": (
        f"2026-11-23T06:10:02.090000+00:00 2026/11/23/[$LATEST]0af7651916cd43dd8448eb211c80319c {USUAL}",
        USUAL_FACTS,
    ),
    "behind group, stream and Unix time, quoted": (
        f'/aws/lambda/shop 2026/11/23/[12]0af7651916cd43dd8448eb211c80319c 1795414202090,"{HEAD}\tDuration: 3.5 ms'
        '\tBilled Duration: 4 ms\tMemory Size: 512 MB\tMax Memory Used: 71 MB"',
        USUAL_FACTS,
    ),
    "behind what a container runtime writes": (
        f"2026-11-23T06:10:02.090123456Z stdout F {SHORT}",
        SHORT_FACTS,
    ),
    "coloured": (
        f"\x1b[32m{SHORT}\x1b[0m",
        SHORT_FACTS,
    ),
    "in JSON of another tool": (
        json.dumps({"timestamp": 1, "message": f"{SHORT}\n"}),
        SHORT_FACTS,
    ),
    "as Docker writes it": (
        json.dumps({"log": f"{HEAD}\tDuration: 3.5 ms\n", "stream": "stdout", "time": "2026-11-23T06:10:02Z"}),
        {"mendline.duration_ms": 3.5},
    ),
    "behind START and END in one event": (
        f"START RequestId: {ID} Version: 3\nEND RequestId: {ID}\n{HEAD}\tDuration: 3.5 ms",
        {"mendline.duration_ms": 3.5},
    ),
    "JSON": (
        json.dumps(
            {
                "time": "2026-11-23T06:10:02.090Z",
                "type": "platform.report",
                "record": {
                    "requestId": ID,
                    "status": "success",
                    "metrics": {
                        "durationMs": 1233.96,
                        "billedDurationMs": 1698,
                        "memorySizeMB": 256,
                        "maxMemoryUsedMB": 123,
                        "initDurationMs": 463.512,
                    },
                    "tracing": {
                        "spanId": "54565fb41ac79632",
                        "type": "X-Amzn-Trace-Id",
                        "value": f"Root={ROOT};Parent=557abcec3ee5a047;Sampled=1",
                    },
                },
            }
        ),
        _facts(1233.96, 1698.0, 256, 123, **{"mendline.init_ms": 463.512, "mendline.status": "success"}),
    ),
    "JSON of Managed Instances": (
        json.dumps(
            {
                "time": "2026-11-23T06:10:02.090Z",
                "type": "platform.report",
                "record": {"requestId": ID, "status": "success", "metrics": {"durationMs": 12.5}},
            }
        ),
        {"mendline.duration_ms": 12.5, "mendline.status": "success"},
    ),
    "JSON of SnapStart that timed out": (
        json.dumps(
            {
                "type": "platform.report",
                "record": {
                    "requestId": ID,
                    "status": "timeout",
                    "metrics": {"durationMs": 3000.0, "restoreDurationMs": 498.13, "billedRestoreDurationMs": 236},
                },
            }
        ),
        {
            "mendline.duration_ms": 3000.0,
            "mendline.restore_ms": 498.13,
            "mendline.billed_restore_ms": 236.0,
            "mendline.status": "timeout",
            "error.type": "Function.Timeout",
        },
    ),
    "JSON that failed": (
        json.dumps(
            {
                "type": "platform.report",
                "record": {
                    "requestId": ID,
                    "status": "error",
                    "errorType": "Runtime.OutOfMemory",
                    "metrics": {"durationMs": 1},
                },
            }
        ),
        {"mendline.duration_ms": 1.0, "mendline.status": "error", "error.type": "Runtime.OutOfMemory"},
    ),
    "JSON with numbers that are none": (
        '{"type":"platform.report","record":{"requestId":"'
        + ID
        + '","metrics":{"durationMs":NaN,"billedDurationMs":"x",'
        '"memorySizeMB":-5,"maxMemoryUsedMB":1e300,"initDurationMs":true}}}',
        {},
    ),
    "JSON inside JSON": (
        json.dumps(
            {
                "message": json.dumps(
                    {"type": "platform.report", "record": {"requestId": ID, "metrics": {"durationMs": 2}}}
                )
            }
        ),
        {"mendline.duration_ms": 2.0},
    ),
}


@pytest.mark.parametrize(("text", "facts"), REPORTS.values(), ids=REPORTS.keys())
def test_every_variant_of_a_report_is_read_in_all_its_fields(text, facts):
    event = parse_line(text)
    assert isinstance(event, PlatformEvent)
    assert (event.kind, event.request_id) == ("report", ID)
    assert event.facts == facts


@pytest.mark.parametrize("name", ["tabs lost", "X-Ray on the next line", "X-Ray on the same line", "JSON"])
def test_a_traced_report_says_its_trace(name):
    xray = parse_line(REPORTS[name][0]).xray
    assert (xray.trace_id, xray.segment_id, xray.sampled) == (ROOT, "557abcec3ee5a047", True)
    assert trace_of_root(xray.trace_id) == "5759e988bd862e3fe1be46a994272793"
