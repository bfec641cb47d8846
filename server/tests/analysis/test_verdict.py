"""Whose fault it is, rule by rule; and what speaks for it and against."""

from __future__ import annotations

import pytest

from mendline.analysis.verdict import Changed, Facts, Part, judge
from mendline.model.error_kinds import ErrorKind
from mendline.model.party import OURS, PROVIDER, THIRD_PARTY, party_of
from mendline.model.verdict import CONFIDENCES, SIDES

BANK = {"resource": "http bank.example POST /charge", "party": THIRD_PARTY}
TABLE = {"resource": "dynamodb orders PutItem", "party": PROVIDER}
FAIL, WELL = Part(40, 50), Part(0, 50)
SPECIAL = ("request.currency is XAU: 100% of the cases, 0.1% of the others",)


def _changed(kind, seconds=120):
    return (Changed(kind, f"checkout: {kind}", seconds),)


JUDGED = [
    # facts; side, owner, kind, confidence
    ({"error_kind": "conflict", "code": "402", **BANK}, "nobody input input high"),
    ({"error_kind": "conflict", "code": "CardError"}, "nobody input input high"),
    ({"error_kind": "conflict", "code": "ConditionalCheckFailedException", **TABLE}, "ours code code_error low"),
    ({"own_time_up": True, "changed": _changed("timeout")}, "ours configuration timeout high"),
    ({"own_time_up": True, "special": SPECIAL}, "ours input input high"),
    ({"own_time_up": True, **BANK, "others": FAIL}, "third_party third_party resource_slow high"),
    ({"own_time_up": True, **BANK, "others": WELL}, "third_party third_party resource_slow low"),
    ({"own_time_up": True, "new_with": "7"}, "ours code deployment medium"),
    ({"own_time_up": True}, "ours configuration timeout low"),
    ({"error_kind": "oom", "changed": _changed("memory")}, "ours configuration memory high"),
    ({"error_kind": "oom", "changed": _changed("deployment")}, "ours code memory medium"),
    ({"error_kind": "oom", "special": SPECIAL}, "ours input input high"),
    ({"error_kind": "oom"}, "ours configuration memory medium"),
    ({"error_kind": "permission", **TABLE}, "ours configuration permission medium"),
    ({"error_kind": "permission", **TABLE, "changed": _changed("permission")}, "ours configuration permission high"),
    ({"error_kind": "permission", **TABLE, "others": WELL}, "ours configuration permission high"),
    ({"error_kind": "throttled", **TABLE}, "ours load throttled medium"),
    ({"error_kind": "throttled", **TABLE, "more_traffic": 3.0}, "ours load throttled high"),
    ({"error_kind": "throttled", "changed": _changed("concurrency")}, "ours configuration throttled high"),
    ({**BANK, "error_kind": "provider", "others": FAIL}, "third_party third_party resource_error high"),
    ({"error_kind": "provider", "code": "503", **TABLE}, "provider provider provider_error high"),
    ({**BANK, "error_kind": "provider", "others": WELL, "special": SPECIAL}, "ours input input high"),
    ({**BANK, "error_kind": "provider", "others": WELL}, "third_party third_party resource_error medium"),
    ({"error_kind": "timeout", **BANK}, "third_party third_party resource_slow medium"),
    ({**BANK, "error_kind": "network", "others": WELL, "new_with": "7"}, "ours code deployment medium"),
    ({**BANK, "others": FAIL}, "third_party third_party resource_slow high"),
    ({"error_kind": "provider", "resource": "lambda price Invoke", "party": OURS}, "ours unknown resource_error low"),
    ({"error_kind": "validation", "code": "400", **BANK}, "ours code code_error medium"),
    ({"error_kind": "validation", "code": "400", **BANK, "special": SPECIAL}, "ours input input high"),
    ({"error_kind": "input", "code": "JSONDecodeError", "sender": "sqs mail"}, "ours input input low"),
    ({"error_kind": "not_found", **TABLE, "own": FAIL}, "ours input input low"),
    ({"error_kind": "not_found", **TABLE, "own": Part(50, 50)}, "ours configuration configuration low"),
    ({"error_kind": "init", "changed": _changed("deployment")}, "ours code code_error high"),
    ({"error_kind": "init", "changed": _changed("environment")}, "ours configuration configuration medium"),
    ({"error_kind": "unhandled", "code": "KeyError", "new_with": "7"}, "ours code deployment high"),
    ({"error_kind": "unhandled", "code": "KeyError", "special": SPECIAL}, "ours input input high"),
    ({"error_kind": "unhandled", "code": "KeyError"}, "ours code code_error medium"),
    ({"changed": _changed("memory")}, "ours configuration memory medium"),
    ({"code": "OutOfStock"}, "ours code code_error medium"),
    ({"code": "E42", **BANK}, "unknown unknown unknown low"),
]  # fmt: skip


@pytest.mark.parametrize(("facts", "verdict"), JUDGED)
def test_fault_is_whose_the_facts_say(facts, verdict):
    found = judge(Facts(**facts))
    assert f"{found.side} {found.owner} {found.kind} {found.confidence}" == verdict
    assert (found.text.endswith("."), found.side in SIDES, found.confidence in CONFIDENCES) == (True, True, True)


@pytest.mark.parametrize("kind", ErrorKind)
def test_every_kind_of_error_has_a_verdict(kind):
    for told in ({}, BANK, TABLE):
        assert judge(Facts(error_kind=kind, code="X", **told)).side


def test_evidence_against_a_verdict_is_told_as_such():
    found = judge(Facts(error_kind="provider", code="500", **BANK, others=WELL))
    assert found.against == ("0 of 50 calls of other functions to it are bad too",)


def test_change_long_before_is_no_reason():
    told = Facts(error_kind="unhandled", code="KeyError", changed=_changed("deployment", 7200))
    assert judge(told).kind == "code_error"


def test_sender_and_place_are_named():
    found = judge(
        Facts(error_kind="unhandled", code="X", special=SPECIAL, sender="sqs orders", place="shop.pay line 7")
    )
    assert "sqs orders" in found.text
    assert any("shop.pay line 7" in one for one in found.evidence)


@pytest.mark.parametrize(
    ("type_", "name", "party"),
    [
        ("dynamodb", "orders", PROVIDER),
        ("http", "api.stripe.com", THIRD_PARTY),
        ("http", "abc.execute-api.eu-central-1.amazonaws.com", OURS),
        ("http", "bucket.s3.amazonaws.com", PROVIDER),
        ("http", "amazonaws.com.evil.example", THIRD_PARTY),
        ("http", "10.0.0.4:8080", OURS),
        ("lambda", "price", OURS),
        ("postgresql", "shop", OURS),
        ("", "", ""),
    ],
)
def test_party_of_a_resource(type_, name, party):
    assert party_of(type_, name) == party
