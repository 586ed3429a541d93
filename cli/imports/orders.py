"""Rows of an order export → facts: one row an order, or one row a line as Shopify exports them.

Pure: `(rows, origin) → facts and refusals`. An order that was paid is one
Order Completed, one that was not is one Order Created; dispatch, cancellation
and refund follow from their columns. Their ids are those of the platform's
webhooks, so that a stage which both tell of is one fact. Refuses an order
without a customer, an amount or a date.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from chalicelib import ids
from chalicelib.collect import fields
from chalicelib.errors import BadInput
from chalicelib.events import (
    WHOLE_REFUND,
    Event,
    Line,
    OrderCancelled,
    OrderCompleted,
    OrderCreated,
    OrderFulfilled,
    OrderRefunded,
)
from cli.imports import cells, persons
from cli.imports.origin import SOURCE, Origin
from cli.imports.seen import Seen
from cli.imports.sheet import Refusal, Row

REFUNDABLE = timedelta(days=120)
"""How long after an order its platform may still name it alone, in a refund; the identifier costs a write an order."""
COLUMNS = {
    "order_id": ("id", "order id", "order", "order number"),
    "number": ("name", "order_name", "reference"),
    "email": ("customer email", "billing email", "e-mail"),
    "customer_id": ("customer", "user id"),
    "phone": ("customer phone", "billing phone"),
    "country": ("country code", "billing country", "shipping country"),
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
    "shipping": ("shipping total", "shipping amount", "shipping cost"),
    "refunded": ("refunded amount", "total refunded"),
    "line_id": ("lineitem sku", "sku", "product id"),
    "line_title": ("lineitem name", "product", "product name", "item"),
    "line_quantity": ("lineitem quantity", "quantity", "qty"),
    "line_price": ("lineitem price", "price", "unit price"),
    "line_category": ("category", "product category", "product type"),
}
NEEDED = (("order_id",), ("email", "customer_id", "phone"), ("placed_at",), ("total",), ("currency",))


def read(
    rows: Iterable[Row | Refusal],
    origin: Origin,
    *,
    seen: Seen | None = None,
    columns: Callable[[], Iterable[str]] = tuple,
) -> Iterator[list[Event] | Refusal]:
    """The facts of each order, in the file's order, and a remark on what was left out.

    `columns` says which of ours the file has, once its first row was read: one that tells when orders were called
    off tells of each whether it stands.
    """
    seen = seen or Seen()
    tells_standing: bool | None = None
    for block in _blocks(rows):
        if isinstance(block, Refusal):
            yield block
            continue
        if tells_standing is None:
            tells_standing = "cancelled_at" in columns()
        remarks: list[str] = []
        try:
            order_id = origin.name(block[0].get("order_id"))
            if not order_id:
                raise BadInput("no order id")
            if seen.add("order", order_id):
                raise BadInput("an order id that came before, apart from its first rows")
            facts = _facts(order_id, block, origin, remarks, tells_standing)
        except BadInput as fault:
            yield from (each.refuse(str(fault)) for each in block[:1])
            yield from (each.refuse("a further line of the order that was refused above it") for each in block[1:])
            continue
        yield from persons.taken(block[0], facts, remarks)


def _blocks(rows: Iterable[Row | Refusal]) -> Iterator[list[Row] | Refusal]:
    """Neighbouring rows of one order together; only the first carries the order's own cells."""
    block: list[Row] = []
    for row in rows:
        if isinstance(row, Refusal):
            yield row
        elif block and _is_further(row, block[0]):
            block.append(row)
        else:
            if block:
                yield block
            block = [row]
    if block:
        yield block


def _is_further(row: Row, first: Row) -> bool:
    """Whether a row has the order's id, or as in Shopify's export none and the order's number."""
    name = "order_id" if row.get("order_id") else "number"
    return bool(row.get(name)) and row.get(name) == first.get(name)


def _facts(order_id: str, block: list[Row], origin: Origin, remarks: list[str], tells_standing: bool) -> list[Event]:
    row = block[0]
    who = persons.who_of(row, origin, remarks)
    times = {
        name: origin.instant(row.get(name))
        for name in ("placed_at", "paid_at", "fulfilled_at", "cancelled_at", "updated_at")
    }
    placed_at = times["placed_at"]
    if placed_at is None:
        raise BadInput("no date")
    if origin.platform and origin.now - placed_at < REFUNDABLE:
        who["order"] = order_id
    paid_at = times["paid_at"]
    if paid_at is None and row.get("financial_status").lower() in ("paid", "partially_refunded", "refunded"):
        paid_at = placed_at
    currency = row.get("currency").upper()
    content: dict[str, Any] = {
        "order_id": order_id,
        "number": fields.text(row.get("number"), 40),
        "total": origin.amount(row.get("total"), currency),
        "updated_at": times["updated_at"] or max(each for each in times.values() if each),
        "discount": origin.amount(row.get("discount"), currency) if row.get("discount") else None,
        "shipping": origin.amount(row.get("shipping"), currency) if row.get("shipping") else None,
        "codes": tuple(filter(None, [fields.text(row.get("discount_code"), 40)])),
        "lines": tuple(filter(None, (_line(each, currency, origin) for each in block))),
        "day_only": origin.is_day(row.get("placed_at")),
        "stands": times["cancelled_at"] is None if tells_standing else None,
    }

    def common(at: datetime, *stage: str) -> dict[str, Any]:
        return {
            "id": ids.event_id(origin.platform or SOURCE, order_id, *stage),
            "occurred_at": at,
            "received_at": origin.now,
            "source": SOURCE,
            "who": who,
        }

    facts: list[Event] = [
        OrderCompleted(**common(paid_at, "completed"), **content, placed_at=placed_at)
        if paid_at
        else OrderCreated(**common(placed_at, "created"), **content)
    ]
    if times["fulfilled_at"]:
        facts.append(OrderFulfilled(**common(times["fulfilled_at"], "fulfilled"), order_id=order_id))
    if times["cancelled_at"]:
        facts.append(OrderCancelled(**common(times["cancelled_at"], "cancelled"), order_id=order_id))
    refunded = origin.amount(row.get("refunded"), currency) if row.get("refunded") else None
    if refunded and refunded.amount:
        stage = common(content["updated_at"], "refunded", WHOLE_REFUND)
        facts.append(OrderRefunded(**stage, order_id=order_id, refund_id=WHOLE_REFUND, amount=refunded))
    return facts


def _line(row: Row, currency: str, origin: Origin) -> Line | None:
    title = fields.text(row.get("line_title"))
    product_id = cells.identifier(row.get("line_id")) or ids.digest("product", title)
    if not title and not row.get("line_id"):
        return None
    price = origin.amount(row.get("line_price") or "0", currency)
    return Line(
        product_id, title, origin.quantity(row.get("line_quantity")), price, fields.text(row.get("line_category"))
    )
