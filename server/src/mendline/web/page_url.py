"""URLs of pages: the whole state of a page stands in its query, and links change just a part of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from starlette.requests import Request

from mendline.model.function import FunctionId
from mendline.model.measure import DURATION, MEASURES
from mendline.model.timerange import DEFAULT_END, DEFAULT_START

RANGE = ("start", "end")
BOUNDS = {
    f"{end}_{'ms' if measure is DURATION else measure.bound}": (measure, end)
    for measure in MEASURES.values()
    for end in ("min", "max")
}
"""The bounds of a box on the heat map: of which measure, and which end of it."""
_KNOWN = (
    *RANGE,
    "project",
    "tz",
    "account",
    "region",
    "name",
    "q",
    "view",
    "compare",
    "type",
    "edge",
    "entry",
    "until",
    "other",
    "state",
    "explain",
    "from",
    "to",
    "y",
    *BOUNDS,
    "mark",
    "scale",
    "service",
    "sort",
    "errors",
    "page",
    "live",
    "span",
    "severity",
    "trace_id",
    "request_id",
    "what",
    "function",
    "tag",
    "queue",
    "record",
)
_DEFAULTS = {"start": DEFAULT_START, "end": DEFAULT_END, "page": "1", "errors": "", "live": "", "compare": ""}
_NAME_IN_QUERY = "-"


@dataclass(frozen=True, slots=True)
class PageUrl:
    """Where we are. `query` holds only parameters that pages know."""

    path: str
    query: Mapping[str, str]

    def changed(self, **changes: object) -> str:
        """This page with some parameters changed; None takes one away."""
        return _url(self.path, {**self.query, **changes})

    def to(self, path: str, **query: object) -> str:
        """Another page over the same time range, of the same project."""
        kept = {key: self.query[key] for key in ("project", "tz") if key in self.query}
        return _url(path, {**self.range_query, **kept, **query})

    def to_function(self, function: FunctionId, **query: object) -> str:
        """The page of a function. A name that a path cannot carry (`..`, `x.json`) goes into the query."""
        named = function.name
        if named in ("", ".", "..") or named.endswith((".json", "/")) or named.startswith(("/", _NAME_IN_QUERY)):
            query, named = {"name": named, **query}, _NAME_IN_QUERY
        # empty ones too: they say that the function has none
        identity = urlencode({"account": function.account, "region": function.region})
        url = self.to(f"/functions/{quote(named, safe='')}", **query)
        return f"{url}{'&' if '?' in url else '?'}{identity}"

    def to_function_named(self, name: str) -> str:
        """The page of the function with this name, wherever it runs."""
        return self.to_function(FunctionId("", "", name)).removesuffix("account=&region=").rstrip("?&")

    def to_resource(self, type_: str, name: str) -> str:
        """The page of a resource."""
        return self.to("/dependencies/resource", type=type_, name=name)

    def to_invocation(self, invocation_id: str) -> str:
        """The page of an invocation."""
        return self.to(f"/invocations/{quote(invocation_id, safe='~')}")

    @property
    def range_query(self) -> dict[str, str]:
        """The parameters of the time range."""
        return {key: self.query[key] for key in RANGE if key in self.query}

    @property
    def twin(self) -> str:
        """The same as JSON."""
        return _url(twin_of(self.path), {**self.query, "live": None})

    @property
    def svg(self) -> str:
        """The same as a drawing."""
        return _url(f"{self.path}.svg", {**self.query, "live": None})

    @property
    def csv(self) -> str:
        """The same as CSV."""
        return _url(f"{self.path}.csv", {**self.query, "live": None, "page": None, "explain": None})


def twin_of(path: str) -> str:
    """The path of the JSON twin of a page; the start has none of its own, and takes that of its name."""
    return "/now.json" if path == "/" else f"{path}.json"


def page_url(request: Request) -> PageUrl:
    """Where a request is."""
    path = request.scope["path"].removesuffix(".json")
    path = "/" if path == "/now" else path
    return PageUrl(
        quote(path, safe="/"), {key: request.query_params[key] for key in _KNOWN if key in request.query_params}
    )


def asked_name(request: Request) -> str:
    """The name of the function that a URL made by `to_function` means."""
    name: str = request.path_params["name"]
    return request.query_params.get("name", name) if name == _NAME_IN_QUERY else name


def _url(path: str, query: Mapping[str, object]) -> str:
    kept = {key: str(value) for key, value in query.items() if value is not None}
    kept = {key: value for key, value in kept.items() if value != _DEFAULTS.get(key)}
    return f"{path}?{urlencode(kept)}" if kept else path
