"""What the host knows about one function: its configuration, its ARN, and the platform's numbers."""

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from mendline_playground.host.refusals import InvalidInvokeError

REGION = "us-east-1"
ACCOUNT = "000000000000"
LATEST = "$LATEST"
"""The version that is not published yet."""

INIT_LIMIT_S = 10.0
"""How long an environment may take until it asks for its first event (Lambda's own limit)."""

RESPONSE_LIMIT_BYTES = 6_291_556
"""The largest response of a synchronous invocation (6 MB and the room that Lambda leaves for its frame)."""

THIS_PYTHON = f"python{sys.version_info.major}.{sys.version_info.minor}"
"""The identifier of the only Python there is: the one that runs the host."""

LogLevel = Literal["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"]

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_NAMED = re.compile(
    r"(?:(?:arn:aws[\w-]*:lambda:[a-z0-9-]+:)?\d{12}:function:)?([A-Za-z0-9_-]{1,64})(?::(\$LATEST|[A-Za-z0-9_-]{1,128}))?"
)


@dataclass(frozen=True, slots=True)
class Function:
    """One version of a function: what to run, where its code is, and its limits.

    `version` is set by the host when it publishes one. `opt_dir` is what `/opt` is on Lambda, the content of layers:
    `extensions`, `python`, `bin`. `tracing` is X-Ray's: `Active` samples what comes without a decision. Log levels hold
    in the JSON format only, as on Lambda. A `dead_letter_arn` gets asynchronous events that failed.
    """

    name: str
    handler: str
    code_dir: Path
    timeout_s: float = 3.0
    memory_mb: int = 128
    env: Mapping[str, str] = field(default_factory=dict)
    version: str = LATEST
    max_environments: int | None = None
    dead_letter_arn: str | None = None
    opt_dir: Path | None = None
    runtime: str = THIS_PYTHON
    tracing: Literal["PassThrough", "Active"] = "PassThrough"
    log_format: Literal["Text", "JSON"] = "Text"
    application_log_level: LogLevel | None = None
    system_log_level: LogLevel = "INFO"

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ValueError(f"{self.name!r} is no function name: use letters, digits, '-' and '_', at most 64.")
        if self.timeout_s <= 0:
            raise ValueError(f"The timeout of {self.name} must be more than 0 seconds, not {self.timeout_s}.")

    @property
    def arn(self) -> str:
        """The unqualified ARN in the playground's only account and region."""
        return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{self.name}"

    @property
    def log_group(self) -> str:
        """The name of its log group."""
        return f"/aws/lambda/{self.name}"


def parse_function_name(text: str) -> tuple[str, str | None]:
    """The name and the qualifier in what Invoke takes for a function: `name`, `name:qualifier`, a whole or part ARN."""
    found = _NAMED.fullmatch(text)
    if found is None:
        raise InvalidInvokeError(f"{text!r} is neither the name nor the ARN of a function.")
    return found[1], found[2]
