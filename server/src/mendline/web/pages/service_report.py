"""`/dependencies/report`: how a vendor served, by month; whether it gets slower; beside another; and as CSV."""

from __future__ import annotations

from datetime import datetime, timedelta

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mendline.errors import UsageError
from mendline.insight.service_reports import LOOKED_BACK, known_resources, service_report
from mendline.model.service_report import Served, ServiceReport, rivalry
from mendline.model.timerange import TimeRange
from mendline.web.answer_csv import csv_text
from mendline.web.context import WebContext
from mendline.web.list_query import read_list_query
from mendline.web.page import Page
from mendline.web.struck import PARAMETER, looked_at
from mendline.web.telemetry_text import clip

_HEAD = (
    "type", "name", "period", "begins (UTC)", "calls", "errors", "throttled", "availability", "at least (95 %)",
    "at most (95 %)", "p50 (ms)", "p95 (ms)", "p99 (ms)",
)  # fmt: skip


def report_page(context: WebContext, request: Request) -> Page:
    """The report of `type` and `name`; with `other` (TYPE:NAME) a second one beside it."""
    now = context.clock.now()
    looked = looked_at(context, request, TimeRange(now - LOOKED_BACK, now))
    reports = _reports(looked.context, request, now)
    (first, *others) = reports
    rivalries = [rivalry(percentile, first.days, others[0].days) for percentile in ("p50", "p95")] if others else []
    months = sorted({it.begins for report in reports for it in report.months}, reverse=True)
    days = sorted({it.begins for report in reports for it in report.days}, reverse=True)
    view = {
        "months": months,
        "days": days[:60],
        "by_month": [{it.begins: it for it in report.months} for report in reports],
        "by_day": [{it.begins: it for it in report.days} for report in reports],
        "choices": [it for it in known_resources(context.store, now) if it != (first.type, first.name)],
        "other": request.query_params.get("other", ""),
        "struck": looked.said,
        "trends": [_trend(report, now) for report in reports],
    }
    title = f"Service report: {clip(first.name or first.type, 40)}"
    return Page("service_report.html", "dependencies", title, {"reports": reports, "rivalries": rivalries}, view)


def report_csv_route(context: WebContext) -> Route:
    """`/dependencies/report.csv`: months and days of the same, as rows."""

    def csv(request: Request) -> Response:
        now = context.clock.now()
        looked = looked_at(context, request, TimeRange(now - LOOKED_BACK, now))
        rows = [
            _row(report, period, it)
            for report in _reports(looked.context, request, now)
            for period, told in (("month", report.months), ("day", report.days))
            for it in told
        ]
        headers = {"content-disposition": 'attachment; filename="service-report.csv"', "cache-control": "no-store"}
        return Response(csv_text(_HEAD, rows), 200, headers, "text/csv; charset=utf-8")

    return Route("/dependencies/report.csv", csv)


def _reports(context: WebContext, request: Request, now: datetime) -> list[ServiceReport]:
    read_list_query(
        request, now, ("",), ("type", "name", "other", PARAMETER), without=("sort", "errors", "page", "live")
    )
    asked = request.query_params
    if not asked.get("type"):
        raise UsageError("This address names no resource; add type= and name=, or pick one from the list.")
    named = [(asked["type"], asked.get("name", ""))]
    if asked.get("other"):
        type_, colon, name = asked["other"].partition(":")
        if not colon:
            raise UsageError(f"other is '{asked['other'][:40]}'; write TYPE:NAME, such as http:api.example.com.")
        named.append((type_, name))
    return [service_report(context.store, now, type_, name) for type_, name in named]


def _trend(report: ServiceReport, now: datetime) -> list[float]:
    """The 95th percentile by day of the last eight weeks, 0 where nothing was called."""
    told = {it.begins: it.p95_ms for it in report.days}
    return [told.get((now - timedelta(days=back)).date(), 0.0) for back in range(55, -1, -1)]


def _row(report: ServiceReport, period: str, it: Served) -> list[object]:
    low, high = it.available_between
    numbers = [it.calls, it.errors, it.throttled, *(round(share, 6) for share in (it.availability, low, high))]
    durations = [round(value, 3) for value in (it.p50_ms, it.p95_ms, it.p99_ms)]
    return [report.type, report.name, period, it.begins.isoformat(), *numbers, *durations]
