"""Orders of chaos experiments as a server writes and signs them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json

KEY = "0123456789abcdef"
NOW_S = 1_795_000_000.0


class FakeTime:
    """A module as `time` is one; sleeping passes the time."""

    def __init__(self, now_s=NOW_S):
        self.wall_s, self.monotonic_s, self.slept = now_s, 1000.0, []

    def time(self):
        return self.wall_s

    def monotonic(self):
        return self.monotonic_s

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.wall_s += seconds
        self.monotonic_s += seconds


def experiment(kind, *, now_s=NOW_S, target=None, percent=100, limit=1000, lasts_s=600, **fault):
    return {
        "id": "exp-1",
        "function": "shop-orders",
        "version": "",
        "starts": now_s - 1,
        "expires": now_s - 1 + lasts_s,
        "target": target or {"type": "*"},
        "percent": percent,
        "limit": limit,
        "fault": {"kind": kind, **fault},
    }


def signed(environment, experiments, *, issued=NOW_S, key=KEY, **more):
    order = {"project": "default", "environment": environment, "issued": issued, "experiments": experiments, **more}
    document = json.dumps(order).encode()
    signature = hmac.new(key.encode(), document, hashlib.sha256).hexdigest()
    return {"document": base64.b64encode(document).decode(), "signature": signature}


def header(part, version="1"):
    return base64.b64encode(json.dumps({"version": version, "chaos": part}).encode()).decode()
