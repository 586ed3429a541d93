"""SHOPLINE's webhooks → what they tell: bodies close to Shopify's under other names, put into that shape and read so.

What SHOPLINE says of itself (developer.shopline.com, webhooks overview and the
pages of each event, v20251201):

- X-Shopline-Hmac-Sha256 is HMAC-SHA256 over the raw body under the app secret.
  The pages show it in base64; SHOPLINE's own Go library compares hex. Both
  spellings of the one digest are taken.
- X-Shopline-Topic, -Shop-Domain, -Webhook-Id; the id stays when it sends again,
  which it does up to 19 times within 48 hours unless it has 200 within 5 s.
- Ids are text; an order's total is `current_total_price`; `customer_locale` is
  language and country without a mark between (`enCA`); consent states are
  numbers (0 withdrawn, 1 given, 2 never, 3 unconfirmed), so are opt-in levels;
  a phone may begin with 00; a birthday is YYYYMMDD.
- Deletion of a person is `customers/redact`, of a shop `merchants/redact`;
  `orders_to_redact` are the numbers customers see, not ids.

Refuses to guess at consent without a time, as with Shopify.
"""

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from chalicelib import ids
from chalicelib.collect import fields, signature
from chalicelib.collect.delivery import Delivery, DropReason
from chalicelib.collect.sources.sender import Sender, is_listed, sender_of
from chalicelib.collect.sources.shopify import carts, orders, people, products, rights

if TYPE_CHECKING:
    from chalicelib.collect.delivery import Finding

NAME = "shopline"
_STATES = {0: "unsubscribed", 1: "subscribed"}
_LEVELS = {1: "single_opt_in", 2: "confirmed_opt_in"}
_LOCALE = re.compile(r"([a-z]{2,3})([A-Z]{2})")
_DAY = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")


def verify(delivery: Delivery) -> DropReason | None:
    given = delivery.header("x-shopline-hmac-sha256")
    signed = signature.is_signed_base64(delivery.body, given, delivery.secrets)
    if not signed and not signature.is_signed_hex(delivery.body, given, delivery.secrets):
        return DropReason.BAD_SIGNATURE
    return None if is_listed(delivery, _shop(delivery), "shopline_shops") else DropReason.FOREIGN_SHOP


def delivery_id(delivery: Delivery) -> str:
    given = delivery.header("x-shopline-webhook-id")
    return ids.digest(_shop(delivery), delivery.header("x-shopline-topic").lower(), given) if given else ""


def translate(delivery: Delivery) -> "list[Finding] | DropReason":
    """What a topic of TOPICS tells; other topics are not used. Raises BadInput for an order without id or amount."""
    known = TOPICS.get(delivery.header("x-shopline-topic").lower())
    if known is None:
        return DropReason.UNUSED_TOPIC
    reshape, read = known
    sender = sender_of(NAME, delivery, shop=_shop(delivery), delivery_id=delivery_id(delivery))
    return read(reshape(delivery.data), sender)


def _shop(delivery: Delivery) -> str:
    return delivery.header("x-shopline-shop-domain").lower()


def _as_it_is(data: Mapping[str, Any]) -> Mapping[str, Any]:
    return data


def _order(data: Mapping[str, Any]) -> dict[str, Any]:
    found = dict(fields.part(data, "order") or data)
    for name, told in (("total_price", "current_total_price"), ("total_discounts", "current_total_discounts")):
        if found.get(name) in (None, ""):
            found[name] = found.get(told)
    found["customer"] = _with_phone(fields.part(found, "customer"))
    found["phone"] = _phone(found.get("phone"))
    found["customer_locale"] = _locale(found.get("customer_locale"))
    return found


def _refund(data: Mapping[str, Any]) -> dict[str, Any]:
    """SHOPLINE lists a refund's transactions under two names, of which one may be empty."""
    found = dict(data)
    listed = fields.parts(data.get("transactions")) or fields.parts(data.get("transactions_v2"))
    return found | {"transactions": [each for each in listed if each.get("kind") == "refund"]}


def _customer(data: Mapping[str, Any]) -> dict[str, Any]:
    found = _with_phone(fields.part(data, "customer") or data)
    found["locale"] = found.get("language")
    day = _DAY.fullmatch(fields.text(found.get("birthday"), 10))
    found["birthday"] = "-".join(day.groups()) if day else ""
    for channel, accepted in (("email", "accepts_marketing"), ("sms", "accepts_mobile_marketing")):
        block = dict(fields.part(found, f"{channel}_marketing_consent"))
        at = block.get("consent_updated_at") or found.get(f"{accepted}_updated_at")
        told = found.get(accepted)
        state = _state(block.get("state")) if block else {True: "subscribed", False: "unsubscribed"}.get(told is True)
        if not block and not isinstance(told, bool):
            state = None
        # That somebody does not accept marketing is a withdrawal only where they once did: where it has a time.
        if state == "unsubscribed" and not fields.instant(at):
            state = None
        level = block.get("opt_in_level")
        found[f"{channel}_marketing_consent"] = {
            "state": state,
            "consent_updated_at": at,
            "opt_in_level": _LEVELS.get(level, "") if isinstance(level, int) else level,
        }
    return found


def _state(value: Any) -> Any:
    return _STATES.get(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _product(data: Mapping[str, Any]) -> dict[str, Any]:
    found = dict(fields.part(data, "product") or data)
    found["product_type"] = found.get("product_category")
    found["status"] = "active" if found.get("status") in ("active", "activated", None) else "draft"
    variants = []
    for each in fields.parts(found.get("variants"), 2000):
        counted = each.get("inventory_tracker", each.get("inventory_management")) not in (None, False, "", "false")
        variants.append({**each, "inventory_management": "shopline" if counted else None})
    return found | {"variants": variants}


def _with_phone(data: Mapping[str, Any]) -> dict[str, Any]:
    return {**data, "phone": _phone(data.get("phone"))}


def _phone(value: Any) -> str:
    """A number with its country: `0049…` is `+49…`; one without a country's code stays out."""
    found = fields.text(value, 40)
    return f"+{found[2:]}" if found.startswith("00") else found


def _locale(value: Any) -> str:
    """`enCA` → `en-CA`."""
    found = _LOCALE.fullmatch(fields.text(value, 40))
    return "-".join(found.groups()) if found else fields.text(value, 40)


def _redaction(data: Mapping[str, Any]) -> dict[str, Any]:
    customer = _with_phone(fields.part(data, "customer"))
    return {**data, "customer": customer, "orders_to_redact": None}


Reshape = Callable[[Mapping[str, Any]], Mapping[str, Any]]
Read = Callable[[Mapping[str, Any], Sender], "list[Any] | DropReason"]

TOPICS: dict[str, tuple[Reshape, Read]] = {
    "orders/create": (_order, orders.read_created),
    "orders/updated": (_order, orders.read_updated),
    "orders/edited": (_order, orders.read_updated),
    "orders/paid": (_order, orders.read_paid),
    "orders/partially_fulfilled": (_order, orders.read_updated),
    "orders/fulfilled": (_order, orders.read_fulfilled),
    "orders/cancelled": (_order, orders.read_cancelled),
    "orders/delete": (_order, orders.read_deleted),
    "refunds/create": (_refund, orders.read_refund),
    "carts/create": (_as_it_is, carts.read_cart),
    "carts/update": (_as_it_is, carts.read_cart),
    "checkouts/create": (_order, carts.read_checkout),
    "checkouts/update": (_order, carts.read_checkout),
    "checkouts/delete": (_order, carts.read_deleted_checkout),
    "customers/create": (_customer, people.read_customer),
    "customers/update": (_customer, people.read_customer),
    "customers/delete": (_customer, people.read_deleted),
    "customers_marketing_consent/update": (_customer, people.read_consent_change),
    "products/create": (_product, products.read_product),
    "products/update": (_product, products.read_product),
    "products/delete": (_as_it_is, products.read_deleted_product),
    "inventory_levels/connect": (_as_it_is, products.read_level),
    "inventory_levels/update": (_as_it_is, products.read_level),
    "inventory_levels/disconnect": (_as_it_is, products.read_gone_level),
    "inventory_items/update": (_as_it_is, products.read_item),
    "customers/redact": (_redaction, rights.read_redact),
    "merchants/redact": (_redaction, rights.read_shop_redact),
}
