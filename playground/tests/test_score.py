"""Scoring: from what a server tells of incidents to detected or not, how soon, and whether the cause is right."""

import json
import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from mendline_playground.live import Run
from mendline_playground.scenario import OURS, Cause, load_folder, load_scenario
from mendline_playground.score import score
from mendline_playground.score.live import choose, since_s
from mendline_playground.score.modelled import begins_s, play_model
from mendline_playground.score.scoring import is_right
from mendline_playground.score.server import MendlineServer, ScoreError, iso
from mendline_playground.score.table import render

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


def incident(after_s, *causes, messages=1):
    ranked = [{"rank": rank, **cause} for rank, cause in enumerate(causes, 1)]
    return {"id": "1", "opened_at": iso(SINCE_S + after_s), "notifications": messages, "causes": ranked}


@pytest.mark.parametrize(
    ("incidents", "detected", "after_s", "messages", "rank", "false_alarms"),
    [
        ([], False, None, 0, None, 0),
        ([incident(60, RIGHT)], True, 60, 1, 1, 0),
        ([incident(60, WRONG, RIGHT)], True, 60, 1, 2, 0),
        ([incident(60, WRONG)], True, 60, 1, None, 0),
        ([incident(60)], True, 60, 1, None, 0),
        ([incident(301, RIGHT)], False, 301, 1, 1, 0),
        ([incident(-1, RIGHT)], False, None, 1, None, 1),
        ([incident(-90, WRONG), incident(90, WRONG, messages=3), incident(120, RIGHT)], True, 90, 5, 1, 1),
        ([incident(60, WRONG, WRONG, RIGHT), incident(70, WRONG, RIGHT)], True, 60, 2, 2, 0),
    ],
)
def test_an_incident_counts_from_when_there_is_something_and_within_its_time(
    incidents, detected, after_s, messages, rank, false_alarms
):
    found = score(SLOW, incidents, since_s=SINCE_S)
    assert (found.detected, found.seconds_to_detection) == (detected, after_s)
    assert (found.notifications, found.cause_rank, found.false_alarms) == (messages, rank, false_alarms)


def test_every_incident_in_a_quiet_control_is_a_false_alarm():
    found = score(CALM, [incident(60, RIGHT), incident(-60)], since_s=SINCE_S)
    assert (found.detected, found.seconds_to_detection, found.false_alarms, found.cause_rank) == (False, None, 2, None)


def test_detection_counts_before_opening_and_lists_of_messages_are_counted():
    told = incident(200, RIGHT, messages=["a", "b"]) | {"detected_at": iso(SINCE_S + 20)}
    found = score(SLOW, [told], since_s=SINCE_S)
    assert (found.seconds_to_detection, found.notifications) == (20, 2)


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
        "cause_rank", "detected", "false_alarms", "kind", "notifications", "scenario", "seconds_to_detection", "truth",
    ]  # fmt: skip
    assert json.loads(json.dumps(document))["truth"]["cause"]["value"] == "birch"


def test_the_tables_tell_every_scenario_and_every_kind():
    late = score(SLOW, [incident(400, WRONG, RIGHT | {"owner": "code"})], since_s=SINCE_S)
    calm = score(CALM, [incident(5)], since_s=SINCE_S)
    shown = render([late, calm]).splitlines()
    assert shown[1].split() == ["card-api-slow-one-tenant", "resource_slow", "late", "6m40s", "1", "#2", "wrong", "0"]
    assert shown[2].split() == ["ordinary-morning", "none", "-", "-", "1", "-", "-", "1"]
    assert shown[5].split() == ["resource_slow", "1", "0", "of", "1", "-", "1", "0", "of", "1", "1", "of", "1", "0"]
    assert shown[6].split() == ["(quiet", "controls)", "1", "-", "-", "1", "-", "-", "1"]
    assert shown[8].startswith(
        "0 of 1 detected in time, the cause named first in 0; 1 false alarms, 1 of them in 1 quiet"
    )


@pytest.mark.parametrize("text", ["tuesday 10:00", "monday 02:30", "sunday 23:50"])
def test_a_run_begins_at_its_weekday_and_hour_within_a_week(text):
    begin_s = begins_s(text, SINCE_S)
    assert 0 < begin_s - SINCE_S <= 7 * 86400
    assert datetime.fromtimestamp(begin_s, UTC).strftime("%A %H:%M").lower() == text


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

    found, has_incidents = play_model(MendlineServer(address, address), scenario, seed=1, history_s=1200)
    assert has_incidents
    assert (found.detected, found.seconds_to_detection, found.cause_rank) == (True, 90, 1)
    assert [move for move in scripted.moves if move <= begin][-1] == begin
    assert len([move for move in scripted.moves if move > begin]) == 20, "30 seconds each"
    assert {path for _, path in scripted.came} == {"/v1/traces", "/v1/logs", "/v1/metrics"}
    assert len({at for at, path in scripted.came if path == "/v1/traces"}) > 15
    since, end = iso(begins_s(scenario.begins, datetime.now(UTC).timestamp() + 1200) + 120), scripted.moves[-1]
    assert scripted.asked == [{"query": 'function:"payment"', "start": since, "end": end}]


def test_where_no_incident_names_a_cause_those_of_who_asks_why_count():
    assert score(SLOW, [incident(60)], since_s=SINCE_S, explained=[WRONG, RIGHT]).cause_rank == 2
    assert score(SLOW, [], since_s=SINCE_S, explained=[RIGHT]).cause_rank == 1
    assert score(SLOW, [incident(60, WRONG)], since_s=SINCE_S, explained=[RIGHT]).cause_rank is None


def test_a_server_that_is_not_there_is_told_of(tmp_path):
    with pytest.raises(ScoreError, match="cannot be asked"):
        MendlineServer("http://127.0.0.1:9", "").incidents(0, 1)
