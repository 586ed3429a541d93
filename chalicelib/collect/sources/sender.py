"""Who sent a delivery and what follows from that: the names of its orders and customers, the frame of its facts.

Ids are only unique within a platform, so everything is called `<platform>:<id>`
here. Refuses an order without an id; everything else that is missing is left out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from chalicelib import ids
from chalicelib.collect import fields
from chalicelib.collect.delivery import Delivery
from chalicelib.errors import BadInput
from chalicelib.money import Money


@dataclass(frozen=True)
class Sender:
    """`currency` and `url` are the store's own, for bodies that name none: '' before the first publish."""

    name: str
    now: datetime
    currency: str = ""
    url: str = ""
    shop: str = ""
    delivery_id: str = ""

    def name_order(self, value: Any) -> str:
        """`shopify:1001`. Raises BadInput for an order without an id."""
        found = fields.identifier(value)
        if not found:
            raise BadInput("an order without an id")
        return f"{self.name}:{found}"

    def name_checkout(self, *values: Any) -> str:
        """`shopify:checkout:5` by the first of these that is an id; '' for none."""
        found = next(filter(None, map(fields.identifier, values)), "")
        return f"{self.name}:checkout:{found}" if found else ""

    def name_customer(self, value: Any) -> str:
        found = fields.identifier(value)  # 0 is a guest
        return f"{self.name}:{found}" if found else ""

    def who(
        self, *, email: Any = "", customer: Any = "", phone: Any = "", order_id: str = "", cart: Any = ""
    ) -> dict[str, str]:
        """The identifiers that are any good. A cart's token is a browser, nameless until it checks out."""
        token = fields.identifier(cart)
        found = {
            "email": fields.email(email),
            "customer": self.name_customer(customer),
            "phone": fields.phone(phone),
            "anonymous": f"{self.name}-cart:{token}" if token else "",
            "order": order_id,
        }
        return {kind: value for kind, value in found.items() if value}

    def frame(self, occurred_at: datetime | None, who: Mapping[str, str], *key: str) -> dict[str, Any]:
        """What every fact has; `key` makes it the same fact when it comes again. No time, or one to come, is now."""
        return {
            "id": ids.event_id(self.name, *key),
            "occurred_at": self.past(occurred_at),
            "received_at": self.now,
            "source": self.name,
            "who": who,
            "shop": self.shop,
        }

    def past(self, found: datetime | None) -> datetime:
        return fields.not_after(found, self.now) or self.now

    def price(self, value: Any, currency: Any = "") -> Money | None:
        """A product's price, which may be missing; in the store's currency where none is named."""
        code = fields.text(currency, 10) or self.currency
        if value in (None, "") or not code:
            return None
        found = fields.amount(value, code)
        return found if found.amount >= 0 else None


def sender_of(name: str, delivery: Delivery, *, shop: str = "", delivery_id: str = "") -> Sender:
    store = fields.part(delivery.settings, "store")
    return Sender(
        name=name,
        now=delivery.now,
        currency=fields.text(store.get("currency"), 3),
        url=fields.link(store.get("url")).rstrip("/"),
        shop=fields.text(shop),
        delivery_id=fields.text(delivery_id, 200),
    )


def number(value: Any) -> Decimal:
    """An amount that is yet to be added up; nothing is zero. Raises BadInput."""
    try:
        found = Decimal(value or 0)
    except (InvalidOperation, TypeError, ValueError):
        raise BadInput("an amount that is no number") from None
    if not found.is_finite() or abs(found) > 10**13:
        raise BadInput("an amount that is no number")
    return found


def is_listed(delivery: Delivery, shop: str, setting: str) -> bool:
    """Whether the store takes deliveries of this shop: any, where it lists none under `setting`."""
    store = fields.part(delivery.settings, "store")
    listed = store.get(setting) or ()
    return not listed or shop in listed or shop in (store.get("hosts") or ())
