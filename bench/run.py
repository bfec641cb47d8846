"""Runs the benchmarks, or those named: `make bench ARGS="ingest"`. Each prints ratios measured in one run.

What follows the names and begins with a dash is passed on: `make bench ARGS="query --data DIR"`.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
BENCHMARKS = {
    "agent": HERE / "agent" / "cost.py",
    "demo": HERE / "demo" / "memory.py",
    "explain": HERE / "explain" / "accuracy.py",
    "history": HERE / "demo" / "history.py",
    "ingest": HERE / "ingest" / "rate.py",
    "alerts": HERE / "alerting" / "policies.py",
    "ledger": HERE / "watch" / "ledger.py",
    "live": HERE / "ingest" / "live.py",
    "peers": HERE / "agent" / "peers.py",
    "poison": HERE / "watch" / "poison.py",
    "query": HERE / "query" / "answers.py",
    "redact": HERE / "ingest" / "redact.py",
    "trickle": HERE / "ingest" / "trickle.py",
}
_USUAL = [
    name for name in BENCHMARKS if name not in ("alerts", "demo", "explain", "ledger", "peers", "poison", "query")
]  # these take long, or much


def main(arguments: list[str]) -> int:
    """Run them one after the other, each in a process of its own."""
    if arguments and arguments[0] in ("-h", "--help"):
        print(f"{__doc__}\nThere are {', '.join(BENCHMARKS)}; without a name, {', '.join(_USUAL)}.")
        return 0
    flags_at = next((at for at, word in enumerate(arguments) if word.startswith("-")), len(arguments))
    names, flags = arguments[:flags_at], arguments[flags_at:]
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        print(f"No benchmark is called {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}.", file=sys.stderr)
        return 2
    results = [subprocess.run([sys.executable, str(BENCHMARKS[name]), *flags], check=False) for name in names or _USUAL]
    return max(abs(result.returncode) for result in results)  # that of one that was killed is negative


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
