"""The heat map counts every invocation once, keeps its box in the URL, and explains what is in it."""

from __future__ import annotations

import time

import pytest
from outlying import COUNT, SLOW, all_invocations
from web.markup import Markup

from mendline.analysis.predicate import Predicate
from mendline.insight.moments import from_ns, to_ns
from mendline.model.heat import HeatCell, HeatMap
from mendline.model.measure import DURATION, Bound
from mendline.model.selection import Selection
from mendline.query import read_query
from mendline.web.explained import query_with
from mendline.web.formats import iso
from mendline.web.heat_drawing import draw_heat, odd_part

BEGAN = time.time_ns() - 600 * 10**9


@pytest.fixture
def fill(send_spans):
    return lambda: send_spans(*all_invocations(BEGAN))


@pytest.fixture
def shop(client, holding, fill):
    holding(fill)
    return client


@pytest.mark.parametrize("scale", ["log", "linear"])
def test_every_invocation_is_counted_once_in_a_row_that_holds_its_duration(shop, scale):
    heat = shop.get(f"/heatmap.json?scale={scale}&mark=cold_start").json()["heatmap"]
    assert sum(cell["count"] for cell in heat["cells"]) == COUNT
    assert sum(cell["marked"] for cell in heat["cells"]) == 6
    for cell in heat["cells"]:
        low, high = heat["edges"][cell["row"] : cell["row"] + 2]
        assert any(low <= took < high + 1e-6 for took in (60, 945))


@pytest.mark.parametrize(
    ("measure", "told", "low", "high"),
    [("wait", COUNT, 40, 5000), ("remaining", COUNT, 66, 98), ("memory", 0, 0, 0), ("cost", 0, 0, 0)],
)
def test_invocations_are_counted_by_each_measure_and_those_without_it_are_told(shop, measure, told, low, high):
    heat = shop.get(f"/heatmap.json?y={measure}").json()["heatmap"]
    assert (sum(cell["count"] for cell in heat["cells"]), heat["untold"]) == (told, COUNT - told)
    rows = {cell["row"] for cell in heat["cells"]}
    assert all(any(at <= value < to for value in (low, high)) for at, to in (heat["edges"][row:][:2] for row in rows))
    page = shop.get(f"/heatmap?y={measure}")
    assert (page.status_code, "more tell no" in page.text) == (200, not told)


@pytest.mark.parametrize("box", ["min_wait_ms=1000", "max_remaining_percent=70", "min_ms=500&min_wait_ms=1000"])
def test_box_of_any_measure_selects_those_within(shop, box):
    told = shop.get(f"/heatmap.json?y=wait&{box}").json()["explanation"]
    assert (told["selected"], told["nothing_explains"]) == (len(SLOW), False)


def test_who_has_no_value_is_in_no_box(shop):
    assert shop.get("/heatmap.json?min_cost_usd=0.000001&y=wait").json()["explanation"]["selected"] == 0


def test_box_is_explained_on_the_page_and_in_its_twin(shop):
    url = "/heatmap?q=function:checkout&min_ms=500"
    told = shop.get(url.replace("/heatmap", "/heatmap.json")).json()["explanation"]
    assert (told["selected"], told["nothing_explains"]) == (len(SLOW), False)
    page = Markup(shop.get(url).text)
    assert "request.items (length)" in page.text
    assert "http bank.example POST /charge takes 900 ms instead of 20 ms" in page.text
    assert "p99 falls from 945 ms to 60.0 ms" in page.text.replace("\u202f", " ")
    assert "≠ request.items (length) 20 20 20" in page.text


def test_nothing_is_said_to_explain_a_box_by_chance(shop):
    half = iso(from_ns(BEGAN + COUNT // 2 * 10**8))
    url = f"/heatmap{{}}?max_ms=500&to={half}&q=duration+<+500ms"
    told = shop.get(url.format(".json")).json()["explanation"]
    assert (told["selected"] > 20, told["others"] > 20, told["nothing_explains"]) == (True, True, True)
    assert "Nothing explains this." in shop.get(url.format("")).text


def test_page_without_a_box_offers_the_slowest(shop):
    page = shop.get("/heatmap?q=function:checkout").text
    assert "Draw a box" in page
    assert "the slowest, above" in page


def test_empty_range_says_what_to_do(client):
    assert "No invocation of this query" in client.get("/heatmap").text


@pytest.mark.parametrize(
    ("query", "status", "said"),
    [
        ("q=durationn+>+5", 400, "Did you mean"),
        ("q=logs+error", 400, "looks at invocations"),
        ("scale=cubic", 400, "scale is"),
        ("mark=blue", 400, "mark is"),
        ("min_ms=long", 400, "must be a number"),
        ("y=height", 400, "y is"),
        ("y=cost&min_cost_usd=-1", 400, "must be US dollars"),
        ("max_remaining_percent=101", 400, "must be percent"),
        ("min_ms=nan", 400, "number of milliseconds"),
        ("from=yesterdayish", 400, ""),
        ("colour=red", 400, "no filter"),
    ],
)
def test_wrong_question_is_answered_with_a_sentence(client, query, status, said):
    answer = client.get(f"/heatmap?{query}")
    assert (answer.status_code, said in answer.text) == (status, True)


# -- the drawing, and links ------------------------------------------------------------------------------------


def _map(now, *cells, edges=(1.0, 10.0, 100.0, 1000.0)):
    return HeatMap(now, now, 10, 10**9, "duration", "ms", edges, "log", tuple(HeatCell(*cell) for cell in cells))


def test_cells_stand_where_they_belong_and_more_is_darker(now):
    drawing = draw_heat(_map(now, (0, 0, 1, 0), (9, 2, 1000, 500)), Selection(bounds=(Bound(DURATION, 10**8),)))
    assert [(level.shade, level.path, level.most) for level in drawing.levels] == [
        (1, "M0 20h10v10h-10z", 1),
        (8, "M90 0h10v10h-10z", 1000),
    ]
    assert drawing.marks == "M92.0 2.0h6.0v6.0h-6.0z"
    assert (drawing.box.y, drawing.box.height, drawing.box.width) == (0, pytest.approx(10), 100)


def test_box_keeps_to_the_map(now):
    start = to_ns(now)
    drawing = draw_heat(
        _map(now, (0, 0, 1, 0)), Selection(start - 10**9, start + 5 * 10**9, (Bound(DURATION, None, 10**12),))
    )
    assert (drawing.box.x, drawing.box.width, drawing.box.y, drawing.box.height) == (0, pytest.approx(50), 0, 30)


def test_lines_of_the_axis_are_round_in_its_unit(now):
    def lines(measure, unit, *edges, scale="log"):
        drawn = draw_heat(HeatMap(now, now, 10, 10**9, measure, unit, edges, scale, (HeatCell(0, 0, 1, 0),)), None)
        return [tick.text.replace("\u202f", " ") for tick in drawn.lines]

    assert lines("memory", "B", 3e7, 2e8) == ["32 MB", "64 MB", "128 MB"]
    assert lines("wait", "ms", 900, 1e5) == ["1 s", "10 s", "1 min"]
    assert lines("cost", "$", 1e-7, 1e-5) == ["$0.0000001", "$0.000001", "$0.00001"]
    assert lines("remaining", "%", 0, 100, scale="linear") == ["0", "20 %", "40 %", "60 %", "80 %", "100 %"]


def test_slowest_part_is_offered_where_few_are_much_slower(now):
    assert odd_part(_map(now, (0, 0, 1000, 0), (1, 2, 10, 0), edges=(1, 2, 4, 8, 16))) is None
    rows = tuple(2.0**n for n in range(12))
    assert odd_part(_map(now, (0, 1, 1000, 0), (1, 9, 10, 0), edges=rows)) == 2.0**9
    assert odd_part(_map(now, (0, 1, 1000, 0), edges=rows)) is None


@pytest.mark.parametrize(
    ("asked", "predicate", "text"),
    [
        ("", Predicate("version", "=", "42"), "version:42"),
        ("error or cold_start", Predicate("tenant", "=", "a b"), '(error or cold_start) attr("tenant"):"a b"'),
        ("function:f", Predicate("cold_start", "=", True), "function:f cold_start"),
        ("", Predicate("request.user", "absent"), "not exists(request.user)"),
        ("", Predicate("request.n", ">=", 5), "request.n >= 5"),
        ("", Predicate("calls dynamodb orders GetItem", ">=", 5), ""),
        ("", Predicate('a"b', "=", 'x"; DROP'), 'attr("a\\"b"):"x\\"; DROP"'),
    ],
)
def test_finding_leads_to_its_invocations(asked, predicate, text):
    assert query_with(asked, [predicate]) == (read_query(text).text if text else "")
