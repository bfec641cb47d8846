"""Run books are Markdown: CommonMark with tables and bare links; HTML in them is text, and pictures are links."""

from __future__ import annotations

from functools import cache
from typing import Any

from markupsafe import Markup, escape

_MOST = 20_000
_LEAST_HEADING, _MOST_HEADING = 3, 6
"""Those of a page are above."""


def markdown(text: str) -> Markup:
    """HTML of it. Links lead to http, https and mailto alone."""
    return Markup(_maker()(text[:_MOST]))  # noqa: S704 - mistune escapes whatever it does not make itself


@cache
def _maker() -> Any:
    import mistune  # noqa: PLC0415 - few pages hold a run book, and a command starts fast

    class Renderer(mistune.HTMLRenderer):
        def heading(self, text: str, level: int, **attrs: Any) -> str:
            return super().heading(text, min(_MOST_HEADING, level + _LEAST_HEADING - 1), **attrs)

        def link(self, text: str, url: str, title: str | None = None) -> str:
            if not url.lower().startswith(("https://", "http://", "mailto:")):
                return text
            return f'<a href="{escape(url)}" rel="noreferrer">{text}</a>'

        def image(self, text: str, url: str, title: str | None = None) -> str:
            return self.link(text or str(escape(url)), url)

    return mistune.create_markdown(renderer=Renderer(escape=True), hard_wrap=True, plugins=["table", "url"])
