"""The agent's configuration document: what it may say, its version, its size."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mendline.errors import UsageError
from mendline.model.agent_config import DEFAULT, MOST_BYTES, AgentConfig, header_of, read_agent_config

_KEYS = st.lists(st.from_regex(r"[A-Za-z0-9_]{3,64}", fullmatch=True), max_size=50)
_CONFIGS = st.builds(
    AgentConfig, st.floats(0, 1, allow_nan=False), st.booleans(), st.booleans(), _KEYS.map(tuple), st.booleans()
)  # fmt: skip


@given(_CONFIGS)
def test_document_read_back_is_the_same_configuration(config):
    assert read_agent_config(json.loads(json.dumps(config.document()))) == config


@given(_CONFIGS)
def test_header_is_within_its_size(config):
    header = header_of(config.document())
    assert len(header) <= MOST_BYTES * 4 / 3 + 4
    assert json.loads(base64.b64decode(header)) == config.document()


def test_version_is_of_the_content():
    assert AgentConfig().document()["version"] == DEFAULT.document()["version"]
    assert AgentConfig(sampling_ratio=0.5).document()["version"] != DEFAULT.document()["version"]


def test_what_is_left_out_is_as_by_default():
    assert read_agent_config({}) == DEFAULT
    assert read_agent_config({"capture": {"request": False}}) == AgentConfig(capture_request=False)
    assert read_agent_config({"chaos": None}) == AgentConfig()
    assert read_agent_config({"capture": {"logs": False}}) == AgentConfig(capture_logs=False)


@pytest.mark.parametrize(
    ("document", "named"),
    [
        ([], "object"),
        ({"sampling": 1}, "sampling"),
        ({"sampling": {"ratio": 1.1}}, "sampling.ratio"),
        ({"sampling": {"ratio": True}}, "sampling.ratio"),
        ({"sampling": {"ratio": float("nan")}}, "sampling.ratio"),
        ({"sampling": {"rate": 1}}, "'rate' in sampling"),
        ({"capture": {"request": "yes"}}, "capture.request"),
        ({"capture": {"logs": 1}}, "capture.logs"),
        ({"chaos": {"v": 1, "signed": "e30=", "hmac_sha256": "00"}}, "chaos must be null"),
        ({"redaction": {"keys": "password"}}, "redaction.keys"),
        ({"redaction": {"keys": ["ab"]}}, "redaction.keys"),
        ({"redaction": {"keys": ["key"] * 51}}, "redaction.keys"),
    ],
)
def test_wrong_document_is_refused_and_the_member_named(document, named):
    with pytest.raises(UsageError, match=named.replace(".", r"\.")):
        read_agent_config(document)
