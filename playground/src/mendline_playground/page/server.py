"""Serves the page on a loopback port of its own: no script, nothing from elsewhere, and changes from itself alone."""

import asyncio
import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from mendline_playground.live import Rotation, Run
from mendline_playground.page.render import render_failure, render_front, render_scenario
from mendline_playground.page.state import Books, Told, tell, tell_scenario
from mendline_playground.scenario import Scenario
from mendline_playground.shop.deploy import SECOND
from mendline_playground.shop.plan import SECOND_VERSIONS
from mendline_playground.wire import HttpServer, Request, Response

if TYPE_CHECKING:
    from mendline_playground.playground import Playground

_STYLE = Path(__file__).with_name("style.css").read_bytes()
_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_FRESH_S = 2.0
VERSIONS = ("1", SECOND)


class Page:
    """The page of a playground. `server` is the web address of the Mendline server that watches the shop, if known."""

    def __init__(
        self,
        playground: "Playground",
        scenarios: Sequence[Scenario],
        rotation: Rotation | None = None,
        *,
        server: str = "",
    ) -> None:
        self._playground = playground
        self._scenarios = {scenario.name: scenario for scenario in scenarios}
        self._rotation = rotation
        self._server = server
        self._books = Books(playground)
        self._keeping: asyncio.Task[None] | None = None
        self._http = HttpServer(self._handle)

    async def start(self, port: int = 0) -> str:
        """Listen on the port, or on a free one where it is taken, and return the address."""
        try:
            await self._http.start(port)
        except OSError:
            await self._http.start(0)
        self._keeping = asyncio.ensure_future(self._books.run())
        return f"http://127.0.0.1:{self._http.port}"

    async def close(self) -> None:
        """Stop listening."""
        await self._http.close()
        if self._keeping is not None:
            self._keeping.cancel()
            await asyncio.gather(self._keeping, return_exceptions=True)

    async def _handle(self, request: Request) -> Response:
        host = request.headers.get("host", "")
        if host.rpartition(":")[0] not in _LOOPBACK:
            return _failed(403, "This page is for this machine: ask for 127.0.0.1.")
        path = request.path.partition("?")[0]
        if request.method == "POST":
            # A browser always says where a form is from; another site's, and one that does not say, changes nothing.
            if request.headers.get("origin") != f"http://{host}":
                return _failed(403, "Only this page itself may change anything.")
            return await self._change(path, parse_qs(request.body[:4096].decode("utf-8", "replace")))
        if request.method not in ("GET", "HEAD"):
            return _failed(405, f"{request.method} is not for this page.")
        response = await self._show(path)
        return Response(response.status, b"", response.headers) if request.method == "HEAD" else response

    async def _show(self, path: str) -> Response:
        name = path.removeprefix("/scenarios/")
        if path == "/style.css":
            return Response(200, _STYLE, {**_HEADERS, "Content-Type": "text/css; charset=utf-8"})
        if path in ("/", "/index.json"):
            told = await self._told()
            return _json(told) if path == "/index.json" else _html(render_front(told, self._scenarios, self._server))
        if path.startswith("/scenarios/") and name.removesuffix(".json") in self._scenarios:
            scenario = self._scenarios[name.removesuffix(".json")]
            run = next((run for run in self._playground.injector.runs if run.scenario.name == scenario.name), None)
            if name.endswith(".json"):
                return _json(tell_scenario(scenario))
            return _html(render_scenario(scenario, run, self._playground.injector.why_not(scenario)))
        return _failed(404, "There is no such page here.")

    async def _told(self) -> Told:
        balance = await self._books.look(_FRESH_S)
        runs = list(self._playground.injector.runs)
        switched = self._playground.injector.versions.switched
        versions = [
            {"function": name, "version": switched(name), "versions": VERSIONS, "later": self._books.later.get(name, 0)}
            for name in SECOND_VERSIONS
        ]
        return tell(list(self._scenarios.values()), runs, self._rotation, balance, versions, time.time())

    async def _change(self, path: str, form: Mapping[str, list[str]]) -> Response:
        injector = self._playground.injector
        if path == "/start":
            scenario = self._scenarios.get(form.get("scenario", [""])[0])
            if scenario is None:
                return _failed(404, "There is no such scenario.")
            try:
                injector.start(scenario)
            except ValueError as error:
                return _failed(409, str(error))
            return _to_front()
        if path == "/stop":
            run = self._run(form.get("run", [""])[0])
            if run is None:
                return _failed(404, "There is no such run; it may have ended.")
            await injector.stop(run)
            return _to_front()
        if path == "/switch":
            name, version = (form.get(field, [""])[0] for field in ("function", "version"))
            if name not in SECOND_VERSIONS or version not in VERSIONS:
                return _failed(404, "There is no such version.")
            await injector.versions.switch(name, version)
            return _to_front()
        return _failed(404, "There is nothing to do there.")

    def _run(self, number: str) -> Run | None:
        return next((run for run in self._playground.injector.running if str(run.number) == number), None)


def _to_front() -> Response:
    return Response(303, b"", {**_HEADERS, "Location": "/"})


def _html(text: str, status: int = 200) -> Response:
    return Response(status, text.encode(), {**_HEADERS, "Content-Type": "text/html; charset=utf-8"})


def _json(told: Told) -> Response:
    return Response(200, json.dumps(told).encode(), {**_HEADERS, "Content-Type": "application/json"})


def _failed(status: int, sentence: str) -> Response:
    return _html(render_failure(sentence), status)
