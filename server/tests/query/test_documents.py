"""docs/query.md is true: queries in it are queries, errors in it are what is said; the reference is the registry."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mendline import errors
from mendline.errors import QueryTextError
from mendline.query import read_query
from mendline.query.faults import shown
from mendline.query.page import examples_of, reference_page
from mendline.query.source import ROWS
from mendline.query.spelling import KEYWORDS

DOCS = Path(__file__).resolve().parents[3] / "docs"
PAGE = (DOCS / "query.md").read_text()
EXAMPLES = list(examples_of(PAGE))
TOLD = [block.rstrip("\n") for block in re.findall(r"^```error\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)]


@pytest.mark.parametrize("text", EXAMPLES)
def test_documented_query_is_one_and_keeps_its_meaning_in_canonical_text(text):
    checked = read_query(text)
    again = read_query(checked.text)
    assert (again.text, again.plan) == (checked.text, checked.plan)
    assert not {notice.code for notice in checked.notices} - {"word_near_field"}


@pytest.mark.parametrize("block", TOLD)
def test_documented_error_is_what_is_said(block):
    with pytest.raises(QueryTextError) as told:
        read_query(block.split("\n")[0])
    assert shown(told.value) == block


def test_page_has_examples_of_every_source_and_keyword():
    assert len(EXAMPLES) > 50
    assert {read_query(text).query.source for text in EXAMPLES} == set(ROWS)
    own = KEYWORDS - {"having", "group", "filter", "stats", "summarize", "like", "contains", "is", "order"}
    assert own <= set(re.findall(r"\w+", " ".join(EXAMPLES)))


def test_page_explains_every_code():
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, QueryTextError)]
    assert {kind.code for kind in kinds} - {"query_invalid"} == set(
        re.findall(r"^\| `(query_\w+)` \|", PAGE, re.MULTILINE)
    )


def test_reference_of_fields_is_what_the_registry_says():
    page = DOCS / "reference" / "fields.md"
    assert page.read_text() == reference_page(), "write reference_page() of mendline.query.page to it"
