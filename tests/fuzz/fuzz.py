"""Fuzz one target, or each in turn, for some seconds with atheris: `fuzz.py [TARGET …] [--seconds N]`.

A crash, a hang of over 5 s or 1 GiB of memory ends it with status 1 and leaves the input in `crashes/`; mend it and
move the input to the corpus.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
NAMES = ("protobuf", "json", "inflate", "lines", "cloudwatch", "query")


def _fuzz_here(name: str, folders: list[str], seconds: int) -> None:
    """Fuzz in this process, which libFuzzer ends."""
    import atheris

    with atheris.instrument_imports(include=["mendline"]):
        sys.path.insert(0, str(HERE))
        from targets import TARGETS
    crashes = HERE / "crashes"
    crashes.mkdir(exist_ok=True)
    limits = [
        f"-max_total_time={seconds}",
        "-timeout=5",
        "-rss_limit_mb=1024",
        "-max_len=65536",
        "-print_final_stats=1",
    ]
    atheris.Setup([sys.argv[0], *limits, f"-artifact_prefix={crashes}/{name}-", *folders], TARGETS[name])
    atheris.Fuzz()


def main() -> int:
    """Fuzz the targets that were named, each in a process of its own; answers the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=", ".join(NAMES))
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    unknown = set(given.targets) - set(NAMES)
    if unknown:
        parser.error(f"there is no target {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}")
    if given.here:
        (name,) = given.targets
        with tempfile.TemporaryDirectory(prefix="mendline-fuzz-") as found:
            _fuzz_here(name, [found, str(HERE / "corpus" / name)], given.seconds)
        return 0
    failed = [
        name
        for name in given.targets or NAMES
        if subprocess.run(
            [sys.executable, __file__, name, "--here", "--seconds", str(given.seconds)], check=False
        ).returncode
    ]
    print(f"fuzz: {'failed: ' + ', '.join(failed) if failed else 'nothing found'}")  # noqa: T201 - a command
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
