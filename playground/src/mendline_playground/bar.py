"""A progress bar on a terminal; elsewhere a line now and then."""

import sys
import time
from typing import TextIO

_WIDTH = 25


class Bar:
    """Draws how far something is; `title` says what."""

    def __init__(self, title: str, stream: TextIO | None = None) -> None:
        self._title = title
        self._stream = stream or sys.stderr
        self._began = time.monotonic()
        self._shown = -1
        self._is_terminal = self._stream.isatty()

    def show(self, done: float, total: float, about: str) -> None:
        """Draw it, if there is something new to say; `about` says more."""
        percent = int(100 * done / total) if total else 100
        step = percent if self._is_terminal else percent // 5
        if step == self._shown:
            return
        self._shown = step
        share = done / total if total else 1.0
        left_s = (time.monotonic() - self._began) * (1 - share) / share if share else None
        filled = "█" * (percent * _WIDTH // 100)
        left = "" if left_s is None else f", about {left_s:.0f} s left"
        text = f"{self._title} {filled:░<{_WIDTH}} {percent:3d} %  {about}{left}"
        self._write(text, last=False)

    def end(self, text: str) -> None:
        """Say how it ended, in the bar's place."""
        self._write(text, last=True)

    def _write(self, text: str, *, last: bool) -> None:
        if self._is_terminal:
            self._stream.write(f"\r{text:<100}" + ("\n" if last else ""))
        else:
            self._stream.write(f"{text}\n")
        self._stream.flush()
