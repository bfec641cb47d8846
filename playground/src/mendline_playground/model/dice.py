"""Seeded chance: the same seed and block of time give the same dice, whatever was asked before."""

import math
from random import Random


class Dice:
    """Chance for one block of time."""

    __slots__ = ("_gauss", "_random", "bits", "random")

    def __init__(self, seed: int, block: int) -> None:
        self._random = Random(seed * 1_000_003 + block)  # noqa: S311 - reproducible, no secrets
        self._gauss = self._random.gauss
        self.random = self._random.random
        self.bits = self._random.getrandbits

    def span_id(self) -> bytes:
        """Eight bytes, never all zeros."""
        return (self.bits(64) | 1).to_bytes(8, "big")

    def trace_id(self) -> bytes:
        """Sixteen bytes, never all zeros."""
        return (self.bits(128) | 1).to_bytes(16, "big")

    def uuid(self) -> str:
        """A text in the form of a UUID."""
        text = f"{self.bits(128):032x}"
        return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:]}"

    def latency_ns(self, median_ms: float, sigma: float) -> int:
        """A log-normal length of time."""
        return int(median_ms * 1e6 * math.exp(sigma * self._gauss(0.0, 1.0)))

    def exponential_ns(self, mean_s: float) -> int:
        """An exponential length of time."""
        return int(self._random.expovariate(1.0) * mean_s * 1e9)

    def poisson(self, mean: float) -> int:
        """How many events there are where `mean` are expected (Knuth; large means in parts)."""
        count = 0
        while mean > 30:
            mean -= 30
            count += self.poisson(30)
        limit, product = math.exp(-mean), self.random()
        while product > limit:
            count += 1
            product *= self.random()
        return count

    def pick(self, names: list[str], cumulative: list[float]) -> str:
        """One of the names; `cumulative` are the ends of their shares of 1."""
        draw = self.random()
        for name, end in zip(names, cumulative, strict=True):
            if draw < end:
                return name
        return names[-1]

    def between(self, least: int, most: int) -> int:
        """A whole number from least to most."""
        return least + int(self.random() * (most - least + 1))
