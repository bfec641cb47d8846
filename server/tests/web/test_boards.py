"""Boards: queries that are looked at together, kept as a text."""

from __future__ import annotations

import pytest
from web.markup import Markup
from web.shop import LAMBDA, order

from mendline.errors import UsageError
from mendline.model.board import BoardPanel, check_board_name, read_board
from mendline.web.pages.boards import EXAMPLE

TEXT = """# what we look at first
Errors & co
error | count() by function

By function (table)
| count() by function

Wrong
error.typ:x | count()

Newest (table)
error
"""


def test_board_is_read_from_paragraphs():
    assert read_board("# remark\r\nA\r\nerror\n| count()\n\n \nB (table)\n  logs\n") == (
        BoardPanel("A", "error\n| count()", False),
        BoardPanel("B", "logs", True),
    )


@pytest.mark.parametrize("text", ["", "# only a remark", "A title alone", "x\n" * 20_000, "A\nq\n\n" * 25])
def test_text_that_is_no_board_is_refused(text):
    with pytest.raises(UsageError):
        read_board(text)


@pytest.mark.parametrize("name", ["", "Upper", "a b", "-a", "../x", "a" * 64, "a.txt"])
def test_name_of_a_board_stands_in_its_url_as_it_is(name):
    with pytest.raises(UsageError):
        check_board_name(name)


def test_board_is_kept_shown_changed_taken_away_and_deleted(client, send_spans):
    send_spans(*order(1, fails=True), *order(2), resource=LAMBDA)
    answer = client.post("/boards", name="first", text=TEXT)
    assert (answer.status_code, answer.headers["location"]) == (303, "/boards/first")
    page = Markup(client.get("/boards/first").text)
    assert "Errors & co" in page.text
    assert "Could not be computed: Unknown field" in page.text
    assert "checkout 2" in page.text
    assert "OutOfStock" in page.text
    assert [attributes.get("class") for tag, attributes in page.elements].count("plot") == 1
    assert client.get("/boards/first.txt").text == TEXT
    queries = {it["title"]: it["query"] for it in client.get("/boards/first.json").json()["panels"]}
    assert queries["Errors & co"] == "error | count() by function"
    client.post("/boards/first", text="Only\n| count()")
    assert client.get("/boards.json").json()["boards"][0]["panels"] == ["Only"]
    client.post("/boards/first", delete="1")
    assert client.get("/boards/first").status_code == 404


def test_example_of_the_form_is_a_board_whose_queries_are_answered(client, send_spans):
    send_spans(*order(1), resource=LAMBDA)
    assert "There is no board yet" in client.get("/boards").text
    client.post("/boards", name="example", text=EXAMPLE)
    assert "Could not be computed" not in client.get("/boards/example").text


@pytest.mark.parametrize("fields", [{"name": "x"}, {"name": "A B", "text": "A\n| count()"}, {"text": "A\n| count()"}])
def test_board_that_cannot_be_kept_is_refused_in_words(client, fields):
    assert client.post("/boards", **fields).status_code == 400
