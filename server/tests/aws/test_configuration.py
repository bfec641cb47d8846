"""The differ: what counts as a change, of which kind, and what is shown of it."""

from __future__ import annotations

import json

import pytest

from mendline.aws.configuration import (
    KINDS,
    Change,
    Thing,
    changes,
    compact,
    dead_letter_queues,
    knows_more,
    removal,
    side_text,
)


def thing(facts, secrets=None, type_="lambda"):
    return Thing(type_, "checkout", facts, secrets or {})


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({"memory_mb": 256}, {"memory_mb": 256}, ()),
        ({"memory_mb": 256}, {"memory_mb": 512}, ("memory",)),
        ({"timeout_s": 3}, {"timeout_s": 30}, ("timeout",)),
        ({"visibility_timeout_s": 30}, {"visibility_timeout_s": 2}, ("timeout",)),
        ({"code_sha256": "a"}, {"code_sha256": "b"}, ("deployment",)),
        ({"version": "1", "aliases": {}}, {"version": "2", "aliases": {"live": {"version": "2"}}}, ("deployment",)),
        ({"environment": ["A"]}, {"environment": ["A", "B"]}, ("environment",)),
        ({"runtime": "python3.11"}, {"runtime": "python3.12"}, ("runtime",)),
        ({"runtime_version": "arn:1"}, {"runtime_version": "arn:2"}, ("runtime",)),
        ({"role": "a"}, {"role": "b"}, ("permission",)),
        ({"role_permissions": ["x"]}, {"role_permissions": []}, ("permission",)),
        ({"reserved_concurrency": None}, {"reserved_concurrency": 5}, ("concurrency",)),
        ({"provisioned_concurrency": {}}, {"provisioned_concurrency": {"live": 3}}, ("concurrency",)),
        ({"event_sources": []}, {"event_sources": [{"uuid": "1"}]}, ("event_source",)),
        ({"layers": ["a:1"]}, {"layers": ["a:2"]}, ("layers",)),
        ({"layers": ["a", "b"]}, {"layers": ["b", "a"]}, ("layers",)),
        ({"retention_h": 24}, {"retention_h": 48}, ("other",)),
        ({"memory_mb": 1, "timeout_s": 1}, {"memory_mb": 2, "timeout_s": 2}, ("memory", "timeout")),
        # not known before or not known now is no change
        ({}, {"reserved_concurrency": 5}, ()),
        ({"role_permissions": ["x"]}, {}, ()),
        # what is no configuration
        ({"last_modified": "1", "code_bytes": 1}, {"last_modified": "2"}, ()),
        ({"tags": {"team": "pay", "a": "b"}}, {"tags": {"team": "ship", "a": "b"}}, ("tags",)),
        ({"dead_letter_of": []}, {"dead_letter_of": ["orders"]}, ()),
    ],
)
def test_changes_have_the_kind_of_their_facts(before, after, expected):
    found = changes(thing(before), thing(after))
    assert tuple(change.kind for change in found) == expected
    assert set(expected) <= set(KINDS)


def test_only_what_differs_is_shown():
    before = thing({"memory_mb": 256, "timeout_s": 3, "role_permissions": ["a", "b"]})
    after = thing({"memory_mb": 512, "timeout_s": 3, "role_permissions": ["a", "c"]})
    assert changes(before, after) == (
        Change("memory", {"memory_mb": 256}, {"memory_mb": 512}),
        Change("permission", {"role_permissions": ["b"]}, {"role_permissions": ["c"]}),
    )


def test_of_tags_only_those_that_differ_are_shown():
    [change] = changes(thing({"tags": {"team": "pay", "a": "b"}}), thing({"tags": {"team": "ship", "a": "b", "n": ""}}))
    assert (change.before, change.after) == ({"tags": {"team": "pay"}}, {"tags": {"team": "ship", "n": ""}})


def test_another_value_of_a_variable_is_a_change_that_names_only_the_variable():
    before = thing({"environment": ["GONE", "SAME", "URL"]}, {"URL": "1f", "SAME": "aa", "GONE": "00"})
    after = thing({"environment": ["NEW", "SAME", "URL"]}, {"URL": "2e", "SAME": "aa", "NEW": "11"})
    assert changes(before, after) == (
        Change(
            "environment",
            {"environment": {"GONE": "set", "URL": "a value"}},
            {"environment": {"NEW": "set", "URL": "another value"}},
        ),
    )


def test_a_list_in_another_order_shows_both_orders():
    [change] = changes(thing({"layers": ["a", "b"]}), thing({"layers": ["b", "a"]}))
    assert (change.before, change.after) == ({"layers": ["a", "b"]}, {"layers": ["b", "a"]})


@pytest.mark.parametrize(("type_", "kind"), [("lambda", "deployment"), ("sqs", "other")])
def test_what_is_gone_does_not_exist_any_more(type_, kind):
    assert removal(thing({}, type_=type_)) == Change(kind, {"exists": True}, {"exists": False})


def test_more_is_known_when_a_fact_is_new_and_not_when_one_is_missing():
    assert knows_more(thing({"a": 1}), thing({"a": 1, "b": None}))
    assert not knows_more(thing({"a": 1, "b": 1}), thing({"a": 2}))


def test_json_text_is_compact_with_keys_in_order():
    assert compact({"b": [1, None], "a": "ü"}) == '{"a":"ü","b":[1,null]}'


@pytest.mark.parametrize(
    "facts",
    [
        {"role_permissions": [f"Allow service:Action{number} on *" for number in range(2000)]},
        {"event_sources": [{"uuid": str(number), "filters": ["x" * 500] * 9} for number in range(40)]},
        {"handler": "x" * 100_000},
    ],
)
def test_one_side_of_a_change_always_fits_an_attribute_and_stays_json(facts):
    text = side_text(facts)
    assert len(text.encode()) <= 4096
    assert json.loads(text).keys() == facts.keys()


def test_dead_letter_queues_are_the_targets_of_queues_and_functions():
    arn = "arn:aws:sqs:eu-central-1:1:{}".format
    things = [
        Thing("sqs", "dlq", {"arn": arn("dlq")}),
        Thing("sqs", "orders", {"arn": arn("orders"), "dead_letter_queue": arn("dlq")}),
        Thing("lambda", "pay", {"dead_letter_target": arn("dlq"), "async": {}}),
        Thing("lambda", "mail", {"async": {"$LATEST": {"on_failure": arn("failed-mail")}}}),
        Thing("lambda", "count", {"event_sources": [{"on_failure": arn("orders")}]}),
        Thing("sqs", "failed-mail", {"arn": arn("failed-mail")}),
        Thing("sqs", "other", {"arn": arn("other"), "dead_letter_queue": "arn:aws:sqs:eu-central-1:1:elsewhere"}),
    ]
    assert dead_letter_queues(things) == {"dlq": ("orders", "pay"), "failed-mail": ("mail",), "orders": ("count",)}
