"""Run books are Markdown: headings, lists, code, emphasis and links of it, as HTML in which nothing else is markup."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby

from markupsafe import Markup, escape

_SPAN = re.compile(
    r"`(?P<code>[^`\n]+)`|\*\*(?P<bold>[^*\n]+)\*\*|\[(?P<text>[^\]\n]+)\]\((?P<to>https?://[^\s)]+)\)"
    r"|(?P<url>https?://[^\s<>\"')\]]+)"
)
_HEADING, _ITEM, _STEP = re.compile(r"#{1,6}\s+(.*)"), re.compile(r"\s*[-*•]\s+(.*)"), re.compile(r"\s*\d+[.)]\s+(.*)")
_MOST = 20_000


def markdown(text: str) -> Markup:
    """HTML of it; whatever is no Markdown of this kind stays as it is written. Links lead to http and https alone."""
    parts = text[:_MOST].replace("\r\n", "\n").split("\n```")
    found = [_blocks(parts[0])] if not parts[0].startswith("```") else [_code(parts[0][3:])]
    for number, part in enumerate(parts[1:], 1):
        fenced = number % 2 == 1 if not parts[0].startswith("```") else number % 2 == 0
        found.append(_code(part) if fenced else _blocks(part))
    return Markup("").join(found)


def _code(part: str) -> Markup:
    return Markup("<pre>{}</pre>").format(part.partition("\n")[2])


def _blocks(text: str) -> Markup:
    return Markup("").join(_each(text.split("\n")))


def _each(lines: list[str]) -> Iterator[Markup]:
    for kind, group in groupby(lines, _kind):
        found = list(group)
        if kind == "item":
            yield Markup("<ul>{}</ul>").format(_items(_ITEM, found))
        elif kind == "step":
            yield Markup("<ol>{}</ol>").format(_items(_STEP, found))
        elif kind == "heading":
            yield from (Markup("<h3>{}</h3>").format(_spans(line.lstrip("#").strip())) for line in found)
        elif kind == "text":
            yield Markup("<p>{}</p>").format(Markup("<br>").join(_spans(line) for line in found))


def _kind(line: str) -> str:
    if not line.strip():
        return ""
    kinds = (("heading", _HEADING), ("item", _ITEM), ("step", _STEP))
    return next((kind for kind, form in kinds if form.fullmatch(line)), "text")


def _items(form: re.Pattern[str], lines: list[str]) -> Markup:
    found = (form.fullmatch(line) for line in lines)
    return Markup("").join(Markup("<li>{}</li>").format(_spans(one[1])) for one in found if one)


def _spans(line: str) -> Markup:
    told, at = Markup(""), 0
    for found in _SPAN.finditer(line):
        told += escape(line[at : found.start()]) + _span(found)
        at = found.end()
    return told + escape(line[at:])


def _span(found: re.Match[str]) -> Markup:
    if found["code"]:
        return Markup("<code>{}</code>").format(found["code"])
    if found["bold"]:
        return Markup("<b>{}</b>").format(found["bold"])
    return Markup('<a href="{}" rel="noreferrer">{}</a>').format(
        found["to"] or found["url"], found["text"] or found["url"]
    )
