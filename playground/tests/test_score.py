"""Scoring: from what a server tells of incidents to detected or not, how soon, and whether the cause is right."""

import json
import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit
from urllib.request import Request, urlopen

import pytest

from mendline_playground.live import Run
from mendline_playground.scenario import OURS, Cause, load_folder, load_scenario
from mendline_playground.score import score
from mendline_playground.score.live import choose, since_s
from mendline_playground.score.mailbox import Letter, Mailbox, open_mailbox
from mendline_playground.score.modelled import FINE_S, Pace, play_model
from mendline_playground.score.report import BEGIN, END, write
from mendline_playground.score.scoring import is_right
from mendline_playground.score.server import MendlineServer, ScoreError, iso
from mendline_playground.score.table import render, told_of_usual
from mendline_playground.score.usual import Before, before, begins_s

SINCE_S = 1_800_000_000.0
SLOW = load_scenario(OURS / "card-api-slow-one-tenant.yaml")
CALM = load_scenario(OURS / "ordinary-morning.yaml")
RIGHT = {
    "kind": "resource_slow",
    "function": "payment",
    "resource": "http/api.payfriend.example/POST /v1/charges",
    "attribute": "tenant",
    "value": "birch",
    "owner": "third_party",
}
WRONG = {"kind": "load", "function": "checkout", "owner": "load"}


def incident(after_s, *causes, number=1):
    ranked = [{"rank": rank, **cause} for rank, cause in enumerate(causes, 1)]
    return {"id": number, "opened_at": iso(SINCE_S + after_s), "causes": ranked}


@pytest.mark.parametrize(
    ("incidents", "detected", "after_s", "rank", "false_alarms"),
    [
        ([], False, None, None, 0),
        ([incident(60, RIGHT)], True, 60, 1, 0),
        ([incident(60, WRONG, RIGHT)], True, 60, 2, 0),
        ([incident(60, WRONG)], True, 60, None, 0),
        ([incident(60)], True, 60, None, 0),
        ([incident(301, RIGHT)], False, 301, 1, 0),
        ([incident(-1, RIGHT)], False, None, None, 1),
        ([incident(-90, WRONG), incident(90, WRONG), incident(120, RIGHT)], True, 90, 1, 1),
        ([incident(60, WRONG, WRONG, RIGHT), incident(70, WRONG, RIGHT)], True, 60, 2, 0),
    ],
)
def test_an_incident_counts_from_when_there_is_something_and_within_its_time(
    incidents, detected, after_s, rank, false_alarms
):
    found = score(SLOW, incidents, since_s=SINCE_S)
    assert (found.detected, found.seconds_to_detection) == (detected, after_s)
    assert (found.incidents, found.cause_rank, found.false_alarms) == (len(incidents), rank, false_alarms)


def test_messages_count_by_incident_and_the_first_tells_whether_people_were_told_the_cause():
    early, ours = incident(-90, WRONG, number=1), incident(60, WRONG, number=2)
    letters = [
        Letter(7, "over"),  # of an incident that was open before
        Letter(1, "first", (RIGHT,)),
        Letter(2, "first", (WRONG, RIGHT)),
        Letter(2, "update", (RIGHT,)),
        Letter(2, "over", (RIGHT,)),
    ]
    found = score(SLOW, [early, ours], letters, since_s=SINCE_S)
    assert (found.notifications, found.most_messages, found.told_rank) == (4, 3, 2)
    assert score(SLOW, [ours], letters[3:], since_s=SINCE_S).told_rank == 1
    assert score(SLOW, [ours], [], since_s=SINCE_S).told_rank is None


def test_a_message_that_is_delivered_twice_counts_once():
    with open_mailbox() as mailbox:
        for key in ("a", "a", "b"):
            body = json.dumps({"type": "incident.first", "data": {"id": 3, "causes": [RIGHT]}}).encode()
            urlopen(Request(mailbox.address, body, {"webhook-id": key})).close()
        assert mailbox.take() == [Letter(3, "first", (RIGHT,))] * 2
        assert mailbox.take() == []


def test_every_incident_in_a_quiet_control_is_a_false_alarm():
    found = score(CALM, [incident(60, RIGHT), incident(-60)], since_s=SINCE_S)
    assert (found.detected, found.seconds_to_detection, found.false_alarms, found.cause_rank) == (False, None, 2, None)


def test_detection_counts_before_opening():
    told = incident(200, RIGHT) | {"detected_at": iso(SINCE_S + 20)}
    assert score(SLOW, [told], since_s=SINCE_S).seconds_to_detection == 20


@pytest.mark.parametrize(
    ("change", "right"),
    [
        ({}, True),
        ({"resource": "http/api.payfriend.example"}, True),
        ({"resource": "http"}, True),
        ({"resource": "http/api.payfriend.exam"}, False),
        ({"resource": None}, False),
        ({"kind": "drift"}, False),
        ({"function": "price"}, False),
        ({"value": "alder"}, False),
        ({"owner": "code"}, True),
        ({"version": "7"}, True),
    ],
)
def test_a_cause_is_right_when_its_kind_and_all_that_the_truth_names_are_the_same(change, right):
    assert is_right(RIGHT | change, SLOW.truth.cause) is right


def test_the_owner_is_told_apart_and_versions_are_those_of_the_run():
    assert score(SLOW, [incident(9, RIGHT | {"owner": "code"})], since_s=SINCE_S).owner_is_right is False
    truth = Cause("deployment", "code", function="price", version="2")
    assert is_right({"kind": "deployment", "function": "price", "version": "5"}, truth, {"2": "5"})
    assert not is_right({"kind": "deployment", "function": "price", "version": "2"}, truth, {"2": "5"})


def test_the_document_has_the_fields_that_others_read():
    document = score(SLOW, [], since_s=SINCE_S).document()
    assert sorted(document) == [
        "cause_rank", "detected", "false_alarms", "incidents", "kind", "most_messages", "notifications", "scenario",
        "seconds_to_detection", "told_rank", "truth",
    ]  # fmt: skip
    assert json.loads(json.dumps(document))["truth"]["cause"]["value"] == "birch"


def test_the_tables_tell_every_scenario_and_every_kind():
    told = [Letter(1, "first", (WRONG, RIGHT))]
    late = score(SLOW, [incident(400, WRONG, RIGHT | {"owner": "code"})], told, since_s=SINCE_S)
    calm = score(CALM, [incident(5)], told * 3, since_s=SINCE_S)
    shown = render([late, calm]).splitlines()
    assert shown[1].split() == [
        "card-api-slow-one-tenant", "resource_slow", "late", "6m40s", "1", "1", "#2", "#2", "wrong", "0",
    ]  # fmt: skip
    assert shown[2].split() == ["ordinary-morning", "none", "-", "-", "1", "3", "-", "-", "-", "1"]
    assert shown[5].split() == [
        "resource_slow",
        "1",
        "0",
        "of",
        "1",
        "-",
        "1",
        *["0", "of", "1"] * 2,
        "1",
        "of",
        "1",
        "0",
    ]
    assert shown[6].split() == ["(quiet", "controls)", "1", "-", "-", "3", "-", "-", "-", "1"]
    assert shown[8].startswith("0 of 1 detected in time")
    assert shown[9] == "Of one incident there were 3 messages at most, more than 2 in 1 scenarios."
    assert shown[10] == "1 false alarms, 1 of them (with 3 messages) in 1 quiet controls."


def test_what_was_said_before_the_runs_is_told_once():
    faulty = Before(0, 86400, faults=SLOW.injections)
    assert told_of_usual({Before(0, 86400): 1, Before(43200, 172800): 2, faulty: 9}).startswith(
        "3 incidents in 2.0 days"
    )
    assert told_of_usual({faulty: 9}) == ""


@pytest.mark.parametrize("text", ["tuesday 10:00", "monday 02:30", "sunday 23:50"])
def test_a_run_begins_at_its_weekday_and_hour_within_a_week(text):
    begin_s = begins_s(text, SINCE_S)
    assert 0 < begin_s - SINCE_S <= 7 * 86400
    assert datetime.fromtimestamp(begin_s, UTC).strftime("%A %H:%M").lower() == text


def test_what_is_usual_goes_on_from_what_was_written_before_where_nothing_is_wrong_in_it():
    tuesday, saturday = (
        before(load_scenario(OURS / f"{it}.yaml"), 86400, SINCE_S) for it in ("log-flood", "daily-peak")
    )
    earlier, later = sorted((tuesday, saturday), key=lambda one: one.end_s)
    assert later.end_s - later.start_s == 86400
    assert not later.goes_on(earlier), "days lie between"
    assert Before(earlier.end_s - 600, later.end_s).goes_on(earlier)
    drifts = before(load_scenario(OURS / "card-api-drifts.yaml"), 86400, SINCE_S)
    assert (drifts.end_s - drifts.start_s, drifts.rate, len(drifts.faults)) == (28 * 86400, 0.25, 1)
    assert not drifts.goes_on(drifts)


def test_the_clock_goes_in_small_steps_after_a_fault_began_until_it_was_detected():
    pace = Pace(SLOW)  # from 10m on, to be detected within 5m
    assert [pace.step_s(at, None) for at in (0, 569, 570, 600, 899, 900)] == [300, 1, *[FINE_S] * 3, 120]
    assert pace.step_s(630, 620) == Pace(CALM).step_s(600, None) == 120


def test_live_scenarios_are_chosen_of_every_kind_first():
    chosen = choose(load_folder(OURS), 20)
    kinds = [one.kind for one in chosen]
    assert len(chosen) == 20
    assert all("live" in one.modes for one in chosen)
    assert len(set(kinds)) >= 16
    assert len(choose(load_folder(OURS), 8)) == len({one.kind for one in choose(load_folder(OURS), 8)}) == 8


def test_a_live_run_has_something_to_detect_from_its_first_fault_on():
    redrive = load_scenario(OURS / "queue-without-redrive.yaml")  # one fault after 5 minutes, another after 10
    assert since_s(Run(1, redrive, "hand", 1000.0, 1300.0)) == 1000
    assert since_s(Run(1, SLOW, "hand", 1000.0, 1300.0)) == 1000


class Scripted(ThreadingHTTPServer):
    """A server that has incidents: it takes telemetry and a clock, and notes at what time what came."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.now, self.moves, self.came, self.asked, self.opens_at = "", [], [], [], ""


class _Handler(BaseHTTPRequestHandler):
    server: Scripted

    def do_GET(self) -> None:
        path = urlsplit(self.path)
        if path.path == "/api/v1/incidents":
            assert sorted(parse_qs(path.query)) == ["end", "start"]
            opened = self.server.opens_at
            told = {"incidents": [incident(0, RIGHT) | {"opened_at": opened}] if opened else []}
            self._answer(json.dumps(told))
        else:
            self._answer("mendline_spool_bytes 0\n")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        if self.path == "/api/v1/test/clock":
            self.server.now = json.loads(body)["now"]
            self.server.moves.append(self.server.now)
        elif self.path == "/api/v1/explain/change":
            self.server.asked.append(json.loads(body))
            return self._answer(json.dumps({"causes": [WRONG, RIGHT]}))
        else:
            self.server.came.append((self.server.now, self.path))
        return self._answer("{}")

    def _answer(self, text: str) -> None:
        self.send_response(200)
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def scripted():
    with Scripted() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def test_a_model_run_moves_the_clock_in_small_steps_and_telemetry_comes_in_its_time(scripted, tmp_path):
    text = (OURS / "card-api-slow-one-tenant.yaml").read_text().replace("at: 10m, for: 15m", "at: 2m")
    path = tmp_path / "shown.yaml"
    path.write_text(text.replace("since: 10m", "since: 2m").replace("modes:", "run: 10m\nmodes:"))
    address = f"http://127.0.0.1:{scripted.server_port}"
    scenario = load_scenario(path)
    begin = iso(begins_s(scenario.begins, datetime.now(UTC).timestamp() + 1200))
    scripted.opens_at = begin.replace("10:00:00", "10:03:30")

    came = before(scenario, 1200, datetime.now(UTC).timestamp())
    found, has_incidents = play_model(MendlineServer(address, address), scenario, came, Mailbox(), seed=1)
    assert has_incidents
    assert (found.detected, found.seconds_to_detection, found.cause_rank) == (True, 90, 1)
    moves = list(dict.fromkeys(scripted.moves))
    assert min(moves) > begin
    assert len(moves) == 1 + 3 + 4, "to the fault at once, ten seconds until it was detected, then two minutes each"
    assert {path for _, path in scripted.came} == {"/v1/traces", "/v1/logs", "/v1/metrics"}
    since, end = iso(begins_s(scenario.begins, datetime.now(UTC).timestamp() + 1200) + 120), scripted.moves[-1]
    assert scripted.asked == [{"query": 'function:"payment"', "start": since, "end": end}]


def test_where_no_incident_names_a_cause_those_of_who_asks_why_count():
    assert score(SLOW, [incident(60)], since_s=SINCE_S, explained=[WRONG, RIGHT]).cause_rank == 2
    assert score(SLOW, [], since_s=SINCE_S, explained=[RIGHT]).cause_rank == 1
    assert score(SLOW, [incident(60, WRONG)], since_s=SINCE_S, explained=[RIGHT]).cause_rank is None


def test_a_server_that_is_not_there_is_told_of(tmp_path):
    with pytest.raises(ScoreError, match="cannot be asked"):
        MendlineServer("http://127.0.0.1:9", "").incidents(0, 1)


def test_the_page_has_the_tables_between_its_marks_and_names_what_was_missed(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    right = score(SLOW, [incident(50, RIGHT)], [Letter(1, "first", (RIGHT,))], since_s=SINCE_S)
    missed = score(SLOW, [], since_s=SINCE_S)
    calm = score(CALM, [incident(5)], since_s=SINCE_S)
    assert write([right, missed, calm], "1 incidents in 2.0 days before the runs.\n", page)
    told = page.read_text()
    assert told.startswith("before\n")
    assert told.endswith(f"{END}\nafter\n")
    assert "old" not in told
    assert "| `resource_slow` | 2 | 1 | 50 s | 1 | 1 | 1 |" in told
    assert "- Not detected in time: `card-api-slow-one-tenant`." in told
    assert "- False alarms in quiet controls: `ordinary-morning`." in told
    page.write_text("no marks")
    assert not write([right], "", page)
