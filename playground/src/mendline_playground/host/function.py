"""What the host knows about one function: its configuration, its ARN, and the platform's numbers."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

REGION = "us-east-1"
ACCOUNT = "000000000000"

INIT_LIMIT_S = 10.0
"""How long an environment may take until it asks for its first event (Lambda's own limit)."""

RESPONSE_LIMIT_BYTES = 6_291_556
"""The largest response of a synchronous invocation (6 MB and the room that Lambda leaves for its frame)."""

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True)
class Function:
    """One function as deployed: what to run, where its code is, and its limits."""

    name: str
    handler: str
    code_dir: Path
    timeout_s: float = 3.0
    memory_mb: int = 128
    env: Mapping[str, str] = field(default_factory=dict)
    version: str = "$LATEST"
    max_environments: int | None = None

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
