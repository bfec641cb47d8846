"""The two web apps of a server: pages with API, and the one that takes telemetry. Each project's pages are its own."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from hashlib import blake2b
from urllib.parse import quote

from anyio import to_thread
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from mendline import __version__
from mendline.access import Gate, Grant, Members, SecurityHeaders, grant_of
from mendline.access import Scope as Right
from mendline.alerting.incidents import Incidents
from mendline.alerting.policies import Policies
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
    server_status,
)
from mendline.app.compose import Running
from mendline.app.read_turns import ReadTurns
from mendline.app.refusals import refuser
from mendline.clock import HeldClock
from mendline.errors import MendlineError, MethodRefusedError, NotFoundError, UnauthenticatedError
from mendline.ingest.admission import Hold
from mendline.ingest.cloudwatch.convert import Converted
from mendline.ingest.counters import OTHER, UNDECODED
from mendline.ingest.digests import DIGEST_BYTES
from mendline.ingest.receive import Receiver
from mendline.insight.boards import Boards
from mendline.insight.error_marks import ErrorMarks
from mendline.insight.keeping import Keeping
from mendline.insight.learning import Learning
from mendline.insight.removals import Removing
from mendline.insight.saved_queries import SavedQueries
from mendline.insight.sizes import table_sizes
from mendline.insight.unstruck import unstruck
from mendline.model.signal import Export
from mendline.store.state import DEFAULT_PROJECT
from mendline.web import Arrivals, OwnKeys, ServerFacts, WebContext, error_response, sign_in_routes
from mendline.web import build_routes as build_pages

log = logging.getLogger(__name__)
_Answer = Callable[[Request, Exception], Response]
_API_PATHS = ("/api/", "/v1/", "/aws/", "/healthz", "/readyz", "/metrics")


def web_app(running: Running, otlp_endpoint: str) -> ASGIApp:
    """The app on the web port: pages, API, health, and telemetry too."""
    counters = running.counters
    pages = ReadTurns(
        _Pages(running, otlp_endpoint), _answer_error, counters.refused_reads.inc, counters.cancelled_reads.inc
    )
    routes = [
        *_ingest_routes(running, health.WEB),
        *_status_routes(running),
        *_clock_routes(running),
        *sign_in_routes(running.sign_in),
    ]
    strays = otlp.stray_app(_otlp_door(running))

    async def otherwise(scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        sent = scope.get("method") == "POST" and not path.startswith("/api/")
        astray = sent and ("/v1/" in path or otlp.media_type_of(Request(scope)) in (otlp.PROTOBUF, otlp.JSON))
        await (strays if astray else pages)(scope, receive, send)

    return _guarded(running, routes, _answer_error, otherwise=otherwise, public=running.public)


def otlp_app(running: Running, pages_at: str) -> ASGIApp:
    """The app on the OTLP port; the pages of `web_app` are at another."""
    strays = otlp.stray_app(_otlp_door(running), pages_at)
    return _guarded(running, _ingest_routes(running, health.OTLP_HTTP), _answer_json, otherwise=strays)


@dataclass(frozen=True, slots=True)
class _Pages:
    """Hands each request to the pages of its project, which are made when first asked for."""

    running: Running
    otlp_endpoint: str
    made: dict[str, Starlette] = field(default_factory=dict)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        grant = grant_of(scope)
        name = grant.project if grant else DEFAULT_PROJECT
        if name not in self.made:
            self.made[name] = await to_thread.run_sync(self._make, name)
        await self.made[name](scope, receive, send)

    def _make(self, name: str) -> Starlette:
        store, clock = self.running.projects.get(name).store, self.running.clock
        saved = SavedQueries(self.running.access.state, clock)
        learning = Learning(self.running.access.state, name)
        context = WebContext(
            store=store,
            clock=clock,
            version=__version__,
            otlp_endpoint=self.otlp_endpoint,
            open_access=True,
            error_marks=ErrorMarks(self.running.access.state, name),
            boards=Boards(self.running.access.state, name),
            learning=learning,
            server=_server_facts(self.running, name),
            saved=saved,
            incidents=_incidents(self.running, name),
            experiments=self.running.experiments(self.running.projects.get(name)),
            looked=partial(self.running.newest_look, name),
            removing=self.running.removing() if name == DEFAULT_PROJECT else Removing(),
            failing=lambda: self.running.evaluator.failing(name) if self.running.evaluator else {},
        )
        queries = [
            *query.build_routes(store, clock, learning.marks),
            *complete.build_routes(store, clock),
            *openapi.build_routes(),
            *explain.build_routes(store, clock),
            *saved_queries.build_routes(store, saved, clock),
            *policies.build_routes(store, Policies(self.running.access.state, name), clock),
            *incidents.build_routes(context.incidents, clock),
            *experiments.build_routes(store, context.experiments, clock),
            *game_days.build_routes(context.experiments, clock),
            *removals.build_routes(context.removing),
        ]
        left = partial(unstruck, store, self.running.access.state, name)
        routes = [
            *reads.build_routes(store, clock, left),
            *queries,
            *build_pages(context),
        ]

        def answer(request: Request, error: Exception) -> Response:
            return _answer_error(request, error, context)

        return _app(routes, answer)


def _ingest_routes(running: Running, listener: str) -> list[Route]:
    store = running.projects.get().store
    about = health.Health(store, running.counters, __version__, listener, running.data_id, lambda: _problems(running))
    return [
        *otlp.build_routes(_otlp_door(running)),
        *aws.build_routes(_aws_door(running)),
        *agent_config.build_routes(_agent_config_door(running)),
        *health.build_routes(about),
    ]


def _problems(running: Running) -> list[str]:
    """What keeps data of any open project from being taken in or stored, in sentences."""
    found = [(project.spool.refusal(), project.writer.problem()) for project in running.projects.opened()]
    return sorted({sentence for pair in found for sentence in pair if sentence})


def _server_facts(running: Running, name: str) -> ServerFacts:
    configs = running.agent_configs
    return ServerFacts(
        state=running.access.state,
        keeping=Keeping(running.access.state, name, running.retention, running.clock),
        problems=lambda: _problems(running),
        quarantined=lambda: running.projects.get(name).quarantine.things,
        aws=lambda: running.readers.status() if running.readers else [],
        members=Members(running.sign_in),
        redacted=running.redacted,
        own_keys=OwnKeys(lambda: configs.of(name).redact_keys, partial(configs.name_secret, name)),
        arrivals=Arrivals(lambda: running.projects.get(name).spool.journal.done, running.stopping.is_set),
    )


def _clock_routes(running: Running) -> list[Route]:
    if not isinstance(running.clock, HeldClock):
        return []
    return held_clock.build_routes(running.clock, partial(_tick, running))


def _tick(running: Running) -> None:
    running.runner.tick()
    if running.finding_watch:
        running.finding_watch.look_if_due()
    if running.evaluator:
        running.evaluator.tick()


def _incidents(running: Running, name: str) -> Incidents:
    evaluator = running.evaluator

    def changed(project: str) -> None:
        if evaluator is not None:
            evaluator.forget(project)

    return Incidents(running.access.state, name, lambda: running.base_url, changed)


def _status_routes(running: Running) -> list[Route]:
    return server_status.build_routes(
        server_status.ServerStatus(
            version=__version__,
            problems=lambda: _problems(running),
            quarantined=lambda: {each.name: each.quarantine.things for each in running.projects.opened()},
            aws=lambda: [sentence for readers in running.all_readers() for sentence in readers.status()],
            sizes=lambda: {each.name: table_sizes(each.store) for each in running.projects.opened()},
        )
    )


def _otlp_door(running: Running) -> otlp.OtlpDoor:
    async def receiver_of(request: Request) -> tuple[Receiver, int | None]:
        grant = _granted(request)
        return (await running.projects.reach(grant.project)).receiver, grant.key_id

    return otlp.OtlpDoor(
        receiver_of,
        running.admission,
        running.bounds,
        running.counters,
        _agent_config_door(running),
        running.workers,
    )


def _agent_config_door(running: Running) -> agent_config.AgentConfigDoor:
    configs = running.agent_configs
    return agent_config.AgentConfigDoor(
        lambda request: _granted(request).project, configs.of, configs.set, running.orders.of, running.orders.at_hand
    )


def _aws_door(running: Running) -> aws.AwsDoor[Grant]:
    async def require(grant: Grant) -> None:
        (await running.projects.reach(grant.project)).receiver.require(grant.key_id)

    async def accept(exports: Sequence[Export], grant: Grant, hold: Hold) -> bool:
        receiver = running.projects.get(grant.project).receiver
        accepted = await running.workers.run(lambda: receiver.accept_exports(exports, key_id=grant.key_id, hold=hold))
        waited_for = [asyncio.wrap_future(each.durable) for each in accepted if each.durable is not None]
        return any(await asyncio.gather(*waited_for)) or len(waited_for) < len(accepted)

    def converted(found: Converted, grant: Grant, is_fresh: bool) -> None:
        quarantine = running.projects.get(grant.project).quarantine
        for lost in found.lost:
            name = f"aws-{blake2b(lost.data, digest_size=DIGEST_BYTES).hexdigest()}-{lost.record}"
            is_fresh |= not quarantine.has(name)
            about = {"reason": lost.message, "code": lost.reason, "request_id": found.request_id, "record": lost.record}
            quarantine.keep(name, lost.data, about, suffix=".bin")
        if not is_fresh:
            return
        for reason, count in found.left_out:
            running.counters.left_out.labels(OTHER, reason).inc(count)
        for reason, count in (*found.odd, (UNDECODED, found.undecoded)):
            running.counters.odd_log_events.labels(reason).inc(count)

    def refused(error: MendlineError) -> None:
        running.counters.refused.labels(OTHER, error.code).inc()

    return aws.AwsDoor(
        require=require,
        accept=accept,
        sender=lambda grant: grant.key_id,
        check_key=lambda key: running.access.authorise({}, Right.INGEST, key=key),
        authorise=_granted,
        converted=converted,
        refused=refused,
        admission=running.admission,
        workers=running.workers,
        most_request_bytes=running.bounds.request_bytes,
        most_inflated_bytes=running.bounds.inflated_bytes,
        now_ms=lambda: int(running.clock.now().timestamp() * 1000),
    )


def _granted(request: Request) -> Grant:
    grant = grant_of(request.scope)
    if grant is None:  # the gate has let through a path that needs one: never take its telemetry
        raise UnauthenticatedError("This path needs a key, and the request was not asked for one.")
    return grant


def _guarded(
    running: Running,
    routes: Sequence[BaseRoute],
    answer: _Answer,
    otherwise: ASGIApp | None = None,
    *,
    public: bool = False,
) -> ASGIApp:
    """Around the whole app, so that answers to unexpected errors are guarded too. `otherwise` has all other paths."""
    app = _app(routes, answer)
    if otherwise is not None:
        app.router.default = otherwise
    refuse = refuser(running.counters, answer)
    return SecurityHeaders(Gate(app, running.access, running.sign_in, refuse, running.allowed_hosts, public))


def _app(routes: Sequence[BaseRoute], answer: _Answer) -> Starlette:
    app = Starlette(routes=routes, exception_handlers={MendlineError: answer, HTTPException: answer, Exception: answer})
    app.router.redirect_slashes = False  # exporters follow no redirect, and take it for success
    return app


def _answer_error(request: Request, error: Exception, site: WebContext | None = None) -> Response:
    known = _as_known(request, error)
    path = request.url.path
    if path.startswith(_API_PATHS):
        return _json(known, error)
    if known.status == 404 and request.method == "GET" and path.strip("/") and path.endswith("/"):
        query = f"?{request.url.query}" if request.url.query else ""
        return RedirectResponse(f"/{quote(path.strip('/'))}{query}")
    answer = error_response(request, known, site)
    answer.headers.update(_headers_of(error))
    return answer


def _answer_json(request: Request, error: Exception) -> Response:
    return _json(_as_known(request, error), error)


def _json(known: MendlineError, error: Exception) -> Response:
    return JSONResponse({"code": known.code, "message": known.message}, known.status, _headers_of(error))


def _headers_of(error: Exception) -> Mapping[str, str]:
    """What the router says beside a refusal: which methods a path has."""
    headers = dict(error.headers or {}) if isinstance(error, HTTPException) else {}
    if "Allow" in headers:  # the router tells them in no order
        headers["Allow"] = ", ".join(sorted(headers["Allow"].split(", ")))
    return headers


def _as_known(request: Request, error: Exception) -> MendlineError:
    if isinstance(error, MendlineError):
        return error
    path = request.url.path[:120]
    if isinstance(error, HTTPException):
        if error.status_code == 404:
            return NotFoundError(f"There is nothing at {path}.")
        if error.status_code == 405:
            allowed = _headers_of(error).get("Allow", "another method")
            return MethodRefusedError(f"{request.method} is not answered at {path}; use {allowed}.")
        known = MendlineError(f"{request.method} is not answered at {path} ({error.detail}).")
        known.code, known.status = "http", error.status_code
        return known
    log.error("A request failed: %s %s", request.method, request.url.path, exc_info=error)
    return MendlineError("The server failed on this request; its log says how.")
