"""`/architecture`: who calls whom, as a drawing that stays put; an edge that was clicked, in numbers."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mendline.errors import UsageError
from mendline.insight.architecture import architecture, differences
from mendline.insight.receipts import last_received
from mendline.model.architecture import Architecture, Edge, Node
from mendline.model.timerange import TimeRange, parse_moment
from mendline.query.spelling import value_text
from mendline.web.context import WebContext
from mendline.web.graph import draw
from mendline.web.list_query import range_with, read_list_query, switched_on
from mendline.web.page import Page
from mendline.web.page_url import PageUrl, page_url
from mendline.web.queries import of_resource
from mendline.web.rendering import render_text
from mendline.web.zones import told_in, zone_of

_MOST_NODES = 400
SINCE = {
    "before": "the period before",
    "-1h": "an hour earlier",
    "-24h": "a day earlier",
    "-7d": "a week earlier",
    "-28d": "four weeks earlier",
}


def architecture_page(context: WebContext, request: Request) -> Page:
    """The graph of the range; with `compare=before` what is new, gone, slower or fails more since the period before."""
    now, here = context.clock.now(), page_url(request)
    query = read_list_query(request, now, ("",), ("compare", "edge", "view"), without=("sort", "errors", "page"))
    compared, wanted = _compared_with(request, query.range), request.query_params.get("edge", "")
    comparing = compared is not None
    graph = architecture(context.store, query.range)
    before = architecture(context.store, compared or query.range.before) if comparing or wanted else None
    different = differences(graph, before) if before else {}
    chosen = _chosen(wanted, graph, before)
    received = last_received(context.store)
    too_many = len(graph.nodes) > _MOST_NODES
    data = {
        "range": query.range,
        "nodes": graph.nodes,
        "edges": graph.edges,
        **({"differences": {key: told for key, told in different.items() if told.state}} if comparing else {}),
        **({"edge": chosen} if wanted else {}),
    }
    drawing = None
    if graph.nodes and not too_many:
        links = {node.key: _link(here, node) for node in graph.nodes}
        drawing = draw(graph, links, different if comparing else None, before if comparing else None, wanted)
    view = {
        "query": query,
        "drawing": drawing,
        "too_many": too_many,
        "comparing": comparing,
        "compared": compared,
        "since": SINCE,
        "slid": -round((now - query.range.end) / (query.range.end - query.range.start)),
        "fits": switched_on(request, "view", "fit"),
        "different": different,
        "wanted": wanted,
        "chosen": chosen,
        "names": {node.key: node for node in (*(before.nodes if before else ()), *graph.nodes)},
        "rows": _rows(chosen) if chosen else "",
        "empty": "" if graph.nodes else "range" if received.spans else "nothing",
        "elsewhere": range_with(received.last, now) if received.last else {},
    }
    return Page("architecture.html", "architecture", "Architecture", data, view)


def svg_route(context: WebContext) -> Route:
    """`/architecture.svg`: the drawing as a file that needs nothing else."""

    def svg(request: Request) -> Response:
        with told_in(zone_of(request)):
            page = architecture_page(context, request)
            text = render_text("architecture.svg", {"drawing": page.view["drawing"], "range": page.data["range"]})
        headers = {"content-disposition": 'attachment; filename="architecture.svg"', "cache-control": "no-store"}
        return Response(text, 200, headers, "image/svg+xml")

    return Route("/architecture.svg", svg)


def _compared_with(request: Request, shown: TimeRange) -> TimeRange | None:
    """The range of the same length that `compare` names: the one `before`, or one that lies so much earlier."""
    asked = request.query_params.get("compare", "")
    if not asked:
        return None
    if asked not in SINCE:
        raise UsageError(f"compare is '{asked[:40]}'; use one of {', '.join(SINCE)}, or leave it away.")
    if asked == "before":
        return shown.before
    return TimeRange(parse_moment(asked, shown.start), parse_moment(asked, shown.end))


def _chosen(wanted: str, graph: Architecture, before: Architecture | None) -> Edge | None:
    edges = (*graph.edges, *(before.edges if before else ()))
    return next((edge for edge in edges if edge.key == wanted), None)


def _link(here: PageUrl, node: Node) -> str:
    if node.kind == "function":
        return here.to_function_named(node.name)
    if node.kind == "service":
        return here.to("/traces", service=node.name)
    if node.kind == "entry":
        return here.to("/explore", q=f"trigger:{value_text(node.name)}")
    return here.to_resource(node.type, node.name)


def _rows(edge: Edge) -> str:
    """The query for what an edge is made of."""
    (source, _, name), (target, _, called) = edge.source.partition(":"), edge.target.partition(":")
    if source in ("function", "service"):
        resource = of_resource("lambda" if target == "function" else target, called)
        return f"operations service:{value_text(name)} {resource}"
    if source == "entry":
        return f"function:{value_text(called)} trigger:{value_text(name)}"
    return f"function:{value_text(called)} trigger:{value_text(source)}"
