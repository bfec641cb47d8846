"""What AWS Lambda costs: list prices of the first tier, x86, by region.

Source: AWS Price List API, offer AWSLambda, publication 2026-09-19. Tiers above 6 billion GB-seconds a month, the free
tier, and savings plans depend on the whole account and are left out: an estimate from above.
"""

from __future__ import annotations

USD_PER_GB_SECOND = 1.66667e-05
USD_PER_REQUEST = 2e-07
GB_SECOND_BY_REGION = {
    "af-south-1": 2.21e-05,
    "ap-east-1": 2.292e-05,
    "eu-south-1": 1.95172e-05,
    "me-central-1": 2.06667e-05,
    "me-south-1": 2.06667e-05,
}
REQUEST_BY_REGION = {"ap-east-1": 2.8e-07}


def cost_usd(billed_gb_seconds: float, invocations: int, region: str) -> float:
    """The estimated price, in US dollars, of so much billed time and so many requests."""
    return billed_gb_seconds * GB_SECOND_BY_REGION.get(region, USD_PER_GB_SECOND) + invocations * REQUEST_BY_REGION.get(
        region, USD_PER_REQUEST
    )
