"""Says whose an invocation is, through the OpenTelemetry API."""

from typing import Any

from opentelemetry import trace


def tag(order: dict[str, Any]) -> None:
    """Put tenant, customer with its region, and size of an order on the span of the invocation."""
    span = trace.get_current_span()
    for name, key in (
        ("tenant", "tenant"),
        ("customer", "customer"),
        ("customer.region", "region"),
        ("order.id", "id"),
        ("order.currency", "currency"),
    ):
        if order.get(key):
            span.set_attribute(name, str(order[key]))
    if order.get("items"):
        span.set_attribute("order.items", len(order["items"]))
