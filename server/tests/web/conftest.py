"""What tests of pages share: the real routes on a real store, at a moment that stands still."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime

import anyio
import httpx
import pytest
from hand_clock import HandClock
from sqlalchemy import delete
from starlette.applications import Starlette
from starlette.exceptions import HTTPException

from mendline.access import Access, Members, SignIn, Tries
from mendline.alerting.incidents import Incidents
from mendline.chaos.experiments import Experiments
from mendline.errors import MendlineError, NotFoundError
from mendline.ingest.counters import Counters
from mendline.insight.boards import Boards
from mendline.insight.error_marks import ErrorMarks
from mendline.insight.keeping import Keeping
from mendline.insight.learning import Learning
from mendline.store import Retention
from mendline.store.state import experiment_tables, open_state, tables
from mendline.web import Redacted, ServerFacts, WebContext, build_routes, error_response


class Browser:
    """A browser without script: asks an app in this process for pages, and sends forms."""

    def __init__(self, app: Starlette) -> None:
        self._transport = httpx.ASGITransport(app)

    def get(self, url: str, *, follow: bool = False, headers: dict[str, str] | None = None) -> httpx.Response:
        async def ask() -> httpx.Response:
            async with httpx.AsyncClient(transport=self._transport, base_url="http://127.0.0.1:8000") as client:
                return await client.get(url, follow_redirects=follow, headers=headers)

        return anyio.run(ask)

    def post(self, url: str, json: object = None, **fields: str) -> httpx.Response:
        async def ask() -> httpx.Response:
            async with httpx.AsyncClient(transport=self._transport, base_url="http://127.0.0.1:8000") as client:
                return await client.post(url, json=json, data=None if json is not None else fields)

        return anyio.run(ask)


@pytest.fixture(scope="session")
def _state(tmp_path_factory):
    with closing(open_state(tmp_path_factory.mktemp("state"), datetime(2026, 5, 1, tzinfo=UTC))) as opened:
        yield opened


@pytest.fixture
def state(_state):
    """A state in which nobody decided anything about errors, and nobody made a board."""
    yield _state
    with _state.writing() as connection:
        tried = (experiment_tables.allotments, experiment_tables.experiment_runs, experiment_tables.experiments)
        tried += (experiment_tables.game_day_entries, experiment_tables.game_day_runs, experiment_tables.game_days)
        decided = (
            tables.error_marks,
            tables.boards,
            tables.learning_marks,
            tables.retentions,
            *tried,
            experiment_tables.halts,
        )
        for table in (*decided, tables.sessions, tables.sign_in_links, tables.keys):
            connection.execute(delete(table))


@pytest.fixture
def context(store, now, state):
    members = Members(SignIn(Access(state, HandClock(now), loopback=True), Tries()))
    kept = {
        "error_marks": ErrorMarks(state, "default"),
        "boards": Boards(state, "default"),
        "learning": Learning(state, "default"),
        "incidents": Incidents(state, "default"),
        "experiments": Experiments(state, "default", ready=True),
        "server": ServerFacts(
            state,
            Keeping(state, "default", Retention(7, 30, 14), HandClock(now)),
            lambda: ["The disk is full."],
            lambda: 2,
            lambda: [],
            members,
            Redacted(True, (), Counters().replaced_secrets),
        ),
    }
    return WebContext(store, HandClock(now), "1.2.3", "http://127.0.0.1:4318", True, **kept)


@pytest.fixture
def client(context):
    handlers = {
        MendlineError: lambda request, error: error_response(request, error, context),
        HTTPException: lambda request, error: error_response(request, NotFoundError("There is nothing here."), context),
    }
    return Browser(Starlette(routes=build_routes(context), exception_handlers=handlers))
