"""What AWS Lambda asks for what was used: by list prices, with their tiers. Pure.

Source and date: mendline.model.prices. Prices above the first tier are published for the regions that share the default
prices; where a region has its own, all of it is priced as the first tier, and `is_first_tier_only` says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from mendline.model.prices import (
    ARM_GB_SECOND_BY_REGION,
    EPHEMERAL_GB_SECOND,
    GB_SECOND_BY_REGION,
    PROVISIONED_DURATION_GB_SECOND,
    PROVISIONED_GB_SECOND,
    REQUEST_BY_REGION,
    TIERS,
    USD_PER_REQUEST,
)

_FREE_EPHEMERAL_MB = 512
_OWN_PRICES = {"x86_64": GB_SECOND_BY_REGION, "arm64": ARM_GB_SECOND_BY_REGION}


@dataclass(frozen=True, slots=True)
class Usage:
    """What a function used: billed time in GB-seconds (GB of 1024³ bytes), of it `provisioned_duration` in environments
    that are kept ready, requests, billed seconds for storage, and GB-seconds of what was kept ready."""

    name: str
    region: str
    architecture: str
    gb_s: float
    requests: int
    billed_s: float = 0.0
    ephemeral_mb: float = _FREE_EPHEMERAL_MB
    provisioned_gb_s: float = 0.0
    provisioned_duration_gb_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Charge:
    """What a function costs, by what is charged for, in US dollars."""

    name: str
    compute_usd: float
    requests_usd: float
    storage_usd: float
    provisioned_usd: float

    @property
    def total_usd(self) -> float:
        """All of it."""
        return self.compute_usd + self.requests_usd + self.storage_usd + self.provisioned_usd


@dataclass(frozen=True, slots=True)
class Bill:
    """The charges of all functions; `is_first_tier_only` names regions whose further tiers are not published here."""

    charges: tuple[Charge, ...]
    is_first_tier_only: tuple[str, ...] = ()

    @property
    def total_usd(self) -> float:
        """All of it."""
        return sum(one.total_usd for one in self.charges)


def make_bill(usages: Sequence[Usage], *, months: float = 1.0) -> Bill:
    """The bill of an account. Tiers are of a month, region and architecture, whatever the functions; each function
    bears the mean price of its tiers. `months` is how long the usage was: tiers are as much wider or narrower."""
    mean = {
        place: _tiered(sum(gb_s), *place, months) / sum(gb_s) if sum(gb_s) else 0.0
        for place, gb_s in _by_place(usages).items()
    }
    charges = tuple(_charge(one, mean[one.region, one.architecture]) for one in usages)
    bounded = {one.region for one in usages if one.region in _OWN_PRICES[one.architecture]}
    return Bill(charges, tuple(sorted(bounded)))


def _by_place(usages: Iterable[Usage]) -> Mapping[tuple[str, str], list[float]]:
    found: dict[tuple[str, str], list[float]] = {}
    for one in usages:
        found.setdefault((one.region, one.architecture), []).append(one.gb_s - one.provisioned_duration_gb_s)
    return found


def _tiered(gb_s: float, region: str, architecture: str, months: float) -> float:
    """The price of on-demand time, tier by tier."""
    own = _OWN_PRICES[architecture].get(region)
    if own is not None:
        return gb_s * own
    return sum(
        (min(gb_s, (end or float("inf")) * months) - start * months) * price
        for start, end, price in TIERS[architecture]
        if gb_s > start * months
    )


def _charge(one: Usage, price: float) -> Charge:
    storage_gb_s = max(0.0, one.ephemeral_mb - _FREE_EPHEMERAL_MB) / 1024 * one.billed_s
    return Charge(
        name=one.name,
        compute_usd=(one.gb_s - one.provisioned_duration_gb_s) * price
        + one.provisioned_duration_gb_s * PROVISIONED_DURATION_GB_SECOND[one.architecture],
        requests_usd=one.requests * REQUEST_BY_REGION.get(one.region, USD_PER_REQUEST),
        storage_usd=storage_gb_s * EPHEMERAL_GB_SECOND,
        provisioned_usd=one.provisioned_gb_s * PROVISIONED_GB_SECOND[one.architecture],
    )
