"""Queries are saved for oneself or for the project; pages offer them and begin with their default."""

from __future__ import annotations

import html

import anyio
import httpx
import pytest
from hand_clock import HandClock
from starlette.applications import Starlette
from starlette.responses import JSONResponse

from mendline.access import Access, Grant, Members, Scope, SignIn, Tries
from mendline.alerting.incidents import Incidents
from mendline.api.saved_queries import build_routes
from mendline.chaos.experiments import Experiments
from mendline.errors import MendlineError
from mendline.insight.boards import Boards
from mendline.insight.error_marks import ErrorMarks
from mendline.insight.keeping import Keeping
from mendline.insight.learning import Learning
from mendline.insight.saved_queries import SavedQueries
from mendline.store import Retention
from mendline.store.state import insert_project, open_state
from mendline.web import Redacted, ServerFacts, WebContext, error_response
from mendline.web import build_routes as build_pages


class People:
    """The app as people with different keys reach it; the gate that would have checked them is not here."""

    def __init__(self, store, state, clock):
        saved = SavedQueries(state, clock)
        members = Members(SignIn(Access(state, clock, loopback=True), Tries()))
        keeping = Keeping(state, store.project, Retention(), clock)
        kept = {
            "error_marks": ErrorMarks(state, store.project),
            "boards": Boards(state, store.project),
            "learning": Learning(state, store.project),
            "incidents": Incidents(state, store.project),
            "experiments": Experiments(state, store.project),
            "server": ServerFacts(state, keeping, lambda: [], lambda: 0, lambda: [], members, Redacted(True)),
            "saved": saved,
        }
        context = WebContext(store, clock, "1.2.3", "http://127.0.0.1:4318", True, **kept)

        def answer(request, error):
            api = request.url.path.startswith("/api/")
            return JSONResponse({"code": error.code}, error.status) if api else error_response(request, error, context)

        routes = [*build_routes(store, saved, clock), *build_pages(context)]
        self._app = Starlette(routes=routes, exception_handlers={MendlineError: answer})

    def ask(self, method, path, json=None, *, key=1, scope=Scope.READ, form=None):
        async def as_somebody(asgi_scope, receive, send):
            asgi_scope["state"] = {"grant": Grant("default", scope, key)}
            await self._app(asgi_scope, receive, send)

        async def send():
            async with httpx.AsyncClient(transport=httpx.ASGITransport(as_somebody), base_url="http://localhost") as by:
                return await by.request(method, path, json=json, data=form)

        return anyio.run(send)

    def save(self, name, text="error", **more):
        key = more.pop("key", 1)
        answer = self.ask("POST", "/api/v1/queries", {"name": name, "text": text, **more}, key=key)
        assert answer.status_code == 201, answer.text
        return answer.json()["id"]

    def names(self, **who):
        return [each["name"] for each in self.ask("GET", "/api/v1/queries", **who).json()["queries"]]


@pytest.fixture
def people(store, tmp_path, now):
    state = open_state(tmp_path, now)
    with state.writing() as connection:
        insert_project(connection, store.project, now)
    yield People(store, state, HandClock(now))
    state.close()


def test_private_ones_are_seen_by_who_saved_them_and_shared_ones_by_all(people):
    people.save("mine", "error  AND cold_start")
    people.save("ours", is_shared=True)
    assert people.names() == ["mine", "ours"]
    assert people.names(key=2) == ["ours"]
    assert people.ask("GET", "/api/v1/queries").json()["queries"][0]["text"] == "error and cold_start"


def test_query_is_changed_and_forgotten_by_who_saved_it_or_an_administrator(people):
    number = people.save("ours", is_shared=True)
    path = f"/api/v1/queries/{number}"
    assert people.ask("PATCH", path, {"name": "theirs"}, key=2).status_code == 403
    assert people.ask("DELETE", path, key=2).status_code == 403
    assert people.ask("PATCH", path, {"name": "all", "text": "timed_out"}, key=2, scope=Scope.ADMIN).status_code == 200
    assert people.names() == ["all"]
    assert people.ask("PATCH", path, {"is_shared": False}).json()["text"] == "timed_out"
    assert people.ask("DELETE", path, key=2, scope=Scope.ADMIN).status_code == 404
    assert people.ask("DELETE", path).status_code == 204
    assert people.names() == []


def test_page_has_one_default_and_ones_own_goes_first(people):
    people.save("first", is_default=True)
    people.save("second", "timed_out", is_default=True)
    people.save("all", "oom", is_default=True, is_shared=True, key=2)
    kept = {each["name"]: each["is_default"] for each in people.ask("GET", "/api/v1/queries").json()["queries"]}
    assert kept == {"all": True, "first": False, "second": True}
    for key, text in ((1, "timed_out"), (2, "oom"), (3, "oom")):
        page = people.ask("GET", "/explore", key=key)
        assert f">\n{text}</textarea>" in page.text, key
    assert "timed_out" not in people.ask("GET", "/explore?q=").text
    assert ">\ntimed_out</textarea>" not in people.ask("GET", "/traces").text  # another page


@pytest.mark.parametrize(
    ("page", "of", "path", "other"),
    [
        ("function", "function:checkout", "/functions/checkout", "/functions/price"),
        (
            "resource",
            "resource.type:dynamodb resource.name:orders",
            "/dependencies/resource?type=dynamodb&name=orders",
            "/dependencies/resource?type=dynamodb&name=prices",
        ),
        ("entry", "entry:checkout", "/transactions/entry?entry=checkout", "/transactions/entry?entry=price"),
    ],
)
def test_pages_about_one_thing_keep_queries_of_that_thing(people, send_spans, page, of, path, other):
    for name in ("checkout", "price"):
        send_spans({"name": name, "attributes": {"faas.invocation_id": name}}, resource={"faas.name": name})
    first = people.ask("GET", path).text
    form = first.partition('action="/queries" class="save">')[2].partition("</form>")[0]
    assert f'name="page" value="{page}"><input type="hidden" name="of" value="{of}">' in form
    says = {"name": "what fails", "text": "error", "page": page, "of": of, "default": "1", "next": path}
    assert people.ask("POST", "/queries", form=says).headers["location"] == path
    assert ">\nerror</textarea>" in people.ask("GET", path).text
    assert ">\nerror</textarea>" not in people.ask("GET", other).text
    people.save("another", "oom", page=page, of=f"{of}2", is_default=True)  # takes no default from the first
    assert ">\nerror</textarea>" in people.ask("GET", path).text


@pytest.mark.parametrize(
    ("says", "code"),
    [
        ({"text": "error"}, "usage"),
        ({"name": "x" * 101, "text": "error"}, "usage"),
        ({"name": " ", "text": "error"}, "usage"),
        ({"name": "x", "text": "error", "page": "nowhere"}, "usage"),
        ({"name": "x", "text": "error", "page": "function"}, "usage"),
        ({"name": "x", "text": "error", "page": "traces", "of": "function:checkout"}, "usage"),
        ({"name": "x", "text": "error", "shared": True}, "usage"),
        ({"name": "x", "text": "error", "is_shared": "yes"}, "usage"),
        ({"name": "x", "text": "error.typ:x"}, "query_unknown_field"),
        ([], "usage"),
    ],
)
def test_what_cannot_be_saved_is_refused_and_says_why(people, says, code):
    answer = people.ask("POST", "/api/v1/queries", says)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert people.names() == []


def test_form_saves_makes_default_and_forgets_without_script(people):
    hostile = '<b onmouseover="x">'
    form = {"name": hostile, "text": "error", "page": "explore", "shared": "1", "next": "/explore?q=error"}
    answer = people.ask("POST", "/queries", form=form)
    assert (answer.status_code, answer.headers["location"]) == (303, "/explore?q=error")
    listed = people.ask("GET", "/explore?q=error", key=2).text
    assert hostile not in listed
    assert html.escape(hostile, quote=False).replace('"', "&#34;") in listed
    number = people.ask("GET", "/api/v1/queries").json()["queries"][0]["id"]
    assert (
        people.ask("POST", f"/queries/{number}/default", form={"default": "1", "next": "//evil"}).headers["location"]
        == "/"
    )
    assert people.ask("GET", "/api/v1/queries").json()["queries"][0]["is_default"]
    assert people.ask("POST", f"/queries/{number}/delete", form={"next": "/traces"}).status_code == 303
    assert people.names() == []
    assert '<form method="post" action="/queries" class="save">' in people.ask("GET", "/explore?q=error").text


def test_nobody_in_particular_keeps_nothing(people):
    number = people.save("ours", is_shared=True)
    everybody = {"key": None, "scope": Scope.READ}
    assert people.names(**everybody) == ["ours"]
    for method, path in (("POST", "/api/v1/queries"), ("PATCH", f"/api/v1/queries/{number}")):
        assert people.ask(method, path, {"name": "x", "text": "error"}, **everybody).status_code == 403
    assert people.ask("DELETE", f"/api/v1/queries/{number}", **everybody).status_code == 403
    assert people.ask("POST", "/queries", form={"name": "x", "text": "error"}, **everybody).status_code == 403
