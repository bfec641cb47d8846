"""What the demo takes of a machine while it lives: memory of each part and how it grows, and cores.

`make bench ARGS="demo --minutes 150"`; what follows `--` is passed on to the demo. Memory is what processes made
themselves (anonymous, what they share counted once), without code and files, whose pages the system takes back when it
needs room. Growth is the slope from the time on when all functions have been started, and all that is kept for an hour
(records of streams, objects, orders) has been filled: what grows until then is no leak, and says nothing of a day.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from statistics import linear_regression

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bars import Bars

LISTENERS = 3
EVERY_S = 5.0
MOST_MB, MOST_CORES, DAY_H = 2048.0, 1.0, 24
FILLED_H, LEAST_MINUTES = 65 / 60, 120
PARTS = ("server", "playground", "local AWS", "functions")
_TICKS = 100.0


def main() -> int:
    """Run the demo, look at it, and say what it took; 1 when a bar was missed widely."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=150.0, help="how long (default: 150)")
    parser.add_argument("more", nargs="*", help="flags of the demo, after --")
    parsed = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="mendline-bench-demo-") as folder:
        command = [sys.executable, "-m", "mendline", "demo", "--data", f"{folder}/data", "--history", "0"]
        command += ["--port", "0", "--otlp-http", "0", "--otlp-grpc", "0", "--playground-port", "0", *parsed.more]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as demo:
            try:
                assert demo.stdout is not None
                for _ in range(LISTENERS + 1):
                    demo.stdout.readline()
                return _look(demo.pid, parsed.minutes * 60)
            finally:
                demo.terminate()
                demo.wait(30)


def _look(pid: int, seconds: float) -> int:
    began, cpu_began_s = time.monotonic(), sum(_cpu_s(one) for one in _tree(pid))
    rows: list[tuple[float, dict[str, float]]] = []
    gone_s: dict[int, float] = {}
    while (passed := time.monotonic() - began) < seconds:
        sizes: dict[str, float] = defaultdict(float)
        for one in _tree(pid):
            sizes[_part(one, pid)] += _pss_mb(one)
            gone_s[one] = _cpu_s(one) or gone_s.get(one, 0.0)  # of those that ended, what was seen last
        rows.append((passed / 3600, sizes))
        time.sleep(EVERY_S)
    cores = (sum(gone_s.values()) - cpu_began_s) / (time.monotonic() - began)
    return _tell(rows, cores)


def _tell(rows: list[tuple[float, dict[str, float]]], cores: float) -> int:
    late = [row for row in rows if row[0] >= FILLED_H] or rows[len(rows) * 2 // 5 :]
    hours = [at for at, _ in late]
    print(f"demo, {rows[-1][0] * 60:.0f} minutes: memory in MB, and how it grows in the last {len(late)} looks")
    end_mb = after_mb = 0.0
    for part in PARTS:
        slope = linear_regression(hours, [sizes[part] for _, sizes in late]).slope
        now_mb = sum(sizes[part] for _, sizes in late[-5:]) / 5
        end_mb += now_mb
        after_mb += now_mb + max(0.0, slope) * DAY_H
        print(f"  {part:11} {now_mb:7.0f}   {slope:+8.1f} an hour")
    print(f"  {'together':11} {end_mb:7.0f}")
    bars = Bars()
    if rows[-1][0] * 60 >= LEAST_MINUTES - 1:
        bars.hold(f"memory after {DAY_H} hours at that slope, MB", after_mb, MOST_MB, at_most=True)
    else:
        print(f"in less than {LEAST_MINUTES} minutes what is kept is filled: nothing is said of growth")
    bars.hold("cores", cores, MOST_CORES, at_most=True)
    return bars.status


def _tree(pid: int) -> list[int]:
    children: dict[int, list[int]] = defaultdict(list)
    for path in Path("/proc").glob("[0-9]*/stat"):
        fields = _read(path).rpartition(")")[2].split()
        if fields:
            children[int(fields[1])].append(int(path.parent.name))
    found = [pid]
    for one in found:
        found += children[one]
    return found


def _part(one: int, pid: int) -> str:
    command = _read(Path(f"/proc/{one}/cmdline")).replace("\0", " ")
    if one == pid:
        return "server"
    if "mendline_playground run" in command:
        return "playground"
    return "local AWS" if "emulator/launch.py" in command else "functions"


def _pss_mb(pid: int) -> float:
    for line in _read(Path(f"/proc/{pid}/smaps_rollup")).splitlines():
        if line.startswith("Pss_Anon:"):
            return int(line.split()[1]) / 1024
    return 0.0


def _cpu_s(pid: int) -> float:
    fields = _read(Path(f"/proc/{pid}/stat")).rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS if fields else 0.0


def _read(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""  # it has ended


if __name__ == "__main__":
    sys.exit(main())
