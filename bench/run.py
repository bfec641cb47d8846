"""Runs the benchmarks, or those named: `make bench ARGS="ingest"`. Each prints ratios measured in one run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
BENCHMARKS = {
    "agent": HERE / "agent" / "cost.py",
    "ingest": HERE / "ingest" / "rate.py",
    "live": HERE / "ingest" / "live.py",
    "peers": HERE / "agent" / "peers.py",
    "query": HERE / "query" / "reading.py",
    "redact": HERE / "ingest" / "redact.py",
}
_USUAL = [name for name in BENCHMARKS if name != "peers"]  # those take half an hour, and packages from PyPI


def main(names: list[str]) -> int:
    """Run them one after the other, each in a process of its own."""
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        print(f"No benchmark is called {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}.", file=sys.stderr)
        return 2
    results = [subprocess.run([sys.executable, str(BENCHMARKS[name])], check=False) for name in names or _USUAL]
    return max(result.returncode for result in results)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
