"""The shop on paper: its functions, what each of them calls, how long that usually takes, and who buys there.

The real shop is deployed from this plan and the model generates telemetry from it, so that both tell the same story.
Latencies are medians of log-normal distributions in ms, with `sigma` of the logarithm.
"""

from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True, slots=True, eq=False)
class Resource:
    """What is called: type, name and operation, as the server shows them, and `id` of all three."""

    id: str
    type: str
    name: str
    operation: str


@dataclass(frozen=True, slots=True, eq=False)
class Call:
    """One call that a function makes: to which resource, how long it takes, and for what.

    `to` names a function of the shop behind the resource; the caller waits for it when `waits`. `each` says how
    often: once an `invocation`, a `record` of its batch, or an `item` of an order. `when` names what an event must be.
    """

    resource: Resource
    median_ms: float
    sigma: float = 0.35
    to: str = ""
    waits: bool = False
    each: str = "invocation"
    when: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class FunctionPlan:
    """One function: its settings, its own time, its memory, what starts it, and its calls in their order."""

    name: str
    about: str
    trigger: str
    source: str
    memory_mb: int
    timeout_s: int
    init_ms: float
    own_ms: float
    used_mb: int
    calls: tuple[Call, ...]
    runtime: str = "python"
    batch_size: int = 1
    window_s: float = 0.0


def _call(resource: str, median_ms: float, sigma: float = 0.35, **more: object) -> Call:
    return Call(Resource(resource, *resource.split("/", 2)), median_ms, sigma, **more)  # type: ignore[arg-type]


FUNCTIONS: dict[str, FunctionPlan] = {
    plan.name: plan
    for plan in (
        FunctionPlan(
            "checkout", "takes orders, and answers what became of them", "apigateway.v2", "POST /orders",
            256, 6, 420.0, 4.0, 55,
            (
                _call("lambda/price/Invoke", 9.0, 0.25, to="price", waits=True, when="order"),
                _call("lambda/stock/Invoke", 9.0, 0.25, to="stock", waits=True, when="order"),
                _call("sqs/orders/SendMessage", 7.0, 0.4, to="order-writer", when="order"),
                _call("dynamodb/orders/GetItem", 5.0, 0.35, when="status"),
            ),
        ),
        FunctionPlan(
            "price", "adds an order up, in the customer's currency", "direct", "", 128, 3, 310.0, 2.0, 52,
            (
                _call("dynamodb/prices/BatchGetItem", 6.0, 0.35),
                _call("http/rates.example/GET /latest", 14.0, 0.3, when="foreign"),
            ),
        ),
        FunctionPlan(
            "stock", "reserves the items of an order", "direct", "", 128, 3, 300.0, 1.5, 52,
            (_call("dynamodb/stock/UpdateItem", 6.0, 0.35, to="search-sync", each="item"),),
        ),
        FunctionPlan(
            "order-writer", "keeps orders and asks for their payment", "sqs", "orders", 128, 10, 330.0, 2.0, 53,
            (
                _call("dynamodb/orders/PutItem", 6.0, 0.35, each="record"),
                _call("sqs/payments/SendMessage", 7.0, 0.4, to="payment", each="record"),
            ),
            batch_size=10, window_s=1.0,
        ),
        FunctionPlan(
            "payment", "charges the card and tells everybody", "sqs", "payments", 256, 10, 450.0, 3.0, 56,
            (
                _call("http/api.payfriend.example/POST /v1/risk_checks", 28.0, 0.4),
                _call("http/api.payfriend.example/POST /v1/charges", 85.0, 0.4),
                _call("dynamodb/orders/UpdateItem", 6.0, 0.35),
                _call("sns/order-events/Publish", 11.0, 0.35, to="notify"),
                _call("kinesis/shop-events/PutRecord", 9.0, 0.35, to="analytics"),
            ),
        ),
        FunctionPlan(
            "notify", "writes to the customer", "sns", "order-events", 128, 10, 280.0, 1.5, 27,
            (_call("http/mail.shop.example/POST /emails", 12.0, 0.3, to="email", waits=True),),
        ),
        FunctionPlan(
            "email", "the shop's e-mail API", "apigateway.v2", "POST /emails", 256, 6, 950.0, 2.5, 64,
            (_call("http/api.postbox.example/POST /v1/messages", 42.0, 0.45),),
            runtime="node",
        ),
        FunctionPlan(
            "analytics", "counts sales by tenant", "kinesis", "shop-events", 128, 30, 300.0, 3.0, 51,
            (_call("dynamodb/sales/UpdateItem", 6.0, 0.35),),
            batch_size=100,
        ),
        FunctionPlan(
            "search-sync", "tells the search service what is in stock", "dynamodb", "stock", 128, 30, 290.0, 2.0, 25,
            (_call("http/search.example/POST /bulk", 24.0, 0.35),),
            batch_size=100, window_s=2.0,
        ),
        FunctionPlan(
            "report", "writes the sales so far, every five minutes", "schedule", "report-every-5-minutes",
            256, 30, 320.0, 25.0, 57,
            (
                _call("dynamodb/sales/Scan", 9.0, 0.35),
                _call("s3/shop-reports/PutObject", 22.0, 0.35),
            ),
        ),
        FunctionPlan(
            "nightly", "archives what is old, as a step of a state machine", "states", "nightly",
            512, 60, 360.0, 1400.0, 58,
            (
                _call("dynamodb/orders/Scan", 180.0, 0.3),
                _call("s3/shop-reports/PutObject", 35.0, 0.35),
            ),
        ),
        FunctionPlan(
            "thumbnail", "makes small pictures of new products", "s3", "shop-images", 512, 20, 1050.0, 160.0, 130,
            (
                _call("s3/shop-images/GetObject", 24.0, 0.35),
                _call("s3/shop-thumbnails/PutObject", 26.0, 0.35),
            ),
            runtime="node",
        ),
    )
}  # fmt: skip
"""Every function of the shop by name, callers before those they call."""


@dataclass(frozen=True, slots=True, eq=False)
class SecondVersion:
    """Version 2 of a function, for days on which something is down: its module, the queue of the calls that it puts
    aside and makes later, and what it calls that version 1 does not."""

    module: str
    queue: str
    calls: tuple[Call, ...]


SECOND_VERSIONS: dict[str, SecondVersion] = {
    "stock": SecondVersion(
        "stock_v2",
        "stock-later",
        (
            _call("dynamodb/reservations,stock/TransactWriteItems", 12.0, 0.35),
            _call("sqs/stock-later/SendMessage", 7.0, 0.4),
        ),
    ),
    "payment": SecondVersion(
        "payment_v2",
        "payments-later",
        (
            _call("dynamodb/orders/GetItem", 5.0, 0.35),
            _call("sqs/payments-later/SendMessage", 7.0, 0.4),
        ),
    ),
}
"""They are deployed beside version 1, and serve nobody until an alias is switched. The model has only version 1."""

CONSUMERS = tuple(plan.name for plan in FUNCTIONS.values() if plan.trigger in ("sqs", "sns", "kinesis", "dynamodb"))
"""The functions that get what others sent, in the order in which an order passes them."""

QUEUES = {"orders": "order-writer", "payments": "payment"}
"""Queues with their consumers; each has a dead-letter queue NAME-dlq after `MAX_RECEIVES` tries."""

MAIL_HOST = "mail.shop.example"
"""The shop's own domain, at which its e-mail API is."""

USUAL_FAILURES = {
    "http/api.payfriend.example/POST /v1/charges": 0.008,
    "http/api.postbox.example/POST /v1/messages": 0.005,
}
"""What third parties answer with 503 on any day, as a share of the calls."""

MAX_RECEIVES = 3
VISIBILITY_S = 30
LATER_S = 15
"""How long a call that was put aside waits before it is made."""

STREAMS = {"shop-events": "analytics"}
TABLE_STREAMS = {"stock": "search-sync"}

TENANTS = {"alder": 0.38, "birch": 0.24, "cedar": 0.16, "dogwood": 0.11, "elm": 0.07, "fir": 0.04}
"""The brands that sell through the shop, with their shares of the orders."""

CUSTOMERS_OF_A_TENANT = 60
CURRENCIES = {"EUR": 0.8, "USD": 0.14, "GBP": 0.06}
REGIONS = ("eu-central",) * 11 + ("eu-west",) * 4 + ("us-east",) * 3 + ("ap-south",) * 2
"""Where customers are, by the number of each modulo how many these are."""

REPORT_EVERY_S = 300
NIGHTLY_AT_S = 2 * 3600
"""When in the day (UTC) the nightly job runs, in seconds."""

PRICES = {
    "tea": 320, "coffee": 650, "mug": 1150, "kettle": 4900, "honey": 790, "biscuits": 350,
    "teapot": 3400, "filter": 420, "spoon": 290, "sugar": 180, "tray": 1990, "grinder": 8900,
}  # fmt: skip
"""What the shop sells: price in cents by SKU."""

ORDERS_A_SECOND = 0.15
"""The shop's usual rate, as the mean over a week: about 4 spans a second, 2.5 million a week."""

MOST_ORDERS_A_SECOND = 0.3
"""What history is written with at most: 8 spans a second, 5 million a week."""


def resources() -> dict[str, Resource]:
    """Every resource that a function calls, by its id."""
    return {call.resource.id: call.resource for plan in FUNCTIONS.values() for call in plan.calls}


@cache
def region_of(customer: str) -> str:
    """Where a customer (`birch-0042`) is, or nothing."""
    number = customer.rpartition("-")[2]
    return REGIONS[int(number) % len(REGIONS)] if number.isdigit() else ""
