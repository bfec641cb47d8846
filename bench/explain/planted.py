"""Rows with a planted cause: 27 attributes as invocations have them, of which one, or two together, make rows bad.

The eight kinds are those by which explanations of outliers are compared: a value of few or of half the rows, a rare
user, a key that is there or is not, a number above a cut, two values together, and a cold start.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass

Row = dict[str, str | int | float | bool]

KINDS = (
    "single value",
    "common value",
    "rare user",
    "key present",
    "key absent",
    "numeric cut",
    "pair",
    "cold start",
)


@dataclass(frozen=True, slots=True)
class Planted:
    """The rows, the indexes of those that a person would select as bad, and the cause as (attribute, op) to find."""

    rows: list[Row]
    selected: list[int]
    truth: frozenset[tuple[str, str]]


def plant(kind: str, seed: int, size: int = 1000, strength: float = 0.6, noise: float = 0.004) -> Planted:
    """One data set. A row of the cause is bad with chance `strength`, any other with chance `noise`."""
    dice = random.Random(f"{kind}/{seed}")
    rows = [_row(dice) for _ in range(size)]
    truth, holds = _CAUSES[kind](rows, dice)
    bad = [dice.random() < (strength if holds(row) else noise) for row in rows]
    return Planted(rows, [index for index, one in enumerate(bad) if one], truth)


def chance_selection(seed: int, size: int = 1000, share: float = 0.05) -> Planted:
    """Rows of which some are selected for no reason at all."""
    dice = random.Random(f"chance/{seed}")
    rows = [_row(dice) for _ in range(size)]
    return Planted(rows, sorted(dice.sample(range(size), round(size * share))), frozenset())


def _row(dice: random.Random) -> Row:
    region = dice.choices(("eu-west-1", "eu-central-1", "us-east-1"), (5, 3, 2))[0]
    row: Row = {
        "cloud.region": region,
        "cloud.availability_zone": region + dice.choices("abc", (8, 1, 1))[0],
        "faas.version": dice.choices(("41", "42", "43"), (1, 6, 3))[0],
        "faas.coldstart": dice.random() < 0.04,
        "faas.trigger": dice.choices(("http", "pubsub", "timer"), (6, 3, 1))[0],
        "service.name": dice.choices(("checkout", "price", "stock", "notify"), (4, 3, 2, 1))[0],
        "deployment.environment": dice.choices(("prod", "staging"), (9, 1))[0],
        "http.request.method": dice.choices(("GET", "POST", "PUT"), (6, 3, 1))[0],
        "http.route": f"/{dice.choices(('orders', 'items', 'carts', 'users', 'search'), (5, 4, 3, 2, 1))[0]}",
        "http.response.status_code": dice.choices((200, 201, 404), (8, 1, 1))[0],
        "tenant": f"t{min(39, int(dice.expovariate(0.12)))}",
        "user.id": f"u{min(299, int(dice.paretovariate(0.6)))}",
        "aws.dynamodb.table": dice.choices(("orders", "items", "sessions"), (5, 3, 2))[0],
        "server.address": dice.choices(("api.cards.example", "api.mail.example", "api.geo.example"), (5, 4, 1))[0],
        "runtime": dice.choices(("python3.11", "python3.12"), (7, 3))[0],
        "build": f"b{dice.randrange(12)}",
        "host": f"ip-10-0-{dice.randrange(60)}",
        "request_id": f"{dice.getrandbits(64):016x}",
        "trace_id": f"{dice.getrandbits(128):032x}",
        "cart.items": 1 + int(dice.expovariate(0.2)),
        "payload.bytes": int(dice.lognormvariate(7, 1)),
        "memory.used_mb": round(dice.gauss(180, 25), 1),
        "queue.wait_ms": round(dice.expovariate(0.01), 1),
        "batch.size": dice.randint(1, 10),
    }
    if dice.random() < 0.05:
        row["coupon"] = f"c{dice.randrange(6)}"
    if dice.random() < 0.95:
        row["session.id"] = f"s{dice.getrandbits(40):010x}"
    if dice.random() < 0.08:
        row["feature.flag"] = dice.choice(("new-cart", "fast-search"))
    return row


_Cause = tuple[frozenset[tuple[str, str]], Callable[[Mapping[str, object]], bool]]


def _equals(attribute: str, value: object) -> _Cause:
    return frozenset({(attribute, "=")}), lambda row: row.get(attribute) == value


def _rare_user(rows: list[Row], dice: random.Random) -> _Cause:
    """A user of one row in a hundred or fewer, who has five at least."""
    counts: dict[object, int] = {}
    for row in rows:
        counts[row["user.id"]] = counts.get(row["user.id"], 0) + 1
    rare = sorted(str(user) for user, count in counts.items() if 5 <= count <= max(5, len(rows) // 100))
    return _equals("user.id", dice.choice(rare))


def _pair(rows: list[Row], dice: random.Random) -> _Cause:
    del rows
    build = f"b{dice.randrange(12)}"
    truth = frozenset({("build", "="), ("cloud.region", "=")})
    return truth, lambda row: row["build"] == build and row["cloud.region"] == "eu-west-1"


_CAUSES: dict[str, Callable[[list[Row], random.Random], _Cause]] = {
    "single value": lambda rows, dice: _equals("tenant", dice.choice(("t3", "t5", "t8"))),
    "common value": lambda rows, dice: _equals("cloud.region", "eu-west-1"),
    "rare user": _rare_user,
    "key present": lambda rows, dice: (frozenset({("coupon", "present")}), lambda row: "coupon" in row),
    "key absent": lambda rows, dice: (frozenset({("session.id", "absent")}), lambda row: "session.id" not in row),
    "numeric cut": lambda rows, dice: (
        frozenset({("cart.items", ">=")}),
        lambda row: float(str(row["cart.items"])) >= 18,
    ),
    "pair": _pair,
    "cold start": lambda rows, dice: _equals("faas.coldstart", True),
}
