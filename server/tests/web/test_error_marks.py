"""What people decide about errors is kept, changes what lists show, and comes back when the error does."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import pytest
from web.markup import Markup
from web.shop import LAMBDA, MINUTE, order

from mendline.model.error_group import ErrorGroup
from mendline.model.error_mark import ErrorMark, state_of
from mendline.model.interval import at_least, exact_share, wilson
from mendline.model.worry import Hits, worry

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def _group(*, last=NOON, new=False, invocations=10, trend=(1,) * 10, versions=("1",)):
    return ErrorGroup(
        fingerprint="a" * 16, kind="", type="E", message="m", stack="", count=sum(trend), trend=trend,
        invocations=invocations, functions=("f",), versions=versions, first=last - HOUR, last=last,
        first_ever=last - HOUR if new else last - 100 * HOUR, is_new=new, trace_id="", span_id="",
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
    was = Hits(before.invocations if before else 0, 1000)
    assert worry(group, Hits(group.invocations, 1000), was, versions).kind == kind


@pytest.mark.parametrize(
    ("found", "of", "low", "high"),
    [
        (0, 0, 0, 1),
        (0, 10, 0, 0.308497),
        (10, 10, 0.691503, 1),
        (5, 10, 0.187086, 0.812914),
        (1, 100_000, 2.5318e-7, 5.5715e-5),
        (300, 30_000_000, 8.9003e-6, 1.11980e-5),
    ],
)
def test_interval_of_the_rarest_share_is_exact(found, of, low, high):
    assert exact_share(found, of) == (pytest.approx(low, rel=1e-3), pytest.approx(high, rel=1e-3))


def test_tail_is_the_binomial_one():
    for found, of, share in ((5, 10, 0.5), (1, 5, 0.1), (3, 100, 0.01), (30, 40, 0.8), (2, 1000, 0.001)):
        summed = sum(math.comb(of, k) * share**k * (1 - share) ** (of - k) for k in range(found, of + 1))
        assert at_least(found, of, share) == pytest.approx(summed, rel=1e-9)
    assert (at_least(0, 10, 0.5), at_least(11, 10, 0.5), at_least(1, 10, 0)) == (1, 0, 0)


WEEKS = {"weeks": 28.0, "known_days": 28.0}


@pytest.mark.parametrize(
    ("hits", "before", "told", "kind"),
    [
        (Hits(10, 1_000_000), Hits(280, 28_000_000), WEEKS, "rare"),
        (Hits(1, 1_000), Hits(280, 28_000_000), WEEKS, "rare"),
        (Hits(40, 2_000_000), Hits(280, 28_000_000), WEEKS, "rising"),
        (Hits(14, 1_000_000), Hits(280, 28_000_000), WEEKS, "rare"),
        (Hits(60, 30_000_000), Hits(280, 28_000_000), WEEKS, "falling"),
        (Hits(10, 1_000_000), Hits(280, 28_000_000), {**WEEKS, "known_days": 2.0}, "steady"),
        (Hits(10, 0), Hits(0, 0), {}, "steady"),
    ],
)
def test_rare_error_is_rare_until_it_becomes_more_frequent(hits, before, told, kind):
    group = _group(invocations=hits.found, trend=(1,) * 10)
    found = worry(group, hits, before, ["1"], **told)
    assert found.kind == kind
    assert found.low <= found.rate <= found.high or not hits.of


def test_rate_of_a_rare_error_is_that_of_weeks():
    found = worry(_group(invocations=10), Hits(10, 1_000_000), Hits(280, 28_000_000), ["1"], **WEEKS)
    assert (round(1 / found.rate), found.is_worrying) == (100_000, False)
    assert 1 / 113_000 < found.low < 1 / 100_000 < found.high < 1 / 89_000


def test_sampled_error_stands_for_others():
    seen = worry(_group(invocations=10), Hits(10, 10_000, each=10.0), Hits(10, 10_000, each=10.0), ["1"])
    all_ = worry(_group(invocations=100), Hits(100, 10_000), Hits(100, 10_000), ["1"])
    assert seen.rate == pytest.approx(all_.rate)
    assert seen.high - seen.low > 2 * (all_.high - all_.low)


def test_known_error_that_comes_more_often_than_in_weeks_is_a_finding(client, send_spans):
    day = 86_400 * 10**9
    past = [order(number, fails=number % 40 == 0, ago_ns=(1 + number % 7) * day) for number in range(40, 480)]
    now = [order(number, fails=number % 3 == 0) for number in range(1, 37)]
    send_spans(*(span for spans in (*past, *now) for span in spans), resource=LAMBDA)
    (told,) = client.get("/errors.json").json()["worries"].values()
    assert (told["kind"], told["weeks"], told["chance"] < 0.001) == ("rising", 28, True)
    assert told["before"] == pytest.approx(11 / 440, rel=0.2)
    page = Markup(client.get("/").text).text
    assert "More frequent errors" in page
    assert "OutOfStock" in page.partition("More frequent errors")[2]


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
