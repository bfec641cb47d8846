"""The agent's redaction and the server's know the same forms: both are held to `forms.toml`."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

from mendline.ingest.redact import Rules, redact
from mendline.model.signal import Signal
from mendline_agent.capture import Capture
from mendline_agent.redaction import Redactor

FORMS = tomllib.loads((Path(__file__).parent / "forms.toml").read_text())
_RULES = Rules()
_REDACTOR = Redactor()


def _of_agent(text: str) -> str:
    return _REDACTOR.text(text)


def _of_capture(text: str) -> str:
    """As the body of a request, behind JSON's quotation marks."""
    return Capture(_REDACTOR).render({"body": text})


def _of_server(text: str) -> str:
    """As the body of a log record, in a request as it comes in."""
    request = ExportLogsServiceRequest()
    request.resource_logs.add().scope_logs.add().log_records.add().body.string_value = text
    cleaned = ExportLogsServiceRequest.FromString(redact(Signal.LOGS, request.SerializeToString(), _RULES).body)
    return str(cleaned.resource_logs[0].scope_logs[0].log_records[0].body.string_value)


SIDES = {"agent": _of_agent, "capture": _of_capture, "server": _of_server}


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("text", FORMS["secret_texts"])
def test_no_secret_is_left_in_a_text(text, side):
    left = SIDES[side](text)
    assert "hunter2" not in left
    assert "[redacted]" in left


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("text", FORMS["secret_numbers"])
def test_no_number_of_a_card_is_left(text, side):
    assert not re.search("[0-9]{4}", SIDES[side](text))


@pytest.mark.parametrize("side", ["agent", "server"])
@pytest.mark.parametrize("text", FORMS["plain_texts"])
def test_what_is_no_secret_stays(text, side):
    assert SIDES[side](text) == text


@pytest.mark.parametrize("side", ["agent", "server"])
def test_keys_are_judged_alike(side):
    judged = {"agent": _REDACTOR.is_secret, "server": lambda key: bool(_RULES.keys.rule(key))}[side]
    assert [key for key in FORMS["secret_keys"] if not judged(key)] == []
    assert [key for key in FORMS["plain_keys"] if judged(key)] == []
