"""Every route and the role that it takes, as the reference says: a route that nobody placed breaks the build."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from starlette.routing import BaseRoute, Mount, Route

from mendline.access.rules import Kind, Rule, rule_for
from mendline.api import (
    agent_config,
    aws,
    complete,
    experiments,
    explain,
    game_days,
    health,
    held_clock,
    incidents,
    openapi,
    otlp,
    policies,
    query,
    reads,
    removals,
    saved_queries,
)
from mendline.api import server_status as status
from mendline.store.state import Scope
from mendline.web import build_routes, sign_in_routes

REFERENCE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "routes.md"
SAFE = ("GET", "HEAD")
WORDS = {
    Kind.OPEN: "everybody",
    Kind.SIGN_IN: "everybody, from this site's own page",
    Kind.OWN: "ingest (the key stands in the request)",
}


class Unasked:
    """Stands where routes keep what they will ask; here nobody asks them."""

    def __getattr__(self, name: str) -> Unasked:
        return self

    def __call__(self, *_: object) -> Unasked:
        return self


def all_routes() -> list[BaseRoute]:
    it: Any = Unasked()
    doors = [module.build_routes(it) for module in (otlp, aws, agent_config, health, held_clock, status)]
    asked = [module.build_routes(it, it) for module in (reads, query, complete, explain)]
    kept = [
        *openapi.build_routes(),
        *removals.build_routes(it),
        *saved_queries.build_routes(it, it, it),
        *policies.build_routes(it, it, it),
        *incidents.build_routes(it, it),
        *experiments.build_routes(it, it, it),
        *game_days.build_routes(it, it),
    ]
    return [route for part in (*doors, *asked, kept, sign_in_routes(it), build_routes(it)) for route in part]


def lines() -> Iterator[str]:
    for route in all_routes():
        if isinstance(route, Mount):
            yield f"| `GET` | `{route.path}/…` | {role_of(rule_for(route.path + '/x'), 'GET')} |"
            continue
        assert isinstance(route, Route)
        rule = rule_for(route.path.split("{")[0] + "x" if "{" in route.path else route.path)
        methods = ["any"] if route.methods is None else sorted(route.methods - {"HEAD"})
        for method in methods:
            yield f"| `{method}` | `{route.path}` | {role_of(rule, method)} |"


def role_of(rule: Rule, method: str) -> str:
    needed = rule.needed if method in SAFE else rule.changes
    return WORDS.get(rule.kind) or needed.role or str(needed)


def test_reference_lists_every_route_with_its_role():
    told = {line for line in REFERENCE.read_text().splitlines() if line.startswith("| `")}
    assert told == set(lines()), "\n".join(sorted(set(lines())))


def test_the_openapi_document_tells_of_every_route_of_the_api():
    told = {
        (method.upper(), path, operation["description"].split("`")[1])
        for path, operations in openapi.document()["paths"].items()
        for method, operation in operations.items()
    }
    roles = {role: scope for scope in Scope for role in (scope.role, str(scope))}
    lined = (line.split("|")[1:4] for line in lines() if "`/api/v1/" in line)
    listed = {(m.strip(" `"), p.strip(" `").replace(":int", ""), str(roles[role.strip()])) for m, p, role in lined}
    assert told == listed


def test_nothing_but_ingest_sign_in_and_long_questions_is_changed_by_viewers():
    changed = {line.split("`")[3] for line in lines() if "`GET`" not in line and line.endswith("| viewer |")}
    assert {path for path in changed if not path.startswith(("/queries", "/api/v1/queries"))} <= {
        "/api/v1/query",
        "/api/v1/explain",
        "/api/v1/explain/change",
    }
