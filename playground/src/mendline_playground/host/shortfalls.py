"""What this machine cannot do of what Lambda does, each in a sentence for a person."""

import os
from pathlib import Path


def shortfalls(proc: Path = Path("/proc")) -> list[str]:
    """Nothing on an ordinary Linux machine, with or without root."""
    own = proc / str(os.getpid())
    if not (own / "status").exists():
        return ["memory is neither measured nor limited here, because only Linux tells it for each process"]
    if not list(own.glob("task/*/children")):
        return ["memory of processes that a function starts is not counted: this kernel does not tell whose they are"]
    return []
