"""The `mendline` command in processes that have its imports already: they are most of what a start takes."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import threading
from multiprocessing.connection import Connection
from typing import IO

from mendline.cli.main import main

_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload(["mendline.app.serve", "mendline.store", "mendline.cli.main", "mendline.store.state"])


class Forked:
    """`mendline ARGUMENTS`, with `environ` added to the environment; has what `subprocess.Popen` has."""

    def __init__(self, *arguments: str, **environ: str) -> None:
        out, err = (_forks.Pipe(duplex=False) for _ in range(2))
        self.arguments = arguments
        self._process = _forks.Process(
            target=_run, args=((out[1], err[1]), [*arguments], {**os.environ, **environ}), daemon=True
        )
        self._process.start()
        self.stdout, self.stderr = (_reader(*ends) for ends in (out, err))
        assert self._process.pid is not None
        self.pid = self._process.pid

    def poll(self) -> int | None:
        """The exit status, negative for a signal; None while it runs."""
        return self._process.exitcode

    def wait(self, seconds: float) -> int:
        """The exit status, once it has ended."""
        self._process.join(seconds)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired(f"mendline {' '.join(self.arguments)}", seconds)
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        """As a terminal or an operator does."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """End it as a crash does."""
        self._process.kill()


def _reader(kept: Connection, given: Connection) -> IO[str]:
    """What is written at the given end, which is the other process's alone from now on."""
    given.close()
    with kept:
        return os.fdopen(os.dup(kept.fileno()), encoding="utf-8")


def _run(ends: tuple[Connection, Connection], arguments: list[str], environ: dict[str, str]) -> None:
    os.environ.clear()
    os.environ.update(environ)
    for end, stream in zip(ends, (sys.stdout, sys.stderr), strict=True):
        os.dup2(end.fileno(), stream.fileno())
        end.close()
    sys.argv = ["mendline", *arguments]
    sys.exit(main(arguments))


def run_mendline(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """`mendline ARGUMENTS` to its end, with `environ` added to the environment."""
    process = Forked(*arguments, **environ)
    told = ["", ""]

    def read(number: int, stream: IO[str]) -> None:
        with stream:
            told[number] = stream.read()

    readers = [
        threading.Thread(target=read, args=(number, stream))
        for number, stream in enumerate((process.stdout, process.stderr))
    ]
    for reader in readers:
        reader.start()
    try:
        status = process.wait(90)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
    finally:
        for reader in readers:
            reader.join()
    return subprocess.CompletedProcess(arguments, status, *told)
