"""Scripts in time of what goes in and what people hear (acceptance.script), on a clock that is moved by hand."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from mendline.alerting.policies import Policies
from mendline.errors import StoreError
from mendline.model.policy import read_policy

SCRIPTS = {
    name: [line.strip() for line in lines]
    for name, *lines in (
        part.splitlines()
        for part in Path(__file__).with_name("acceptance.script").read_text().strip().split("\n\n")[1:]
    )
}
_POLICY = re.compile(r"policy (\w+) (\w+)((?: \w+ [\w:-]+)*): (.*)")
_AT, _EXPECT = re.compile(r"at (\w+) (.*)"), re.compile(r"between (\w+) and (\w+) expect (\w+)")
_PUSH = re.compile(r"push (\d+) (ok|failed|slow)(?: of (\w+))?(?: version (\w+))?")
_ERRORS = "policy Errors warning: error | count() by function | over 1m | where count() > 2"
_WHAT = {"ok": {}, "failed": {"fails": True}, "slow": {"duration_ms": 2000}}
EVERY_S, SELDOM_S = 10, 60


class Switched:
    """A store that answers nothing while it is down."""

    def __init__(self, store):
        self._store, self.is_down = store, False

    def __getattr__(self, name):
        if self.is_down:
            raise StoreError("The store is down.")
        return getattr(self._store, name)


def seconds(text):
    return int(text[:-1]) * {"s": 1, "m": 60, "h": 3600}[text[-1]]


def policy_of(line):
    name, severity, more, query = _POLICY.fullmatch(line).groups()
    words = more.split()
    return read_policy(
        {"name": name, "query": query, "severity": severity, **dict(zip(words[::2], words[1::2], strict=True))}, "ui"
    )


@dataclass
class Expected:
    """A message of a kind between two moments."""

    start: int
    end: int
    kind: str


@dataclass
class Script:
    """Moments are seconds from its begin."""

    policies: list = field(default_factory=list)
    acts: list = field(default_factory=list)
    expected: list = field(default_factory=list)

    @classmethod
    def read(cls, lines):
        it = cls()
        for line in lines:
            if act := _AT.fullmatch(line):
                it.acts.append((seconds(act[1]), act[2]))
            elif expected := _EXPECT.fullmatch(line):
                it.expected.append(Expected(seconds(expected[1]), seconds(expected[2]), expected[3]))
            else:
                it.policies.append(policy_of(line))
        it.policies = it.policies or [policy_of(_ERRORS)]
        return it

    def moments(self):
        """When it is evaluated: every ten seconds while something is done or awaited, else every minute."""
        busy = [at for at, _ in self.acts]
        ends = [(one.start, one.end) for one in self.expected if one.kind != "nothing"]
        for at in range(0, max(one.end for one in self.expected) + 1, EVERY_S):
            near = any(0 <= at - one <= 60 for one in busy) or any(start <= at <= end for start, end in ends)
            if near or at % SELDOM_S == 0:
                yield at


class Play:
    """One of them, as it is played."""

    def __init__(self, script, watching):
        self.script, self.it = script, watching(*script.policies)
        self.it.store = self.store = Switched(self.it.store)
        self.it.restart()
        self.at = self.told = 0
        self.waited = [one for one in script.expected if one.kind != "nothing"]

    def run(self):
        acts = sorted(self.script.acts, key=lambda one: one[0])
        for at in self.script.moments():
            while acts and acts[0][0] <= at:
                self.until(acts[0][0])
                self.act(acts.pop(0)[1])
            self.until(at)
            self.it.evaluator.tick()
            self.heard()
        assert self.waited == [], "this was never said"

    def until(self, at):
        self.it.clock.move(seconds=max(0, at - self.at))
        self.at = max(self.at, at)

    def heard(self):
        """Each message is the next one that is expected now."""
        got = self.it.told()
        new, self.told = got[self.told :], len(got)
        for kind in new if self.it.hook.script == [200] else ():  # what is refused was not heard
            assert self.waited, f"{kind} at {self.at} s was not expected"
            wanted = self.waited.pop(0)
            assert (wanted.kind, wanted.start <= self.at <= wanted.end) == (kind, True), (self.at, wanted)

    def act(self, said):
        it, now = self.it, self.it.clock.now()
        if push := _PUSH.fullmatch(said):
            count, what, function, version = push.groups()
            it.push(int(count), function=function or "checkout", version=version or "", **_WHAT[what])
            return
        match said.split():
            case ["store", "down" | "up" as how]:
                self.store.is_down = how == "down"
            case ["receiver", "answers", status]:
                it.hook.script[:] = [int(status)]
            case ["restart"]:
                it.evaluator.stop()
                it.restart()
            case ["crash"]:  # another server goes on once nobody renews the lease
                it.restart()
            case ["acknowledge" | "resolve" as action]:
                it.incidents.act(it.all()[0].id, action, "", now, "Ann")
            case ["silence", function, "for", length]:
                told = {"function": function, "reason": "maintenance"}
                it.incidents.silence(told, now, now + timedelta(seconds=seconds(length)), now, "Ann")
            case ["switch", "off", name]:
                Policies(it.state, "default").enable(name, False, now, "Ann")
                it.evaluator.forget("default")
            case ["clock", length, "back"]:
                it.clock.move(seconds=-seconds(length))
            case _:
                raise AssertionError(f"{said} is not known")


def test_there_are_forty_at_least():
    assert len(SCRIPTS) >= 40


@pytest.mark.thorough
@pytest.mark.parametrize("lines", SCRIPTS.values(), ids=SCRIPTS.keys())
def test_people_hear_what_the_script_says(lines, watching):
    Play(Script.read(lines), watching).run()
