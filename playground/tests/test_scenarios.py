"""Scenario files: ours are complete, wrong ones are refused with a sentence, and the page says what the code says."""

from collections import Counter
from pathlib import Path

import pytest

from mendline_playground.scenario import OURS, ScenarioError, load_folder, load_scenario
from mendline_playground.scenario.faults import FAULTS
from mendline_playground.scenario.pages import filled
from mendline_playground.scenario.scenario import KINDS
from mendline_playground.scenario.units import parse_duration, write_duration
from mendline_playground.shop.plan import FUNCTIONS

PAGE = Path(__file__).parents[2] / "docs" / "scenarios.md"
GOOD = """
title: A title
kind: resource_slow
inject:
  - {fault: slow, resource: dynamodb/orders, add: 300ms, at: 10m, for: 15m, only: {tenant: birch}}
truth:
  detected: true
  within: 5m
  cause: {resource: dynamodb/orders, owner: provider}
"""


@pytest.fixture
def load(tmp_path):
    def load(text: str):
        path = tmp_path / "shown.yaml"
        path.write_text(text)
        return load_scenario(path)

    return load


def test_a_file_says_what_happens_and_what_is_true_about_it(load):
    scenario = load(GOOD)
    assert (scenario.name, scenario.kind, scenario.modes, scenario.begins) == (
        "shown", "resource_slow", ("model",), "tuesday 10:00",
    )  # fmt: skip
    (injection,) = scenario.injections
    assert (injection.at_s, injection.for_s, injection.only.tenant) == (600, 900, "birch")
    assert (injection.text("resource"), injection.number("add"), injection.number("share")) == (
        "dynamodb/orders",
        0.3,
        1,
    )
    assert scenario.truth.cause is not None
    assert (scenario.truth.within_s, scenario.truth.cause.kind) == (300, "resource_slow")


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("title: A title", "", ["shown.yaml", "title"]),
        ("kind: resource_slow", "kind: resource_slwo", ["kind", "did you mean resource_slow?"]),
        ("kind: resource_slow", "kind: none", ["truth", "none"]),
        ("kind: resource_slow", "kind: resource_slow\nspeed: 3", ["speed", "means nothing"]),
        ("kind: resource_slow", "kind: resource_slow\nmodes: [real]", ["modes", "model and live"]),
        ("kind: resource_slow", "kind: resource_slow\nbegins: noon", ["begins", "tuesday 10:00"]),
        ("kind: resource_slow", "kind: resource_slow\nrate: 0", ["rate", "above 0"]),
        ("kind: resource_slow", "kind: resource_slow\nrun: 5s", ["run", "longer"]),
        ("fault: slow", "fault: slwo", ["inject[0].fault", "did you mean slow?"]),
        ("add: 300ms", "ad: 300ms", ["inject[0]", "did you mean add?"]),
        ("add: 300ms", "add: 300 milliseconds", ["inject[0].add", "90s"]),
        ("add: 300ms", "add: -300ms", ["inject[0].add"]),
        ("add: 300ms", "share: 30", ["inject[0].share", "from 0 to 1"]),
        ("add: 300ms", "factor: 0", ["inject[0].factor", "above 0"]),
        ("at: 10m", "at: 10", ["inject[0].at", "duration"]),
        ("for: 15m", "for: -15m", ["inject[0].for", "negative"]),
        ("fault: slow, resource: dynamodb/orders", "fault: slow", ["inject[0] (slow)", "one of resource, function"]),
        ("fault: slow, resource: dynamodb/orders", "fault: slow, resource: dynamodb/order", ["mean dynamodb/orders"]),
        ("fault: slow, resource: dynamodb/orders", "fault: stop, function: checkout", ["consumer", "order-writer"]),
        ("fault: slow, resource: dynamodb/orders, add: 300ms", "fault: retry, function: price", ["needs one"]),
        ("only: {tenant: birch}", "only: {tenant: beech}", ["only.tenant", "did you mean birch?"]),
        ("only: {tenant: birch}", "only: {tenants: birch}", ["only has a tenants", "tenant?"]),
        ("only: {tenant: birch}", "only: birch", ["only is 'birch'", "mapping"]),
        ("detected: true", "detected: perhaps", ["truth.detected", "true or false"]),
        ("detected: true", "", ["truth has no detected"]),
        ("within: 5m", "within: soon", ["truth.within", "duration"]),
        ("owner: provider", "owner: amazon", ["truth.cause.owner"]),
        ("resource: dynamodb/orders, owner", "owner", ["truth.cause", "neither a function nor a resource"]),
        ("cause: {resource: dynamodb/orders, owner: provider}", "", ["truth has no cause"]),
        ("inject:\n  -", "inject:\n ", ["inject", "a list of faults"]),
        ("title: A title", "title: [A", ["no YAML", "line"]),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_its_place_and_what_to_write(load, old, new, named):
    assert old in GOOD
    with pytest.raises(ScenarioError) as raised:
        load(GOOD.replace(old, new, 1))
    assert not [word for word in named if word not in str(raised.value)], str(raised.value)


def test_a_live_scenario_has_only_faults_that_the_shop_can_have(load):
    with pytest.raises(ScenarioError, match="the fault skew can only be played in model mode"):
        load(
            GOOD.replace("kind: resource_slow", "kind: resource_slow\nmodes: [live]").replace(
                "fault: slow, resource: dynamodb/orders, add: 300ms", "fault: skew, function: price, by: 90s"
            )
        )


@pytest.mark.parametrize("name", ["nowhere", "empty"])
def test_a_folder_without_files_is_refused(tmp_path, name):
    (tmp_path / "empty").mkdir()
    with pytest.raises(ScenarioError, match=name):
        load_folder(tmp_path / name)


def test_ours_cover_every_kind_of_cause_and_have_quiet_controls():
    ours = load_folder(OURS)
    assert len(ours) >= 30
    assert {scenario.kind for scenario in ours} >= set(KINDS)
    assert sum(scenario.is_control for scenario in ours) >= 5
    assert sum("live" in scenario.modes for scenario in ours) >= 8
    faults = {injection.fault for scenario in ours for injection in scenario.injections}
    assert faults >= set(FAULTS) - {"change", "set"}


def test_the_truth_of_ours_is_about_something_that_was_injected():
    for scenario in load_folder(OURS):
        if scenario.truth.cause is None:
            continue
        first = min(injection.at_s for injection in scenario.injections)
        assert first <= scenario.truth.since_s < scenario.run_s, scenario.name
        assert scenario.truth.since_s + scenario.truth.within_s <= scenario.run_s, scenario.name
        assert scenario.title.strip(".") == scenario.title, scenario.name


def test_titles_and_names_are_unique():
    ours = load_folder(OURS)
    assert not [title for title, count in Counter(scenario.title for scenario in ours).items() if count > 1]


def test_the_page_is_what_the_code_says():
    page = PAGE.read_text()
    assert page == filled(page, load_folder(OURS))


def test_the_example_of_the_page_is_one_of_ours():
    block = PAGE.read_text().split("```yaml\n")[1].split("```")[0]
    example, ours = Path("x.yaml"), load_scenario(OURS / "card-api-slow-one-tenant.yaml")
    assert block.splitlines()[0] == f"title: {ours.title}", example


@pytest.mark.parametrize(
    ("text", "seconds"), [("300ms", 0.3), ("1h30m", 5400), ("-3w", -1814400), (0, 0), ("2d", 172800), ("1500ms", 1.5)]
)
def test_durations_are_read_and_written(text, seconds):
    assert parse_duration(text) == seconds
    assert parse_duration(write_duration(seconds)) == seconds


@pytest.mark.parametrize("text", ["", "10", "10 m", "m10", "1h30", "--5m", 5, True, None, "1e3s"])
def test_what_is_no_duration_is_refused(text):
    assert parse_duration(text) is None


def test_the_plan_leads_from_every_caller_to_a_function_that_is_there():
    reached = {call.to for plan in FUNCTIONS.values() for call in plan.calls if call.to}
    assert reached <= set(FUNCTIONS)
    assert set(FUNCTIONS) - reached == {"checkout", "report", "nightly", "thumbnail"}  # these are started from outside
