"""Child processes that never outlive us: process groups, parent-death signals, freezing."""

import asyncio
import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def die_with_parent(parent: int) -> Callable[[], None]:
    """What a child runs before exec so that the kernel kills it when its parent ends, even by SIGKILL.

    The signal follows the thread that started the child, so start children from a thread that stays.
    Elsewhere than on Linux there is no such signal, and only an orderly shutdown removes the children.
    """

    def arrange() -> None:
        if _LIBC is not None:
            _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
            if os.getppid() != parent:
                os._exit(1)  # the parent was gone before the signal was armed

    return arrange


def stop_with_parent() -> None:
    """Have the kernel send this process SIGTERM when its parent ends, however that ends (Linux only)."""
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)


class ChildProcess:
    """One child that leads its own process group."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        env: Mapping[str, str],
        cwd: Path | None = None,
        output: int | None = None,
        pass_fds: Sequence[int] = (),
    ) -> None:
        self._popen = subprocess.Popen(  # noqa: S603 - the command is the playground's own
            list(command),
            env=dict(env),
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            pass_fds=tuple(pass_fds),
            start_new_session=True,
            preexec_fn=die_with_parent(os.getpid()),  # noqa: PLW1509 - only prctl, and no lock is taken
        )
        self.pid = self._popen.pid
        self._loop = asyncio.get_running_loop()
        self.exited: asyncio.Future[int] = self._loop.create_future()
        self._watch()

    def _watch(self) -> None:
        if hasattr(os, "pidfd_open"):
            pidfd = os.pidfd_open(self.pid)
            self._loop.add_reader(pidfd, self._ended, pidfd)
        else:
            threading.Thread(target=self._wait, daemon=True).start()

    def _ended(self, pidfd: int) -> None:
        self._loop.remove_reader(pidfd)
        os.close(pidfd)
        self._reap()

    def _wait(self) -> None:
        os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT)
        self._loop.call_soon_threadsafe(self._reap)

    def _reap(self) -> None:
        # What the leader left behind goes with it; while it is not reaped its id cannot be somebody else's.
        self._signal(signal.SIGKILL)
        self._signal(signal.SIGCONT)
        self.exited.set_result(self._popen.wait())

    def freeze(self) -> None:
        """Stop every process of the group."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let a frozen group run on."""
        self._signal(signal.SIGCONT)

    def terminate(self) -> None:
        """Ask every process of the group to end."""
        self._signal(signal.SIGTERM)
        self._signal(signal.SIGCONT)

    async def kill(self) -> int:
        """End the whole group, frozen or not, and return the leader's exit code."""
        self._signal(signal.SIGKILL)
        self._signal(signal.SIGCONT)
        return await asyncio.shield(self.exited)

    def _signal(self, number: signal.Signals) -> None:
        if not self.exited.done():
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, number)


def processes_with(variable: str) -> list[int]:
    """The processes of our own user that were started with `NAME=VALUE` in their environment; Linux only, else none.

    It finds those that have left their group and session, and whose parents are gone.
    """
    wanted = b"\0" + variable.encode() + b"\0"
    found = []
    for entry in Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):
            if wanted in b"\0" + entry.read_bytes():
                found.append(int(entry.parent.name))
    return found
