"""A page and its JSON twin: one question asked once, shown in two ways."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from mendline.model.jsonable import to_jsonable
from mendline.web.context import WebContext
from mendline.web.page_url import page_url, twin_of
from mendline.web.rendering import render
from mendline.web.saved import saved_view
from mendline.web.visitor import visitor_of
from mendline.web.waiting import answered
from mendline.web.zones import told_in, zone_of


@dataclass(frozen=True, slots=True)
class Page:
    """What a page says. `data` is all of the JSON twin; `view` is what only people need, e.g. geometry. `status` is 200
    unless the page says what is wrong with what was asked. `about` is told where the page is about one thing: under
    which name queries are saved for it, and the filter that holds for it."""

    template: str
    section: str
    title: str
    data: Any
    view: Mapping[str, Any] = field(default_factory=dict)
    status: int = 200
    about: tuple[str, str] | None = None


Ask = Callable[[WebContext, Request], Page]


def page_routes(path: str, ask: Ask, context: WebContext) -> list[Route]:
    """The twin first: a path that takes anything would swallow its `.json`."""

    def twin(request: Request) -> Response:
        page = ask(context, request)
        return JSONResponse(to_jsonable(page.data), page.status, {"cache-control": "no-store"})

    def made(request: Request) -> Response:
        with told_in(zone_of(request)):
            return answer_page(context, request, ask(context, request))

    async def html(request: Request) -> Response:
        return await answered(context, request, partial(made, request))

    return [Route(twin_of(path), twin), Route(path, html)]


def answer_page(context: WebContext, request: Request, page: Page) -> Response:
    """A page as HTML."""
    values = {
        "here": page_url(request),
        "site": context.seen_from(request.url.hostname),
        "visitor": visitor_of(request, context),
        "now": context.clock.now(),
        "saved": saved_view(context, request, *(page.about or (page.section,))),
        "section": page.section,
        "title": page.title,
        "data": page.data,
        **page.view,
    }
    return render(page.template, values, page.status)
