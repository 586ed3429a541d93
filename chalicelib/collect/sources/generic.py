"""Any signed sender → facts, by the mapping that the playbook's `sources/<name>.yaml` gives.

The file explains its own language. Read here: paths, constants, money and
lists. Refuses to compute: what a path does not lead to is left out, and a fact
that lacks a needed field is unusable as a whole.
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from chalicelib import clock, events, ids
from chalicelib.catalogue.product import MONEY, ProductChange
from chalicelib.collect import fields, signature
from chalicelib.collect.delivery import Delivery, DropReason
from chalicelib.errors import BadInput
from chalicelib.events import CHANNELS, CartUpdated, CheckoutStarted, OrderUpdated
from chalicelib.money import Money

if TYPE_CHECKING:
    from chalicelib.collect.delivery import Finding

PRODUCT_UPDATED, PRODUCT_DELETED = "Product Updated", "Product Deleted"
PRODUCT_EVENTS = (PRODUCT_UPDATED, PRODUCT_DELETED)
"""Not facts but changes of the catalogue; a mapping names them like events, without `who`."""

_LONG = {"pay_url": 2000, "url": 2000, "title": 120, "words": 500}
_BY_VERSION = (OrderUpdated.name, CartUpdated.name, CheckoutStarted.name)
_CLEANED = {
    "email": fields.email,
    "phone": fields.phone,
    "country": fields.country,
    "language": fields.language,
    "pay_url": fields.link,
    "url": fields.link,
}


def verify(delivery: Delivery) -> DropReason | None:
    """Signed our own way, or as Standard Webhooks has it where the mapping says `signature: standard`."""
    if delivery.mapping.get("signature") == "standard":
        signed = signature.is_signed_standard(
            delivery.body,
            delivery.header("webhook-id"),
            delivery.header("webhook-timestamp"),
            delivery.header("webhook-signature"),
            delivery.secrets,
            delivery.now,
        )
    else:
        given = delivery.header("x-dripline-signature")
        signed = signature.is_signed_with_time(delivery.body, given, delivery.secrets, delivery.now)
    return None if signed else DropReason.BAD_SIGNATURE


def delivery_id(delivery: Delivery) -> str:
    """Standard Webhooks' own id, which is signed with the body; our own way has none."""
    is_standard = delivery.mapping.get("signature") == "standard"
    return ids.digest(delivery.header("webhook-id")) if is_standard else ""


def translate(delivery: Delivery) -> "list[Finding] | DropReason":
    """The one fact or change that the mapping makes of the body. Raises BadInput when a needed field is wrong."""
    data = delivery.data
    topic = _follow(delivery.mapping.get("topic", "type"), data, data)
    rule = fields.part(delivery.mapping, "events").get(topic) if isinstance(topic, str) else None
    if rule is None:
        return DropReason.UNUSED_TOPIC
    given = {name: _read(value, data, data) for name, value in fields.part(rule, "fields").items()}
    if rule["event"] in PRODUCT_EVENTS:
        return [_read_product(rule, given, delivery)]
    values = {name: _clean(name, value) for name, value in given.items() if value is not None}
    if values.get("channel", CHANNELS[0]) not in CHANNELS:
        raise BadInput("not a channel of ours")
    for name in ("order_id", "refund_id"):
        if name in values:
            values[name] = _prefixed(delivery.source if name == "order_id" else "", values[name])
    if isinstance(values.get("time_zone"), str) and not clock.is_zone(values["time_zone"]):
        del values["time_zone"]
    who = _read_who(rule, data, delivery.source, values.get("order_id", ""))
    if not who:
        return DropReason.NOBODY
    fact_id = fields.identifier(_follow(rule.get("id"), data, data))
    occurred_at = fields.not_after(fields.instant(_follow(rule.get("occurred_at"), data, data)), delivery.now)
    if not fact_id or occurred_at is None:
        raise BadInput("a fact without an id or a time")
    # A stage of an order is one fact; its content is one fact a version, and so is a cart's.
    version = (values["updated_at"],) if rule["event"] in _BY_VERSION and "updated_at" in values else ()
    return [
        events.parse(
            values
            | {
                "name": rule["event"],
                "id": ids.event_id(delivery.source, topic, fact_id, *version),
                "occurred_at": clock.to_text(occurred_at),
                "received_at": clock.to_text(delivery.now),
                "source": delivery.source,
                "who": who,
            }
        )
    ]


def _read_product(rule: Mapping[str, Any], given: Mapping[str, Any], delivery: Delivery) -> ProductChange:
    """News of a product are about nobody; what the body does not hold is not told."""
    product_id = fields.identifier(_follow(rule.get("id"), delivery.data, delivery.data))
    at = fields.not_after(fields.instant(_follow(rule.get("occurred_at"), delivery.data, delivery.data)), delivery.now)
    if not product_id or at is None:
        raise BadInput("a product without an id or a time")
    told = {name: value for name, value in given.items() if value is not None and name != "stock"}
    for name in MONEY:
        if name in told:
            told[name] = Money(*told[name])
    told["deleted"] = rule["event"] == PRODUCT_DELETED or told.get("deleted") is True
    stock = given.get("stock")
    if isinstance(stock, bool) or (stock is not None and not isinstance(stock, int)):
        raise BadInput("a stock that is no whole number")
    return ProductChange(product_id, at, delivery.source, told, None if stock is None else {"": stock})


def _follow(path: Any, here: Any, whole: Any) -> Any:
    """The value at a dotted path; `$.` begins at the body. None where it leads nowhere."""
    if not isinstance(path, str):
        return None
    found = here
    if path.startswith("$."):
        path, found = path[2:], whole
    for name in path.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found


def _read(value: Any, here: Any, whole: Any) -> Any:
    if isinstance(value, str):
        return _follow(value, here, whole)
    if "constant" in value:
        return value["constant"]
    if "amount" in value:
        amount, currency = _follow(value["amount"], here, whole), _read(value["currency"], here, whole)
        return None if amount is None else list(fields.amount(amount, currency))
    elements = fields.parts(_follow(value["each"], here, whole))
    return [_read_line(value, element, whole) for element in elements]


def _read_line(rule: Mapping[str, Any], element: Mapping[str, Any], whole: Any) -> list[Any]:
    """One line of an order, in the shape that events.parse reads; a price is always given."""
    price = _read(rule["price"], element, whole) if "price" in rule else None
    if price is None:
        raise BadInput("a line of an order without a price")
    return [
        fields.identifier(_follow(rule.get("product_id"), element, whole)),
        fields.text(_follow(rule.get("title"), element, whole)),
        fields.quantity(_follow(rule.get("quantity"), element, whole)),
        price,
        fields.text(_follow(rule.get("category"), element, whole), 80),
    ]


def _clean(name: str, value: Any) -> Any:
    """Text cut and cleaned, ids as text, times as ours; lists and money were read already."""
    if name in _CLEANED:
        return _CLEANED[name](value)
    if name.endswith("_at"):
        found: datetime | None = fields.instant(value)
        return clock.to_text(found) if found else value
    if name.endswith("_id") or name in ("number", "link"):
        return fields.identifier(value)
    if isinstance(value, Decimal):
        raise BadInput(f"{name}: a whole number is needed")
    return fields.text(value, _LONG.get(name, 120)) if isinstance(value, str) else value


def _prefixed(source: str, value: str) -> str:
    if not value:
        raise BadInput("an order or refund without an id")
    return f"{source}:{value}" if source else value


def _read_who(rule: Mapping[str, Any], data: Any, source: str, order_id: str) -> dict[str, str]:
    given = {kind: _read(path, data, data) for kind, path in fields.part(rule, "who").items()}
    customer = fields.identifier(given.get("customer"))
    found = {
        "email": fields.email(given.get("email")),
        "customer": f"{source}:{customer}" if customer else "",
        "phone": fields.phone(given.get("phone")),
        "anonymous": fields.identifier(given.get("anonymous")),
        "order": order_id,
    }
    return {kind: value for kind, value in found.items() if value}
