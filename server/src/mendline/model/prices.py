"""What AWS Lambda costs: list prices, by region and architecture. The one place in which prices stand.

Source: AWS Price List API, offer AWSLambda, publication 2026-09-19. The free tier and savings plans are left out: an
estimate from above. GB-seconds are of 1024³ bytes.
"""

from __future__ import annotations

PUBLISHED = "2026-09-19"
USD_PER_GB_SECOND = 1.66667e-05
USD_PER_REQUEST = 2e-07
TIERS: dict[str, tuple[tuple[float, float | None, float], ...]] = {
    "x86_64": ((0, 6e9, 1.66667e-05), (6e9, 15e9, 1.5e-05), (15e9, None, 1.33334e-05)),
    "arm64": ((0, 7.5e9, 1.33334e-05), (7.5e9, 18.75e9, 1.20001e-05), (18.75e9, None, 1.06667e-05)),
}
"""By architecture: from so many GB-seconds a month, to so many, the price of one."""
GB_SECOND_BY_REGION = {
    "af-south-1": 2.21e-05,
    "ap-east-1": 2.292e-05,
    "eu-south-1": 1.95172e-05,
    "me-central-1": 2.06667e-05,
    "me-south-1": 2.06667e-05,
}
"""Of x86, where it differs; first tier."""
ARM_GB_SECOND_BY_REGION = {
    "af-south-1": 1.768e-05,
    "ap-east-1": 1.83e-05,
    "eu-south-1": 1.56138e-05,
    "me-central-1": 1.65334e-05,
    "me-south-1": 1.65334e-05,
}
REQUEST_BY_REGION = {"ap-east-1": 2.8e-07}
EPHEMERAL_GB_SECOND = 3.09e-08
"""Of storage in /tmp above 512 MB."""
PROVISIONED_GB_SECOND = {"x86_64": 4.1667e-06, "arm64": 3.3334e-06}
"""Of what is kept ready, used or not."""
PROVISIONED_DURATION_GB_SECOND = {"x86_64": 9.7222e-06, "arm64": 7.7778e-06}
"""Of time in environments that are kept ready."""


def cost_usd(billed_gb_seconds: float, invocations: int, region: str) -> float:
    """The estimated price, in US dollars, of so much billed time and so many requests: first tier, x86."""
    return billed_gb_seconds * GB_SECOND_BY_REGION.get(region, USD_PER_GB_SECOND) + invocations * REQUEST_BY_REGION.get(
        region, USD_PER_REQUEST
    )
