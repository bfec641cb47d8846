"""Bills, worked out by hand: billed time x dated price, to the cent."""

from __future__ import annotations

import pytest

from mendline.model.bill import Usage, make_bill

MB = 1 / 1024


def fn(gb_s, requests=0, region="eu-central-1", architecture="x86_64", **more):
    return Usage("f", region, architecture, gb_s, requests, **more)


BILLS = {
    # 3,000,000 requests of 120 ms at 512 MB: 3e6 x 0.12 s x 0.5 GB = 180,000 GB-s x 0.0000166667 = 3.000006;
    # 3 x 0.20 = 0.60
    "an API": ([fn(180_000, 3_000_000)], 3.60),
    # the same on arm64: 180,000 x 0.0000133334 = 2.400012; + 0.60
    "an API on arm64": ([fn(180_000, 3_000_000, architecture="arm64")], 3.00),
    # 10 million of 1 ms at 128 MB, each billed as 1 ms: 10e6 x 0.001 x 0.125 = 1,250 GB-s x 0.0000166667 =
    # 0.0208; + 2.00
    "requests cost more than the time": ([fn(1_250, 10_000_000)], 2.02),
    # a nightly job: 30 x 600 s x 3,008 MB / 1024 = 52,875 GB-s x 0.0000166667 = 0.88125; 30 requests
    "a nightly job": ([fn(30 * 600 * 3008 * MB, 30)], 0.88),
    # 7 billion GB-s: 6e9 x 0.0000166667 = 100,000.20; 1e9 x 0.000015 = 15,000.00
    "the second tier": ([fn(7e9)], 115_000.20),
    # 16 billion: 100,000.20 + 9e9 x 0.000015 = 135,000.00 + 1e9 x 0.0000133334 = 13,333.40
    "the third tier": ([fn(16e9)], 248_333.60),
    # arm64, 20 billion: 7.5e9 x 0.0000133334 = 100,000.50; 11.25e9 x 0.0000120001 = 135,001.125; 1.25e9 x
    # 0.0000106667 =
    # 13,333.375
    "the third tier on arm64": ([fn(20e9, architecture="arm64")], 248_335.00),
    # tiers are of the account: two functions of 4e9 are 8e9, 100,000.20 + 2e9 x 0.000015 = 30,000.00
    "two functions share the tiers": ([fn(4e9), fn(4e9)], 130_000.20),
    # but each architecture has its own: 4e9 x 0.0000166667 = 66,666.80; 4e9 x 0.0000133334 = 53,333.60
    "architectures do not share them": ([fn(4e9), fn(4e9, architecture="arm64")], 120_000.40),
    # half a month has half the tier: 4e9 in half a month: 3e9 x 0.0000166667 = 50,000.10; 1e9 x 0.000015 = 15,000.00
    "half a month": ([fn(4e9)], 65_000.10, 0.5),
    # Hong Kong: 180,000 x 0.00002292 = 4.1256; 3e6 x 0.00000028 = 0.84
    "ap-east-1": ([fn(180_000, 3_000_000, "ap-east-1")], 4.97),
    # Cape Town on arm64: 100,000 x 0.00001768 = 1.768; 1e6 x 0.0000002 = 0.20
    "af-south-1 on arm64": ([fn(100_000, 1_000_000, "af-south-1", "arm64")], 1.97),
    # Milan: 100,000 x 0.0000195172 = 1.95172
    "eu-south-1": ([fn(100_000, 0, "eu-south-1")], 1.95),
    # 2 GB of /tmp: (2,048 - 512) / 1,024 = 1.5 GB x 1,000,000 s x 0.0000000309 = 0.04635; 1,000,000 GB-s x
    # 0.0000166667 =
    # 16.6667
    "storage": ([fn(1_000_000, 0, billed_s=1_000_000, ephemeral_mb=2048)], 16.71),
    # 100 environments of 1 GB kept ready for 8 h on 20 days: 100 x 576,000 s = 57.6e6 GB-s x 0.0000041667 = 240.00192;
    # in them 2,000,000 GB-s x 0.0000097222 = 19.4444; 5e6 requests x 0.0000002 = 1.00
    "provisioned": ([fn(2e6, 5_000_000, provisioned_gb_s=57.6e6, provisioned_duration_gb_s=2e6)], 260.45),
    # on arm64: 57.6e6 x 0.0000033334 = 192.00384; 2e6 x 0.0000077778 = 15.5556; + 1.00
    "provisioned on arm64": (
        [fn(2e6, 5_000_000, architecture="arm64", provisioned_gb_s=57.6e6, provisioned_duration_gb_s=2e6)], 208.56,
    ),
    # beyond what is kept ready: 500,000 GB-s x 0.0000166667 = 8.33335 on demand; 1,500,000 x 0.0000097222 = 14.5833
    "provisioned, and more": ([fn(2e6, provisioned_duration_gb_s=1.5e6)], 22.92),
    "nothing": ([], 0.0),
}  # fmt: skip


@pytest.mark.parametrize(("usages", "total", "months"), [(*bill, 1.0)[:3] for bill in BILLS.values()], ids=BILLS)
def test_a_bill_is_right_to_the_cent(usages, total, months):
    bill = make_bill(usages, months=months)
    assert round(bill.total_usd, 2) == pytest.approx(total, abs=0.005)
    assert bill.total_usd == pytest.approx(sum(one.total_usd for one in bill.charges))


def test_regions_whose_further_tiers_are_not_known_are_named():
    assert make_bill([fn(1, region="ap-east-1"), fn(1)]).is_first_tier_only == ("ap-east-1",)
