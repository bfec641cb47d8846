"""Requests and responses of the modelled functions: short, but with all that matters in them."""

from collections.abc import Sequence

from mendline_playground.model.events import ORDER, STATUS, Event
from mendline_playground.shop.plan import region_of


def order_json(event: Event, *, escaped: bool = False) -> str:
    """An order as its customer sends it; `escaped` for a place inside another JSON text."""
    quote = '\\"' if escaped else '"'
    items = ",".join(f"{{'sku':'{sku}','quantity':{quantity}}}" for sku, quantity in event.items[:40])
    text = (
        f"{{'id':'{event.id}','tenant':'{event.tenant}','customer':'{event.customer}','region':'{region_of(event.customer)}','items':[{items}],"
        f"'card':'{event.card}','currency':'{event.currency}'}}"
    )
    return text.replace("'", quote)


def request(function: str, events: Sequence[Event], message_ids: Sequence[str]) -> str:
    """What a function was invoked with."""
    event = events[0]
    if function == "checkout" and event.kind == STATUS:
        return (
            f'{{"version":"2.0","routeKey":"GET /orders/{{id}}","rawPath":"/orders/{event.id}",'
            f'"headers":{{"x-tenant":"{event.tenant}"}},"pathParameters":{{"id":"{event.id}"}}}}'
        )
    if function == "checkout":
        return (
            '{"version":"2.0","routeKey":"POST /orders","rawPath":"/orders","headers":{"x-tenant":"'
            f'{event.tenant}"}},"body":"{order_json(event, escaped=True)}"}}'
        )
    if message_ids:
        records = ",".join(
            f'{{"messageId":"{message_id}","body":"{order_json(record, escaped=True)}"}}'
            for message_id, record in zip(message_ids[:5], events, strict=False)
        )
        return f'{{"Records":[{records}]}}'
    if event.kind == ORDER:
        return order_json(event)
    return '{"time":"on schedule"}'


def response(function: str, event: Event, status: int) -> str:
    """What a function answered."""
    if function == "checkout" and event.kind == STATUS:
        return f'{{"statusCode":200,"body":"{{\\"id\\":\\"{event.id}\\",\\"status\\":\\"paid\\"}}"}}'
    if function in ("checkout", "email"):
        return f'{{"statusCode":{status},"body":"{{\\"id\\":\\"{event.id}\\"}}"}}'
    if function == "price":
        return f'{{"total_cents":{event.total_cents},"currency":"{event.currency}"}}'
    return '{"reserved":true}' if function == "stock" else "null"
