"""Numbers on the command line, with the bounds that they have and words for those that are none."""

import argparse
import math
from collections.abc import Callable


def number(least: float, most: float = math.inf) -> Callable[[str], float]:
    """A reader of numbers from `least` to `most`, for argparse."""

    def read(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"it is {text!r}; it must be a number.") from None
        if not (math.isfinite(value) and least <= value <= most):
            raise argparse.ArgumentTypeError(f"it is {text}; it must be {_range(least, most)}.")
        return value

    return read


def whole(least: int, most: float = math.inf) -> Callable[[str], int]:
    """A reader of whole numbers from `least` to `most`, for argparse."""

    bounded = number(least, most)

    def read(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"it is {text!r}; it must be a whole number.") from None
        return int(bounded(str(value)))

    return read


def _range(least: float, most: float) -> str:
    return f"{least:g} to {most:g}" if math.isfinite(most) else f"{least:g} or more"
