"""Tests of the language as scripts that read like its specification: what was sent, what is asked, what is answered.

    load
      FUNCTION LENGTH [at -5m] [failed TYPE] [cold] [of TRACE] [KEY=VALUE …]             an invocation
      FUNCTION call LENGTH TYPE NAME OPERATION [at -5m] [failed TYPE] [of TRACE] [KEY=VALUE …]
      FUNCTION log LEVEL TEXT [at -5m] [KEY=VALUE …]
    since -7d                                             the range of what follows; at first the last hour
    query TEXT
    expect rows                                           in their order; - is no value, times are told as -5m
      VALUE …
    expect error CODE at L:C

The present is the last full hour, so that moments do not depend on when a script runs.
"""

from __future__ import annotations

import itertools
import re
import shlex
import time
from datetime import UTC, datetime

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from otlp_requests import LAMBDA, any_value, pairs, request_of

from mendline.errors import QueryTextError
from mendline.insight.answers import answer
from mendline.insight.evaluations import Question
from mendline.model.signal import Signal
from mendline.model.timerange import parse_range

_UNITS = {"ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9, "d": 86400 * 10**9}
_LENGTH = re.compile(r"(\d+)(ms|s|m|h|d)")
_LEVELS = {"trace": 1, "debug": 5, "info": 9, "warn": 13, "error": 17, "fatal": 21}


def run(script, store, tell):
    """Runs a script; answers (line, expected, found) of each expectation."""
    present = datetime.fromtimestamp(time.time() // 3600 * 3600, UTC)
    since, asked, numbers = "-1h", "", itertools.count(1)
    for number, head, block in _blocks(script):
        word, _, rest = head.partition(" ")
        if word == "load":
            tell([_request(shlex.split(line), present, next(numbers)) for line in block])
        elif word == "since":
            since = rest
        elif word == "query":
            asked = "\n".join([rest, *block])
        else:
            yield number, [rest, *(shlex.split(line) for line in block)], _found(store, asked, since, present, rest)


def _blocks(script):
    """(line number, first line, indented lines) of each statement."""
    heads = []
    for number, line in enumerate(script.splitlines(), 1):
        if line.strip() and not line.startswith("#"):
            if line.startswith(" "):
                heads[-1][2].append(line.strip())
            else:
                heads.append((number, line.strip(), []))
    return heads


def _found(store, text, since, present, expected):
    try:
        told = answer(store, Question(text, parse_range(since, None, present), present))
    except QueryTextError as error:
        return [f"error {error.code} at {error.line}:{error.column}"]
    return ["rows", *([_cell(value, present) for value in row] for row in told.rows)]


def _cell(value, present):
    if value is None or value == "":
        return "-"
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\dT.*Z", value):
        return f"-{(present - datetime.fromisoformat(value)).total_seconds() / 60:g}m"
    return f"{value:g}" if isinstance(value, (int, float)) else str(value)


def _request(words, present, number):
    function, *words = words
    kind = words.pop(0) if words[0] in ("call", "log") else "invocation"
    facts = [words.pop(0) for _ in range({"invocation": 1, "call": 4, "log": 2}[kind])]
    told, attributes = {}, {}
    while words:
        word = words.pop(0)
        if "=" in word:
            key, _, value = word.partition("=")
            attributes[key] = int(value) if value.isdigit() else value
        else:
            told[word] = True if word == "cold" else words.pop(0)
    at = int(present.timestamp()) * 10**9 - _ns(told.get("at", "-1m").lstrip("-"))
    resource = LAMBDA | {"service.name": function, "faas.name": function}
    if kind == "log":
        return Signal.LOGS, _log(facts, at, resource, attributes)
    trace = int(told.get("of", number))
    span = {"start": at, "trace_id": trace.to_bytes(16, "big"), "span_id": number.to_bytes(8, "big"), "name": function,
            "duration": _ns(facts[0]), "status": 2 if "failed" in told else 0}  # fmt: skip
    if "failed" in told:
        attributes["error.type"] = told["failed"]
    if kind == "invocation":
        attributes |= {"faas.invocation_id": f"r{number}", "faas.coldstart": "cold" in told}
    else:
        names = zip(("type", "name", "operation"), facts[1:], strict=True)
        attributes |= {f"mendline.resource.{name}": fact for name, fact in names}
    span |= {"kind": 2 if kind == "invocation" else 3, "attributes": attributes}
    return Signal.TRACES, request_of([span], resource)


def _log(facts, at, resource, attributes):
    message = ExportLogsServiceRequest()
    group = message.resource_logs.add()
    group.resource.attributes.extend(pairs(resource))
    record = group.scope_logs.add().log_records.add(time_unix_nano=at, severity_number=_LEVELS[facts[0]])
    record.body.CopyFrom(any_value(facts[1]))
    record.attributes.extend(pairs(attributes))
    return message.SerializeToString()


def _ns(text):
    return sum(int(count) * _UNITS[unit] for count, unit in _LENGTH.findall(text))
