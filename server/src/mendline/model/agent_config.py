"""The agent's configuration document: what a server may change in running agents without a deployment.

One JSON object, at most 4 KiB, the same for all functions of a project:

    {"version": "9c1d03b4a2e7", "sampling": {"ratio": 1.0}, "redaction": {"keys": []},
     "capture": {"request": true, "response": true, "logs": true}, "chaos": null}

`chaos` is what an environment that takes part in experiments is ordered, signed (docs/chaos.md); null for all others.
`version` is made of the content, so that equal documents have equal versions.
An agent ignores members that it does not know. What a document leaves out is as in DEFAULT.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mendline.errors import UsageError

MOST_BYTES = 4096
VERSION_HEADER = "mendline-config-version"
DOCUMENT_HEADER = "mendline-config"
CHAOS_HEADER = "mendline-chaos"
_CAPTURED = ("request", "response", "logs")
_MOST_KEYS = 50
_KEY = re.compile(r"[_. -]*+(?:[A-Za-z0-9][_. -]*+){3,64}", re.ASCII)
_LONGEST_KEY = 64
KEY_RULE = "a key has 3 to 64 letters and digits, with _ - . or blanks"


@dataclass(frozen=True, slots=True)
class AgentConfig:
    """`sampling_ratio` is the share of successful invocations whose inner spans are kept, 0 to 1 (failed and slow ones
    always are); `capture_request`, `capture_response` and `capture_logs` say whether they are recorded and sent;
    `redact_keys` are further names whose values are secret."""

    sampling_ratio: float = 1.0
    capture_request: bool = True
    capture_response: bool = True
    redact_keys: tuple[str, ...] = ()
    capture_logs: bool = True

    def document(self, chaos: Mapping[str, str] | None = None) -> dict[str, Any]:
        """The JSON object, with its version; `chaos` is what the one who asks is ordered."""
        content = {
            "sampling": {"ratio": self.sampling_ratio},
            "capture": {
                "request": self.capture_request,
                "response": self.capture_response,
                "logs": self.capture_logs,
            },
            "redaction": {"keys": list(self.redact_keys)},
            "chaos": chaos,
        }
        canonical = json.dumps(content, sort_keys=True, separators=(",", ":"))
        return {"version": hashlib.sha256(canonical.encode()).hexdigest()[:12], **content}


def is_key(key: str) -> bool:
    """Whether this can be named as a key whose values are secret: of two letters half of all telemetry would go."""
    return len(key) <= _LONGEST_KEY and _KEY.fullmatch(key) is not None


def header_of(document: Mapping[str, Any]) -> str:
    """The document as the header `mendline-config` carries it: base64 of JSON."""
    return base64.b64encode(json.dumps(document, separators=(",", ":")).encode()).decode()


DEFAULT = AgentConfig()


def read_agent_config(document: Any) -> AgentConfig:
    """A configuration from its JSON object; `version` may be there and is not looked at.

    Raises UsageError, which names the member that is wrong and what it may be.
    """
    top = _members(document, "the document", ("version", "sampling", "capture", "redaction", "chaos"))
    if top.get("chaos") is not None:
        raise UsageError("The agent's configuration: chaos must be null; `mendline chaos run` begins experiments.")
    sampling = _members(top.get("sampling", {}), "sampling", ("ratio",))
    capture = _members(top.get("capture", {}), "capture", _CAPTURED)
    redaction = _members(top.get("redaction", {}), "redaction", ("keys",))
    ratio = sampling.get("ratio", DEFAULT.sampling_ratio)
    if isinstance(ratio, bool) or not isinstance(ratio, (int, float)) or not 0 <= ratio <= 1:
        raise UsageError(f"sampling.ratio is {_shown(ratio)}; it must be a number from 0 to 1.")
    switches = {name: capture.get(name, True) for name in _CAPTURED}
    for name, value in switches.items():
        if not isinstance(value, bool):
            raise UsageError(f"capture.{name} is {_shown(value)}; it must be true or false.")
    keys = redaction.get("keys", [])
    if not isinstance(keys, list) or len(keys) > _MOST_KEYS:
        raise UsageError(f"redaction.keys must be a list of at most {_MOST_KEYS} names.")
    for key in keys:
        if not isinstance(key, str) or not is_key(key):
            raise UsageError(f"redaction.keys holds {_shown(key)}; {KEY_RULE}.")
    return AgentConfig(float(ratio), switches["request"], switches["response"], tuple(keys), switches["logs"])


def _members(value: Any, where: str, known: tuple[str, ...]) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise UsageError(f"The agent's configuration: {where} must be an object, not {_shown(value)}.")
    unknown = [name for name in value if name not in known]
    if unknown:
        raise UsageError(
            f"The agent's configuration: '{str(unknown[0])[:60]}' in {where} is not known;"
            f" known are {', '.join(known)}."
        )
    return value


def _shown(value: Any) -> str:
    return json.dumps(value)[:60]
