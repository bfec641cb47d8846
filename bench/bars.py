"""The bars that benchmarks are held to, and how far a measurement may miss one before it counts: machines are noisy."""

from __future__ import annotations

import argparse

WIDE_MARGIN = 0.2


def at_least_one(text: str) -> int:
    """A number for a flag, of rounds or requests."""
    if text.isascii() and text.isdigit() and 1 <= int(text) < 10**12:
        return int(text)
    raise argparse.ArgumentTypeError(f"'{text[:40]}' is no number from 1")


class Bars:
    """Collects what was measured beside what it should be."""

    def __init__(self) -> None:
        self._missed_widely = False

    def hold(self, what: str, measured: float, bar: float, *, at_most: bool) -> None:
        """Print whether a bar is met; `at_most` says that less is better."""
        met = measured <= bar if at_most else measured >= bar
        over = measured / bar - 1 if at_most else 1 - measured / bar
        wide = not met and over > WIDE_MARGIN
        self._missed_widely |= wide
        verdict = "pass" if met else "FAIL" if wide else "missed, within noise"
        print(f"bar: {what}: {measured:,.4g}, {'at most' if at_most else 'at least'} {bar:,.4g}: {verdict}")

    @property
    def status(self) -> int:
        """The exit status: 1 when a bar was missed by more than the margin."""
        return int(self._missed_widely)
