"""The query language: one text for search, charts, policies, budgets and abort conditions (docs/query.md). Pure.

`read_query` goes all the way from a text to the plan that a store runs.
"""

from __future__ import annotations

from mendline.query.check import Checked, check
from mendline.query.known import Known
from mendline.query.parser import parse
from mendline.query.plan import Plan
from mendline.query.reading import read_query
from mendline.query.sentence import Query
from mendline.query.source import Source

__all__ = ["Checked", "Known", "Plan", "Query", "Source", "check", "parse", "read_query"]
