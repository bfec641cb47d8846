"""Templates turned into answers. Everything is escaped; an unknown name is an error, not an empty space."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse, Response

from mendline.insight.back_test import in_words
from mendline.insight.change_words import change_words
from mendline.query.spelling import value_text
from mendline.web import charts, formats, list_texts, quantities, queries, telemetry_text, zones
from mendline.web.list_query import PRESETS
from mendline.web.markdown import markdown


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("mendline.web", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=telemetry_text.visible,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    for room, names in (
        (
            formats,
            (
                "duration",
                "size",
                "count",
                "percent",
                "rate",
                "chance",
                "changed",
                "share",
                "ago",
                "moment_text",
                "clock_time",
                "day_text",
                "iso",
            ),
        ),
        (quantities, ("quantity",)),
        (queries, ("of_function",)),
        (telemetry_text, ("as_json", "breakable", "clip", "pretty_json", "rows", "short_arn")),
        (charts, ("bars", "width_percent")),
    ):
        environment.filters.update({name: getattr(room, name) for name in names})
    environment.filters["markdown"] = markdown
    environment.filters["value_text"] = value_text
    environment.filters["back_test_words"] = in_words
    environment.filters["change_words"] = change_words
    environment.globals["zone_name"] = zones.zone_name
    environment.globals["presets"] = PRESETS
    environment.globals["of_resource"] = queries.of_resource
    for name in ("functions", "invocations", "traces", "logs", "errors", "dependencies", "queues", "transactions"):
        environment.globals[f"{name}_text"] = getattr(list_texts, f"{name}_text")
    return environment


_TEMPLATES = _environment()


def render(template: str, values: Mapping[str, Any], status: int = 200) -> Response:
    """An HTML answer. It is never cached: telemetry moves, and it is nobody else's."""
    return HTMLResponse(render_text(template, values), status, {"cache-control": "no-store"})


def render_text(template: str, values: Mapping[str, Any]) -> str:
    """A template as text."""
    return _TEMPLATES.get_template(template).render(values)
