"""Experiments are drafted, kept, tried without effect, begun, stopped and scored on their pages."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from urllib.parse import quote

import pytest
from chaos.told import TOLD, told
from web.markup import Markup
from web.shop import LAMBDA, order

from mendline.chaos.game_days import GameDays
from mendline.model.experiment_run import RunState
from mendline.query import read_query
from mendline.store.state import save_run
from mendline.yaml_entries import as_yaml

NAME = TOLD["name"]
PLACE = f"/experiments/{quote(NAME)}"
SCORE = {
    "verdict": "broken", "why": "it did not hold 20 s after the start.", "passed": False,
    "lines": ["The hypothesis did not hold: it did not hold 20 s after the start."],
    "phases": {
        name: {"state": state, "course": [{"at": "", "holds": state != "broken", "value": 0.5, "group": ""}]}
        for name, state in (("before", "held"), ("during", "broken"), ("after", "held"))
    },
    "struck": {"injected": 9, "invocations": 9, "failed": 9, "degraded": 0, "buffered": 0},
    "alert": {"fired": True, "policy": "Errors", "group": "checkout", "after_s": 31.0, "real": False},
    "cause": {"named": "dynamodb/orders", "right": True, "text": ""},
    "checks": [{"what": "the hypothesis", "wanted": "held", "found": "broken", "passed": False}],
}  # fmt: skip


@pytest.fixture
def text(state):
    return as_yaml({"experiments": [TOLD]})


def test_draft_is_kept_begun_stopped_and_told(client, context, text, send_spans):
    send_spans(*order(1), *order(2), resource=LAMBDA)
    tried = client.post("/experiments", text=text, action="try")
    assert "It fits 2 calls of the last hour" in Markup(tried.text).text
    other = as_yaml({"experiments": [{**TOLD, "target": {**TOLD["target"], "version": "99"}}]})
    tried = Markup(client.post("/experiments", text=other, action="try").text).text
    assert "in the last hour, version 99 of checkout did not call" in tried
    assert client.post("/experiments", text=text).headers["location"] == PLACE
    page = Markup(client.get(PLACE).text).text
    assert "dynamodb / orders* of checkout takes 800 ms longer: 50% of such calls, at most 10, for 2m." in page
    assert "It never ran." in page
    begun = client.post(PLACE, action="run")
    place = begun.headers["location"]
    running = client.get(place)
    assert "Stop it now" in running.text
    assert 'http-equiv="refresh"' in running.text
    assert "Stop all experiments" in client.get("/experiments").text
    assert client.post(place, action="stop").status_code == 303
    run = context.experiments.run(int(place.rpartition("/")[2]))
    assert run.state is RunState.SETTLING
    with context.experiments.state.writing() as connection:
        save_run(connection, replace(run, state=RunState.ABORTED, score=SCORE), context.clock.now())
    over = client.get(place).text
    assert 'class="chosen"' in over
    assert f"Heat map of 2 invocations of {TOLD['target']['function']}" in over
    told_ = Markup(over).text
    for words in ("did not hold 20 s after", "not as expected", "9 of at most 10", "during:", "as heat maps"):
        assert words.lower() in told_.lower()
    assert client.get(f"{place}.json").json()["run"]["score"]["verdict"] == "broken"
    assert f"/api/v1/experiment-runs/{run.id}/runbook" in client.get(place).text
    covered = client.get("/coverage")
    assert "did not hold" in Markup(covered.text).text
    (row,) = [one for one in client.get("/coverage.json").json()["coverage"] if one["type"] == "dynamodb"]
    assert (row["modes"]["slow"]["verdict"], row["modes"]["no answer"]) == ("broken", None)
    assert client.post(PLACE, action="delete").headers["location"] == "/experiments"


def test_all_are_stopped_with_one_button_and_none_begins(client, context, text):
    client.post("/experiments", text=text)
    client.post("/experiments", action="stop", reason="<b>enough</b>")
    page = client.get("/experiments")
    assert "All experiments are stopped" in page.text
    assert "&lt;b&gt;enough" in page.text
    assert client.post(PLACE, action="run").status_code == 400
    client.post("/experiments", action="release")
    assert client.get("/experiments.json").json()["halt"] is None
    now = context.clock.now()
    assert context.experiments.begin(NAME, now + timedelta(hours=1), now, "").state is RunState.SCHEDULED
    assert client.post(PLACE, action="delete").status_code == 400


def test_what_is_wrong_in_a_draft_is_told_beside_it(client):
    page = client.post("/experiments", text=as_yaml({"experiments": [told(fault="latncy")]}), action="try")
    assert page.status_code == 400
    assert "Did you mean latency?" in page.text
    assert "latncy" in Markup(page.text).text


def test_draft_is_about_what_somebody_came_from(client, context):
    page = client.get("/experiments?function=checkout&type=redis&name=cache-1&mode=errors").text
    assert "redis_error" in page
    assert "cache-1 answers errors, for checkout" in page
    context.experiments.save(told(name="a/b".replace("/", " ")), context.clock.now(), "", read_query)
    assert client.get("/experiments/a%20b").status_code == 200
    assert client.get("/experiments/runs/x").status_code == 404


def test_game_day_is_kept_begun_noted_and_stopped_on_its_pages(client, context, text):
    assert "There is no game day yet" in client.get("/game-days").text
    client.post("/experiments", text=text)
    assert NAME in client.get("/game-days").text
    day = {"name": "A day", "goal": "to <b>see</b>", "plan": [{"experiment": NAME, "ask": True}]}
    wrong = client.post("/game-days", text=as_yaml({"game_days": [{**day, "plan": ["none"]}]}))
    assert (wrong.status_code, "There is no experiment" in wrong.text) == (400, True)
    assert client.post("/game-days", text=as_yaml({"game_days": [day]})).headers["location"] == "/game-days/A%20day"
    assert "to &lt;b&gt;see" in client.get("/game-days/A%20day").text
    place = client.post("/game-days/A%20day", action="begin").headers["location"]
    GameDays(context.experiments).advance(context.clock.now())
    assert "waits for people" in client.get(place).text
    client.post(place, action="note", text="<i>calm</i>")
    client.post(place, action="go on")
    GameDays(context.experiments).advance(context.clock.now())
    page = client.get(place).text
    for words in ("Stop it now", "&lt;i&gt;calm", "It is under way", "went on with"):
        assert words in page
    assert client.post("/game-days/A%20day", action="delete").status_code == 400
    client.post(place, action="stop")
    told_ = client.get(f"{place}.json").json()
    assert (told_["state"], told_["steps"][0]["run"]["state"]) == ("stopped", "settling")
    assert client.post("/game-days/A%20day", action="delete").headers["location"] == "/game-days"
    assert client.get(place).status_code == 200
