"""Rows of an order export → facts: one row an order, or one row a line as Shopify exports them.

Pure: `(rows, now) → facts and refusals`. An order that was paid is one
Order Completed, one that was not is one Order Created; dispatch, cancellation
and refund follow from their columns. The ids depend on the order alone, so the
same file again gives the same facts. Refuses an order without a customer, an
amount or a date.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from chalicelib import ids
from chalicelib.collect import fields
from chalicelib.errors import BadInput
from chalicelib.events import (
    Event,
    Line,
    OrderCancelled,
    OrderCompleted,
    OrderCreated,
    OrderFulfilled,
    OrderRefunded,
)
from cli.imports import cells
from cli.imports.seen import Seen
from cli.imports.sheet import Refusal, Row

SOURCE = "import"
REFUNDABLE = timedelta(days=120)
"""How long after an order its platform may still name it alone, in a refund; the identifier costs a write an order."""
COLUMNS = {
    "order_id": ("id", "order id", "name", "order", "order number"),
    "number": ("order_name", "reference"),
    "email": ("customer email", "billing email", "e-mail"),
    "customer_id": ("customer", "user id"),
    "phone": ("billing phone", "customer phone"),
    "placed_at": ("created at", "date", "order date", "date created"),
    "paid_at": ("paid", "date paid", "processed at"),
    "fulfilled_at": ("fulfilled", "shipped at", "date completed"),
    "cancelled_at": ("cancelled", "canceled at"),
    "updated_at": ("modified at", "date modified"),
    "financial_status": ("payment status",),
    "total": ("order total", "amount", "grand total"),
    "currency": ("currency code",),
    "discount": ("discount amount", "total discount"),
    "discount_code": ("coupon", "coupon code"),
    "refunded": ("refunded amount", "total refunded"),
    "line_id": ("lineitem sku", "sku", "product id"),
    "line_title": ("lineitem name", "product", "product name", "item"),
    "line_quantity": ("lineitem quantity", "quantity", "qty"),
    "line_price": ("lineitem price", "price", "unit price"),
    "line_category": ("category", "product category", "product type"),
}
NEEDED = (("order_id",), ("email", "customer_id", "phone"), ("placed_at",), ("total",), ("currency",))


def read(
    rows: Iterable[Row | Refusal], *, zone: str, now: datetime, platform: str = "", seen: Seen | None = None
) -> Iterator[list[Event] | Refusal]:
    """The facts of each order, in the file's order; `platform` names whose ids they are, so that webhooks join them."""
    seen = seen or Seen()
    for block in _blocks(rows):
        if isinstance(block, Refusal):
            yield block
            continue
        order_id = fields.identifier(block[0].get("order_id"))
        try:
            if not order_id:
                raise BadInput("no order id")
            if seen.add("order", order_id):
                raise BadInput("an order id that came before, apart from its first rows")
            yield _facts(order_id, block, zone, now, platform)
        except BadInput as fault:
            yield from (each.refuse(str(fault)) for each in block[:1])
            yield from (each.refuse("a further line of the order that was refused above it") for each in block[1:])


def of_platform(platform: str, identifier: str) -> str:
    """`shopify:123`, as the platform's webhooks name it."""
    return f"{platform}:{identifier}" if platform and identifier else identifier


def _blocks(rows: Iterable[Row | Refusal]) -> Iterator[list[Row] | Refusal]:
    """Neighbouring rows of one order together; only the first carries the order's own cells."""
    block: list[Row] = []
    for row in rows:
        if isinstance(row, Refusal):
            yield row
        elif block and row.get("order_id") in ("", block[0].get("order_id")) and row.get("order_id"):
            block.append(row)
        else:
            if block:
                yield block
            block = [row]
    if block:
        yield block


def _facts(order_id: str, block: list[Row], zone: str, now: datetime, platform: str) -> list[Event]:
    row = block[0]
    order_id = of_platform(platform, order_id)
    who = {
        kind: value
        for kind, value in (
            ("email", cells.email(row.get("email"))),
            ("customer", of_platform(platform, fields.identifier(row.get("customer_id")))),
            ("phone", cells.phone(row.get("phone"))),
        )
        if value
    }
    if not who:
        raise BadInput("nobody: neither a mail address nor a customer id nor a phone number")
    times = {
        name: cells.instant(row.get(name), zone, now)
        for name in ("placed_at", "paid_at", "fulfilled_at", "cancelled_at", "updated_at")
    }
    placed_at = times["placed_at"]
    if placed_at is None:
        raise BadInput("no date")
    if platform and now - placed_at < REFUNDABLE:
        who["order"] = order_id
    paid_at = times["paid_at"]
    if paid_at is None and row.get("financial_status").lower() in ("paid", "partially_refunded", "refunded"):
        paid_at = placed_at
    currency = row.get("currency").upper()
    content: dict[str, Any] = {
        "order_id": order_id,
        "number": fields.text(row.get("number"), 40),
        "total": cells.amount(row.get("total"), currency),
        "updated_at": times["updated_at"] or max(each for each in times.values() if each),
        "discount": cells.amount(row.get("discount"), currency) if row.get("discount") else None,
        "codes": tuple(filter(None, [fields.text(row.get("discount_code"), 40)])),
        "lines": tuple(filter(None, (_line(each, currency) for each in block))),
    }

    def common(name: str, at: datetime) -> dict[str, Any]:
        return {
            "id": ids.event_id(SOURCE, name, order_id),
            "occurred_at": at,
            "received_at": now,
            "source": SOURCE,
            "who": who,
        }

    facts: list[Event] = [
        OrderCompleted(**common("paid", paid_at), **content, placed_at=placed_at)
        if paid_at
        else OrderCreated(**common("created", placed_at), **content)
    ]
    if times["fulfilled_at"]:
        facts.append(OrderFulfilled(**common("fulfilled", times["fulfilled_at"]), order_id=order_id))
    if times["cancelled_at"]:
        facts.append(OrderCancelled(**common("cancelled", times["cancelled_at"]), order_id=order_id))
    if row.get("refunded") and cells.amount(row.get("refunded"), currency).amount:
        facts.append(
            OrderRefunded(
                **common("refunded", content["updated_at"]),
                order_id=order_id,
                refund_id="import",
                amount=cells.amount(row.get("refunded"), currency),
            )
        )
    return facts


def _line(row: Row, currency: str) -> Line | None:
    title = fields.text(row.get("line_title"))
    product_id = fields.identifier(row.get("line_id")) or ids.digest("product", title)
    if not title and not row.get("line_id"):
        return None
    price = cells.amount(row.get("line_price") or "0", currency)
    return Line(
        product_id, title, cells.quantity(row.get("line_quantity")), price, fields.text(row.get("line_category"))
    )
