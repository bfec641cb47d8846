"""A project that is watched: telemetry goes in, time passes by hand, messages come out. All of it is real but time."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hand_clock import HandClock
from web import shop
from web.shop import LAMBDA, order

from mendline.alerting.delivery import Delivery
from mendline.alerting.evaluator import Evaluator, Watched
from mendline.alerting.incidents import Incidents
from mendline.alerting.policies import Policies, supplied
from mendline.alerting.policy_files import Told
from mendline.model.policy import Receiver
from mendline.store.state import open_state

# what lies ahead is stored as of now; and a day is to have room on both sides
YESTERDAY = (datetime.now(UTC) - timedelta(days=1)).replace(hour=12, minute=0, second=0, microsecond=0)


class Watching:
    """Telemetry goes in, time passes, messages come out."""

    def __init__(self, store, path, send_spans, hook, *policies):
        self.clock = HandClock(YESTERDAY)
        self.state = open_state(path, self.clock.now())
        self.send_spans, self.hook, self.number = send_spans, hook, 1
        self.store, self.marks = store, tuple
        hooked = Receiver("hook", "webhook", {"url": hook.url}, allow_private=True)
        off = [replace(one, enabled=False) for one in supplied()]
        Policies(self.state, "default").apply(Told((*off, *policies), (hooked,)), self.clock.now())
        self.incidents = Incidents(self.state, "default", changed=self._changed)
        self.restart()

    def restart(self):
        self.delivery = Delivery(self.state, self.clock, lambda: "https://mendline.example.com")
        watched = [Watched("default", self.store, self.marks)]
        self.evaluator = Evaluator(self.state, self.clock, lambda: watched, self.delivery)

    def _changed(self, project):
        self.evaluator.forget(project)

    def push(self, count=1, *, function="checkout", version="", **what):
        resource = {**LAMBDA, "service.name": function, "faas.name": function, "faas.version": version}
        ago = shop._BASE - int(self.clock.now().timestamp() * 1e9) + 2 * 10**9
        numbers = range(self.number + 1, self.number + 1 + count)
        self.number += count
        spans = [span for number in numbers for span in order(number, ago_ns=ago, **what)]
        self.send_spans(*spans, resource=resource)

    def after(self, seconds):
        self.clock.move(seconds=seconds)
        self.evaluator.tick()
        return self.told()

    def told(self):
        return [json.loads(body)["type"].partition(".")[2] for _, _, body in self.hook.got]

    def all(self):
        return self.incidents.between(datetime(2020, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))
