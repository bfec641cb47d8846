"""Every path that people open."""

from __future__ import annotations

from starlette.routing import BaseRoute

from mendline.web.arrivals import arrivals_route
from mendline.web.assets import assets
from mendline.web.context import WebContext
from mendline.web.page import page_routes
from mendline.web.pages.accuracy import accuracy_page
from mendline.web.pages.architecture import architecture_page, svg_route
from mendline.web.pages.boards import board_page, board_routes, boards_page
from mendline.web.pages.change import change_page
from mendline.web.pages.costs import costs_page
from mendline.web.pages.dependencies import dependencies_page, resource_page
from mendline.web.pages.digest import digest_page
from mendline.web.pages.errors import error_page, errors_page, mark_route
from mendline.web.pages.experiments import (
    coverage_page,
    experiment_page,
    experiment_routes,
    experiments_page,
    run_page,
)
from mendline.web.pages.explore import csv_route, explore_page
from mendline.web.pages.findings import event_route, findings_page, ledger_page
from mendline.web.pages.function import function_page
from mendline.web.pages.functions import functions_page
from mendline.web.pages.game_days import game_day_routes
from mendline.web.pages.heatmap import heatmap_page
from mendline.web.pages.incidents import incident_page, incident_routes, incidents_page
from mendline.web.pages.invocation import invocation_routes
from mendline.web.pages.learning import learning_route
from mendline.web.pages.logs import logs_page
from mendline.web.pages.memory import memory_page
from mendline.web.pages.now import now_page
from mendline.web.pages.policies import policies_page, policy_page, policy_routes
from mendline.web.pages.queues import queues_page
from mendline.web.pages.removals import removal_routes, removals_page
from mendline.web.pages.saved_queries import saved_query_routes
from mendline.web.pages.service_report import report_csv_route, report_page
from mendline.web.pages.settings import settings_page
from mendline.web.pages.settings_forms import settings_routes
from mendline.web.pages.timeouts import timeouts_page
from mendline.web.pages.trace import otlp_route, trace_page
from mendline.web.pages.traces import traces_page
from mendline.web.pages.transactions import transaction_page, transactions_page


def build_routes(context: WebContext) -> list[BaseRoute]:
    """The pages, their JSON twins, and the files they load."""
    return [
        *page_routes("/", now_page, context),
        *page_routes("/functions", functions_page, context),
        *page_routes("/functions/{name:path}", function_page, context),
        learning_route(context),
        *invocation_routes(context),
        *board_routes(context),
        *page_routes("/boards", boards_page, context),
        *page_routes("/boards/{name}", board_page, context),
        *page_routes("/incidents", incidents_page, context),
        *page_routes("/incidents/{id}", incident_page, context),
        *incident_routes(context),
        *policy_routes(context),
        *page_routes("/digest", digest_page, context),
        *page_routes("/accuracy", accuracy_page, context),
        *page_routes("/policies", policies_page, context),
        *page_routes("/policies/{name}", policy_page, context),
        *experiment_routes(context),
        *page_routes("/experiments", experiments_page, context),
        *page_routes("/experiments/runs/{id}", run_page, context),
        *page_routes("/experiments/{name}", experiment_page, context),
        *game_day_routes(context),
        *page_routes("/coverage", coverage_page, context),
        *page_routes("/dependencies", dependencies_page, context),
        *page_routes("/dependencies/resource", resource_page, context),
        *page_routes("/dependencies/report", report_page, context),
        report_csv_route(context),
        *page_routes("/architecture", architecture_page, context),
        svg_route(context),
        *page_routes("/queues", queues_page, context),
        *page_routes("/costs", costs_page, context),
        *page_routes("/findings", findings_page, context),
        event_route(context),
        *page_routes("/timeouts", timeouts_page, context),
        *page_routes("/memory", memory_page, context),
        *page_routes("/removals", removals_page, context),
        *removal_routes(context),
        *page_routes("/ledger", ledger_page, context),
        *page_routes("/errors", errors_page, context),
        *page_routes("/errors/{fingerprint}", error_page, context),
        mark_route(context),
        arrivals_route(context),
        *page_routes("/logs", logs_page, context),
        *page_routes("/heatmap", heatmap_page, context),
        *page_routes("/change", change_page, context),
        *page_routes("/explore", explore_page, context),
        csv_route(context),
        *page_routes("/transactions", transactions_page, context),
        *page_routes("/transactions/entry", transaction_page, context),
        *page_routes("/traces", traces_page, context),
        otlp_route(context),
        *page_routes("/traces/{trace_id}", trace_page, context),
        *page_routes("/settings", settings_page, context),
        *settings_routes(context),
        *saved_query_routes(context),
        assets(),
    ]
