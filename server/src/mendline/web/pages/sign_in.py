"""`/sign-in` and `/sign-out`: a key, or a link that works once, is exchanged for a cookie, and the cookie ended."""

from __future__ import annotations

import re

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from mendline.access import SignIn, is_loopback
from mendline.access.credentials import session_cookie, session_in
from mendline.access.sign_in import LINK_IS_OVER, LONGEST
from mendline.errors import AccessError, MendlineError, TooManyTriesError, UnauthenticatedError
from mendline.store.state import Key
from mendline.web.forms import form_fields
from mendline.web.page_url import page_url
from mendline.web.rendering import render

START = "/"
_MOST_BODY_BYTES = 8 * 1024
_LOCAL_PATH = re.compile(r"/(?![/\\])[!-\[\]-~]*")


def sign_in_routes(sign_in: SignIn) -> list[Route]:
    """The form, what takes it, and the way out."""

    def form(request: Request) -> Response:
        target = local_path(request.query_params.get("next", ""))
        if sign_in.access.is_open():
            return _go(target)
        return _form(request, target)

    async def begin(request: Request) -> Response:
        try:
            fields = await form_fields(request, _MOST_BODY_BYTES)
        except MendlineError as error:
            return _form(request, START, error)
        target = local_path(fields.get("next", ""))
        address = request.client.host if request.client else ""
        try:
            token = await to_thread.run_sync(sign_in.begin, fields.get("key", ""), address, _session(request))
        except AccessError as error:
            return _form(request, target, error)
        answer = _go(target)
        set_session(request, answer, token)
        return answer

    def ask(request: Request) -> Response:
        token = request.query_params.get("token", "")
        key = sign_in.named_by(token)
        return _link_form(request, token, key, None if key else UnauthenticatedError(LINK_IS_OVER))

    async def follow(request: Request) -> Response:
        address = request.client.host if request.client else ""
        try:
            fields = await form_fields(request, _MOST_BODY_BYTES)
            token = await to_thread.run_sync(sign_in.begin_by_link, fields.get("token", ""), address, _session(request))
        except MendlineError as error:
            return _link_form(request, "", None, error)
        answer = _go(START)
        set_session(request, answer, token)
        return answer

    async def end(request: Request) -> Response:
        token = _session(request)
        if token:
            await to_thread.run_sync(sign_in.end, token)
        answer = _go("/sign-in")
        _set_cookie(request, answer, "", 0)
        return answer

    return [
        Route("/sign-in", form, methods=["GET"], name="sign_in"),
        Route("/sign-in", begin, methods=["POST"], name="sign_in_begin"),
        Route("/sign-in/link", ask, methods=["GET"], name="sign_in_link"),
        Route("/sign-in/link", follow, methods=["POST"], name="sign_in_by_link"),
        Route("/sign-out", end, methods=["POST"], name="sign_out"),
    ]


def local_path(text: str) -> str:
    """A path of this server to go on to; the start for anything else, above all for another site."""
    if len(text) > 2000 or not _LOCAL_PATH.fullmatch(text) or text.startswith(("/sign-in", "/sign-out")):
        return START
    return text


def _form(request: Request, target: str, error: MendlineError | None = None) -> Response:
    """The page. It never shows what was pasted."""
    values = {
        "here": page_url(request),
        "site": None,
        "section": "",
        "title": "Sign in",
        "target": target,
        "error": error,
        "readable": request.url.scheme != "https" and not is_loopback(request.url.hostname or ""),
    }
    answer = render("sign_in.html", values, error.status if error else 200)
    if isinstance(error, TooManyTriesError):
        answer.headers["retry-after"] = "60"
    return answer


def _link_form(request: Request, token: str, key: Key | None, error: MendlineError | None) -> Response:
    """Asks before it signs in: what looks at links in messages by itself must not use one up."""
    values = {
        "here": page_url(request),
        "site": None,
        "section": "",
        "title": "Sign in",
        "token": token,
        "key": key,
        "error": error,
    }
    return render("sign_in_link.html", values, error.status if error else 200)


def set_session(request: Request, answer: Response, token: str) -> None:
    """Have the browser carry a session from now on."""
    _set_cookie(request, answer, token, int(LONGEST.total_seconds()))


def _go(target: str) -> Response:
    return RedirectResponse(target, 303, {"cache-control": "no-store"})


def _session(request: Request) -> str | None:
    return session_in({"cookie": request.headers.get("cookie", "")}, request.url.scheme)


def _set_cookie(request: Request, answer: Response, token: str, seconds: int) -> None:
    secure = request.url.scheme == "https"
    answer.set_cookie(
        session_cookie(request.url.scheme), token, max_age=seconds, path="/", secure=secure, httponly=True,
        samesite="lax",
    )  # fmt: skip
