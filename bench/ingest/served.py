"""A server as a process of its own, and what it takes: CPU and memory from /proc, its own metrics over HTTP."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Served:
    """A running server: its process, its addresses, and its data directory."""

    pid: int
    web: str
    otlp: str
    data: Path

    def cpu_seconds(self) -> float:
        """What it has used so far, of all cores."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def rss_mib(self, name: str = "VmRSS") -> float:
        """Its memory; `VmHWM` is the most it ever was."""
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith(f"{name}:"):
                return int(line.split()[1]) / 1024
        return 0.0

    def metric(self, name: str) -> float:
        """The first value of one of its own metrics."""
        with urllib.request.urlopen(f"{self.web}/metrics") as answer:
            for line in answer.read().decode().splitlines():
                if line.startswith(name) and line[len(name)] in " {":
                    return float(line.rpartition(" ")[2])
        return 0.0


@contextmanager
def serving(files: Mapping[str, str] | None = None) -> Iterator[Served]:
    """Serve from an empty directory within the block; `files` are settings that name one, with what it says."""
    with tempfile.TemporaryDirectory(prefix="mendline-bench-") as folder:
        ports = ("--port", "0", "--otlp-http", "0", "--otlp-grpc", "0")
        command = [sys.executable, "-m", "mendline", "serve", *ports, "--data", folder]
        for name, text in (files or {}).items():
            path = Path(folder, f"{name}.toml")
            path.write_text(text)
            command += [f"--{name}", str(path)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            assert process.stdout
            addresses = dict(process.stdout.readline().split() for _ in range(2))
            yield Served(process.pid, addresses["web"], addresses["otlp/http"], Path(folder))
        finally:
            process.terminate()
            process.wait(60)
