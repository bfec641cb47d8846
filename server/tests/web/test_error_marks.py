"""What people decide about errors is kept, changes what lists show, and comes back when the error does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from web.markup import Markup
from web.shop import LAMBDA, MINUTE, order

from mendline.model.error_group import ErrorGroup
from mendline.model.error_mark import ErrorMark, state_of
from mendline.model.interval import wilson
from mendline.model.worry import worry

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def _group(*, last=NOON, new=False, invocations=10, trend=(1,) * 10, versions=("1",)):
    return ErrorGroup(
        fingerprint="a" * 16, kind="", type="E", message="m", stack="", count=sum(trend), trend=trend,
        invocations=invocations, functions=("f",), versions=versions, first=last - HOUR, last=last,
        first_ever=last - HOUR if new else last - 100 * HOUR, trace_id="", span_id="",
    )  # fmt: skip


def _mark(state, *, expires=None):
    return ErrorMark("a" * 16, state, "why", expires, "", "", NOON, "")


@pytest.mark.parametrize(
    ("group", "mark", "state"),
    [
        (_group(), None, "ongoing"),
        (_group(new=True), None, "new"),
        (_group(last=NOON - HOUR), _mark("resolved"), "resolved"),
        (_group(last=NOON + HOUR), _mark("resolved"), "came back"),
        (_group(), _mark("expected"), "expected"),
        (_group(), _mark("expected", expires=NOON + 3 * HOUR), "expected"),
        (_group(), _mark("expected", expires=NOON + HOUR), "ongoing"),
        (_group(), _mark(""), "ongoing"),
    ],
)
def test_state_follows_from_the_mark_and_from_what_happened_since(group, mark, state):
    assert state_of(group, mark, NOON + 2 * HOUR) == state


@pytest.mark.parametrize(
    ("found", "of", "low", "high"),
    [(0, 0, 0, 1), (0, 10, 0, 0.2775), (10, 10, 0.7225, 1), (5, 10, 0.2366, 0.7634), (1, 1000, 0.00018, 0.00565)],
)
def test_interval_of_a_share_is_wilsons(found, of, low, high):
    assert wilson(found, of) == (pytest.approx(low, abs=1e-4), pytest.approx(high, abs=1e-4))


@pytest.mark.parametrize(
    ("group", "before", "versions", "kind"),
    [
        (_group(), _group(), ["1"], "steady"),
        (_group(invocations=100), _group(invocations=10), ["1"], "rising"),
        (_group(invocations=10), _group(invocations=100), ["1"], "falling"),
        (_group(invocations=12), _group(invocations=10), ["1"], "steady"),
        (_group(trend=(0,) * 29 + (10,)), _group(), ["1"], "spike"),
        (_group(new=True), None, ["1"], "new"),
        (_group(new=True, versions=("2",)), None, ["1", "2"], "new with a version"),
        (_group(), None, ["1"], "rising"),
    ],
)
def test_worry_is_told_by_the_share_of_invocations(group, before, versions, kind):
    assert worry(group, 1000, before, 1000, versions).kind == kind


@pytest.fixture
def fingerprint(client, send_spans):
    send_spans(*order(1, fails=True, ago_ns=5 * MINUTE), *order(2, ago_ns=5 * MINUTE), resource=LAMBDA)
    (group,) = client.get("/errors.json").json()["errors"]
    return group["fingerprint"]


def test_expected_error_leaves_the_open_list_with_its_reason(client, fingerprint):
    answer = client.post(f"/errors/{fingerprint}?start=-2h", state="expected", reason="stock runs out", days="7",
                         assignee="Ada", note="see <b>wiki</b>")  # fmt: skip
    assert (answer.status_code, answer.headers["location"]) == (303, f"/errors/{fingerprint}?start=-2h")
    assert "Nothing that is open failed" in Markup(client.get("/errors").text).text
    for state in ("expected", "all"):
        assert "expected Ada" in Markup(client.get(f"/errors?state={state}").text).text
    page = Markup(client.get(f"/errors/{fingerprint}").text)
    for part in ("stock runs out", "Assigned to Ada", "see <b>wiki</b>", "50.0 % of the invocations"):
        assert part in page.text


def test_resolved_error_comes_back_when_it_happens_again(client, context, fingerprint, send_spans):
    client.post(f"/errors/{fingerprint}", state="resolved")
    assert client.get("/errors.json?state=resolved").json()["states"] == {fingerprint: "resolved"}
    again = order(3, fails=True)
    again[0]["start"] = int(context.clock.now().timestamp() + 1) * 10**9
    send_spans(*again, resource=LAMBDA)
    told = client.get(f"/errors.json?end={(context.clock.now() + HOUR).isoformat()[:19]}Z").json()
    assert told["states"] == {fingerprint: "came back"}


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"state": "gone"}, 400), ({"state": "expected"}, 400),
        ({"state": "expected", "reason": "x", "days": "-1"}, 400),
        ({"note": "n" * 5000}, 400), ({"note": "n" * 20_000}, 413), ({"state": "resolved"}, 303),
    ],
)  # fmt: skip
def test_form_says_what_it_cannot_keep(client, fingerprint, fields, status):
    assert client.post(f"/errors/{fingerprint}", **fields).status_code == status


def test_nothing_is_decided_about_what_is_not_stored(client):
    assert client.post(f"/errors/{'0' * 16}", state="resolved").status_code == 404
