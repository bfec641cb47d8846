"""The shop's functions for the Lambda host: code, limits, and the variables of each."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from mendline_playground.host.function import THIS_PYTHON, Function
from mendline_playground.host.runtimes import node_runtime
from mendline_playground.shop.plan import FUNCTIONS, MAIL_HOST, SECOND_VERSIONS, FunctionPlan

CODE_DIR = Path(__file__).with_name("code")


def shop_functions(
    common: Mapping[str, str], *, queue_urls: Mapping[str, str], topic_arn: str, without_node: bool = False
) -> tuple[Function, ...]:
    """Every function of the plan; `common` are variables that all have.

    Raises RuntimeUnavailableError where there is no Node.js for those that need it, unless they are left out.
    """
    own = _own_variables(queue_urls, topic_arn)
    plans = [plan for plan in FUNCTIONS.values() if plan.runtime == "python" or not without_node]
    return tuple(_function(plan, {**common, **own.get(plan.name, {})}) for plan in plans)


def second_version(first: Function, queue_urls: Mapping[str, str]) -> Function | None:
    """Version 2 of a function as version 1 of it is deployed; None where it has none."""
    plan = SECOND_VERSIONS.get(first.name)
    if plan is None:
        return None
    own = {"LATER_QUEUE_URL": queue_urls[plan.queue], "RESERVATIONS_TABLE": "reservations"}
    return replace(first, handler=f"{plan.module}.handler", env={**first.env, **own})


def _own_variables(queue_urls: Mapping[str, str], topic_arn: str) -> dict[str, dict[str, str]]:
    return {
        "checkout": {
            "ORDERS_TABLE": "orders",
            "ORDERS_QUEUE_URL": queue_urls["orders"],
            "PRICE_FUNCTION": "price:live",
            "STOCK_FUNCTION": "stock:live",
        },
        "price": {"PRICES_TABLE": "prices", "RATES_HOST": "rates.example"},
        "stock": {"STOCK_TABLE": "stock"},
        "order-writer": {
            "ORDERS_TABLE": "orders",
            "ORDERS_QUEUE_URL": queue_urls["orders"],
            "PAYMENTS_QUEUE_URL": queue_urls["payments"],
        },
        "payment": {
            "ORDERS_TABLE": "orders",
            "EVENTS_TOPIC_ARN": topic_arn,
            "EVENTS_STREAM": "shop-events",
            "PAYFRIEND_URL": "http://api.payfriend.example",
        },
        "notify": {"MAIL_HOST": MAIL_HOST},
        "email": {"POSTBOX_HOST": "api.postbox.example"},
        "analytics": {"SALES_TABLE": "sales"},
        "search-sync": {"SEARCH_HOST": "search.example"},
        "report": {"SALES_TABLE": "sales", "REPORTS_BUCKET": "shop-reports"},
        "nightly": {"ORDERS_TABLE": "orders", "REPORTS_BUCKET": "shop-reports"},
        "thumbnail": {"THUMBNAILS_BUCKET": "shop-thumbnails"},
    }


def _function(plan: FunctionPlan, variables: Mapping[str, str]) -> Function:
    module = plan.name.replace("-", "_")
    env = {**variables, "AWS_SDK_UA_APP_ID": plan.name}
    runtime, handler = THIS_PYTHON, f"{module}.handler"
    if plan.runtime == "node":
        runtime, handler = node_runtime().identifier, "entry.handler"
        env["SHOP_HANDLER"] = f"{module}.handler"
        env["NODE_OPTIONS"] = f"--require {CODE_DIR / 'otel.cjs'}" if "OTEL_EXPORTER_OTLP_ENDPOINT" in env else ""
        env["OTEL_SERVICE_NAME"] = plan.name
        env["NODE_NO_WARNINGS"] = "1"
        env.pop("AWS_LAMBDA_EXEC_WRAPPER", None)  # none of our agent
    return Function(
        name=plan.name,
        handler=handler,
        code_dir=CODE_DIR,
        timeout_s=plan.timeout_s,
        memory_mb=plan.memory_mb,
        env=env,
        runtime=runtime,
    )
