"""An order of a chaos experiment holds only if nothing about it is doubtful; all else has no effect, and is said."""

from __future__ import annotations

import base64

import pytest
from chaos_orders import KEY, NOW_S, FakeTime, experiment, header, signed
from hypothesis import given, settings
from hypothesis import strategies as st

from mendline_agent.chaos import Chaos, Experiment
from mendline_agent.operations import ACTIVE
from mendline_agent.settings import LiveConfig, Settings

ENV = {"AWS_LAMBDA_FUNCTION_NAME": "shop-orders", "AWS_LAMBDA_FUNCTION_VERSION": "7", "MENDLINE_CHAOS_KEY": KEY}


@pytest.fixture
def make():
    """Makes what takes orders, by a clock of its own."""

    def make(resource=None, **env):
        return Chaos({**ENV, **env}, resource or {}, FakeTime())

    yield make
    if ACTIVE.chaos is not None:
        ACTIVE.chaos.take(None)


def _order(chaos, change=lambda one: None, **more):
    one = experiment("connection_reset")
    change(one)
    return signed(chaos.environment, [one], **more)


def test_an_order_that_holds_is_pending_and_said_to_nobody(make, capsys):
    chaos = make()
    chaos.take(_order(chaos))
    assert ([one.id for one in chaos.pending], ACTIVE.chaos) == (["exp-1"], chaos)
    assert capsys.readouterr().err == ""


def _flipped(part):
    return {**part, "signature": part["signature"][:-1] + ("0" if part["signature"][-1] != "0" else "1")}


REFUSED = {
    "unsigned": lambda chaos: {"document": _order(chaos)["document"]},
    "signed by another key": lambda chaos: _order(chaos, key="another key of 16"),
    "one digit of the signature": lambda chaos: _flipped(_order(chaos)),
    "signature in capitals": lambda chaos: {**_order(chaos), "signature": _order(chaos)["signature"].upper()},
    "signature that is no text": lambda chaos: {**_order(chaos), "signature": 7},
    "another environment": lambda chaos: signed("00" * 8, [experiment("connection_reset")]),
    "another function": lambda chaos: _order(chaos, lambda one: one.update(function="other")),
    "another version": lambda chaos: _order(chaos, lambda one: one.update(version="6")),
    "issued a day ago": lambda chaos: _order(chaos, issued=NOW_S - 86_401),
    "issued in the future": lambda chaos: _order(chaos, issued=NOW_S + 301),
    "longer than an hour": lambda chaos: _order(chaos, lambda one: one.update(expires=NOW_S + 3602)),
    "a kind that is none": lambda chaos: _order(chaos, lambda one: one.update(fault={"kind": "rm"})),
    "an invocation's fault for a call": lambda chaos: _order(
        chaos, lambda one: one.update(fault={"kind": "disk_full"})
    ),
    "latency without length": lambda chaos: _order(chaos, lambda one: one.update(fault={"kind": "latency"})),
    "latency of a year": lambda chaos: _order(chaos, lambda one: one.update(fault={"kind": "latency", "ms": 3e10})),
    "no status": lambda chaos: _order(chaos, lambda one: one.update(fault={"kind": "http_status", "status": 42})),
    "an error that is no name": lambda chaos: _order(
        chaos, lambda one: one.update(fault={"kind": "aws_error", "code": "a\r\nb"})
    ),
    "percent beyond all": lambda chaos: _order(chaos, lambda one: one.update(percent=101)),
    "percent that is true": lambda chaos: _order(chaos, lambda one: one.update(percent=True)),
    "percent that is no number": lambda chaos: _order(chaos, lambda one: one.update(percent=float("nan"))),
    "no limit": lambda chaos: _order(chaos, lambda one: one.pop("limit")),
    "a target that is none": lambda chaos: _order(chaos, lambda one: one.update(target=7)),
    "no object": lambda chaos: [],
    "a number": lambda chaos: 7,
    "not base64": lambda chaos: {"document": "%", "signature": "00"},
    "not JSON": lambda chaos: {"document": base64.b64encode(b"{").decode(), "signature": "00"},
}


@pytest.mark.parametrize("case", REFUSED)
def test_an_order_that_is_doubtful_ends_what_is_pending_and_is_told_once(make, capsys, case):
    chaos = make()
    chaos.take(_order(chaos))
    for _ in range(2):
        chaos.take(REFUSED[case](chaos))
        assert (chaos.pending, ACTIVE.chaos) == ([], None)
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("mendline: no chaos: an order is refused: ")


def test_an_order_that_is_over_or_not_yet_begun_touches_nothing(make):
    chaos = make()
    chaos.take(_order(chaos, lambda one: one.update(starts=NOW_S - 60, expires=NOW_S - 1)))
    chaos.renew(lambda: None)
    assert (chaos.pending, ACTIVE.chaos) == ([], None)


def test_an_old_order_is_not_taken_again(make, capsys):
    chaos = make()
    old = _order(chaos, issued=NOW_S - 10)
    chaos.take(old)
    chaos.take(signed(chaos.environment, [], issued=NOW_S - 5))
    chaos.take(old)
    assert chaos.pending == []
    assert "older" in capsys.readouterr().err


@pytest.mark.parametrize(("wall_s", "monotonic_s"), [(599.5, 0), (0, 599.5), (-3, 0), (0, 1e6), (1e6, 0)])
def test_it_is_over_by_the_clock_and_by_the_time_that_has_passed(make, wall_s, monotonic_s):
    chaos = make()
    chaos.take(_order(chaos))
    assert chaos.left_s(chaos.pending[0]) == 599
    chaos.clock.wall_s += wall_s
    chaos.clock.monotonic_s += monotonic_s
    assert chaos.left_s(chaos.pending[0]) == 0
    chaos.renew(lambda: None)
    assert (chaos.pending, ACTIVE.chaos) == ([], None)


@pytest.mark.parametrize(
    ("env", "resource"),
    [
        ({"MENDLINE_CHAOS_KEY": "short"}, {}),
        ({"MENDLINE_CHAOS_REFUSE": "prod, live", "MENDLINE_STAGE": "live"}, {}),
        ({"MENDLINE_CHAOS_REFUSE": "prod"}, {"deployment.environment.name": "prod"}),
        ({"MENDLINE_CHAOS_REFUSE": "prod"}, {}),
        ({"AWS_LAMBDA_FUNCTION_NAME": ""}, {}),
    ],
)
def test_a_function_that_refuses_says_so_and_asks_for_nothing(make, capsys, env, resource):
    chaos = make(resource, **env)
    chaos.take(_order(chaos))
    assert (chaos.header(), chaos.pending) == (b"", [])
    assert capsys.readouterr().err.startswith("mendline: no chaos: ")


def test_a_stage_that_is_not_refused_is_open(make):
    chaos = make(MENDLINE_CHAOS_REFUSE="prod", MENDLINE_STAGE="test")
    assert chaos.header() == f"mendline-chaos: {chaos.environment}/shop-orders/7\r\n".encode()


def test_nobody_is_asked_without_opting_in_and_an_order_is_refused(capsys):
    config = LiveConfig(Settings({}))
    config.take(header({"document": "e30=", "signature": "00"}, "3"))
    assert (config.head(), config.chaos, config.version) == (b"mendline-config-version: 3\r\n", None, "3")


def test_null_ends_what_is_pending_without_a_word(lambda_env, capsys):
    for name, value in {**ENV, "MENDLINE_CHAOS": "1"}.items():
        lambda_env.setenv(name, value)
    config = LiveConfig(Settings({"MENDLINE_CHAOS": "1"}))
    line = config.head().splitlines()[1]
    assert line == f"mendline-chaos: {config.chaos.environment}/shop-orders/7".encode()
    config.chaos.clock = FakeTime()
    config.take(header(_order(config.chaos)))
    assert ACTIVE.chaos is config.chaos
    config.take(header(None, "2"))
    assert ACTIVE.chaos is None
    assert capsys.readouterr().err == ""


@given(st.integers(1, 1_000_000), st.integers(0, 60), st.integers(1, 400))
@settings(max_examples=40, deadline=None)
def test_of_n_calls_just_the_percentage_is_hit_and_never_more_than_the_limit(parts, limit, calls):
    one = Experiment(experiment("connection_reset", percent=parts / 10_000, limit=limit), 0.0)
    for count in range(1, calls + 1):
        one.counts()
        assert one.used == min(limit, count * parts // 1_000_000)


def test_what_was_done_counts_when_the_order_comes_again_and_is_told(make):
    chaos = make()
    chaos.take(_order(chaos, lambda one: one.update(limit=3)))
    assert [chaos.pending[0].counts() for _ in range(2)] == [True, True]
    assert chaos.header().endswith(b"/7;exp-1=2\r\n")
    chaos.take(_order(chaos, lambda one: one.update(limit=3)))
    assert [chaos.pending[0].counts() for _ in range(2)] == [True, False]
    chaos.take(_order(chaos, lambda one: one.update(limit=4)))
    assert [chaos.pending[0].counts() for _ in range(2)] == [True, False]


_GARBAGE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["document", "signature", "id", "fault"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(_GARBAGE, st.sampled_from(sorted(experiment("connection_reset"))))
@settings(max_examples=60, deadline=None)
def test_garbage_has_no_effect_signed_or_not(garbage, member):
    chaos = Chaos(ENV, {}, FakeTime())
    for part in (garbage, signed(chaos.environment, garbage)):
        chaos.take(part)
        assert chaos.pending == []
    one = {**experiment("connection_reset"), member: garbage}
    chaos.take(signed(chaos.environment, [one]))
    assert all(kept.target | one["target"] == kept.target for kept in chaos.pending)
    chaos.take(None)
