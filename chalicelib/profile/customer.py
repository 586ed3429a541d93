"""One customer as everybody reads them: an immutable view over the stored profile item.

Every value is worked out from the facets when first asked for, so building a
`Customer` costs one JSON parse. Refuses to change anything: what a fact does
to a profile is said in `lifts/`, and what is stored is said in `facets.py`.
"""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from chalicelib import clock
from chalicelib.events import Line
from chalicelib.money import Money
from chalicelib.profile import shopping, timezone
from chalicelib.profile.consent import Consent, consent_from, suppression_from
from chalicelib.profile.shopping import Act, Cart, Wish
from chalicelib.profile.timezone import ZoneBelief
from chalicelib.profile.wishes import Answers, Preferences, preferences_from, surveys_from

NEVER = Consent(state="never")


@dataclass(frozen=True)
class Order:
    """An order as its newest content and all its facts say; times are UTC or None, `refunded` in minor units."""

    order_id: str
    number: str
    placed_at: datetime
    paid_at: datetime | None
    cancelled_at: datetime | None
    fulfilled_at: datetime | None
    total: Money
    discount: Money | None
    refunded: int
    lines: tuple[Line, ...]
    pay_url: str
    codes: tuple[str, ...]

    @property
    def status(self) -> str:
        """created, paid, fulfilled, cancelled or refunded (in full); a part refund leaves the stage as it is."""
        if self.refunded and self.refunded >= self.total.amount:
            return "refunded"
        if self.cancelled_at:
            return "cancelled"
        if self.fulfilled_at:
            return "fulfilled"
        return "paid" if self.paid_at else "created"

    @property
    def is_open(self) -> bool:
        """Placed, and neither paid, sent, called off nor refunded: worth a reminder."""
        return self.status == "created"


@dataclass(frozen=True)
class OlderOrders:
    """Orders no longer kept one by one, in one currency; `total` and `refunded` (minor units) are of the paid ones."""

    orders: int
    paid: int
    total: int
    refunded: int


@dataclass(frozen=True)
class Coupon:
    code: str
    offer: str
    expires_at: datetime
    granted_at: datetime
    amount: Money | None = None
    percent: int = 0


@dataclass(frozen=True)
class Message:
    """One message of ours and what became of it; opens and clicks are a person's, never a machine's."""

    message_id: str
    channel: str
    definition: str
    template: str
    sent_at: datetime
    delivered_at: datetime | None = None
    opened_at: datetime | None = None
    clicked_at: datetime | None = None
    bounced_at: datetime | None = None
    order_id: str = ""
    arm: str = ""
    step: str = ""
    marketing: bool = True
    local_hour: int = 0
    consent_id: str = ""


class Customer:
    """The read model. `facets` is the parsed body of the stored item (see `facets.py`)."""

    def __init__(self, profile_id: str, facets: dict[str, Any], identities: tuple[str, ...] = ()) -> None:
        self.profile_id = profile_id
        self.facets = facets
        self.identities = identities

    @classmethod
    def from_item(cls, item: dict[str, Any]) -> "Customer":
        """The view over an item of the profiles table (`sk` = profile)."""
        return cls(item["pk"], json.loads(item["body"]), tuple(item.get("identities", ())))

    def _told(self, name: str) -> str:
        register = self.facets.get("told", {}).get(name)
        return register[2] if register else ""

    @property
    def email(self) -> str:
        return self._told("email")

    @property
    def phone(self) -> str:
        return self._told("phone")

    @property
    def first_name(self) -> str:
        return self._told("first_name")

    @property
    def last_name(self) -> str:
        return self._told("last_name")

    @property
    def country(self) -> str:
        """ISO 3166 alpha-2 as last told, or ''."""
        return self._told("country")

    @property
    def language(self) -> str:
        """What the person chose before what the store set for them; '' when neither is known."""
        kinds = ("language_chosen", "language_of_store", "language_of_browser")
        return next((found for kind in kinds if (found := self._told(kind))), "")

    @cached_property
    def zone(self) -> ZoneBelief | None:
        """The zone the evidence speaks for; None when there is none."""
        return timezone.believe(self.facets.get("zones", {}), self.phone, self.country)

    @cached_property
    def created_at(self) -> datetime:
        """When the earliest known fact occurred."""
        return clock.parse(self.facets["created"])

    @cached_property
    def consent(self) -> dict[str, Consent]:
        """Channel → consent, for the channels anything is known of."""
        return {channel: consent_from(kinds) for channel, kinds in self.facets.get("consent", {}).items()}

    def consent_of(self, channel: str) -> Consent:
        """The consent for a channel; `never` when nothing is known."""
        return self.consent.get(channel, NEVER)

    @cached_property
    def suppressed(self) -> dict[str, str]:
        """Channel → why nothing may be sent there: complained, bounced or soft_bounced."""
        reason = suppression_from(self.facets, self.email)
        return {"email": reason} if reason else {}

    @cached_property
    def unsubscribe_reasons(self) -> dict[str, str]:
        """Channel → the playbook's key of the reason last given for leaving it."""
        return {channel: register[2] for channel, register in self.facets.get("reasons", {}).items()}

    @cached_property
    def preferences(self) -> Preferences:
        """Topics, frequency and pause, as the person wished them."""
        return preferences_from(self.facets)

    @cached_property
    def surveys(self) -> dict[str, Answers]:
        """Survey → what the person last answered."""
        return surveys_from(self.facets)

    @cached_property
    def orders(self) -> dict[str, Order]:
        """The newest orders by id, oldest first; lines and pay links only for the newest few."""
        made = (_order(order_id, record) for order_id, record in self.facets.get("orders", {}).items())
        known = [order for order in made if order is not None]
        return {order.order_id: order for order in sorted(known, key=lambda order: (order.placed_at, order.order_id))}

    @cached_property
    def older_orders(self) -> dict[str, OlderOrders]:
        """Currency → what is left of the orders before those in `orders`."""
        return {
            currency: OlderOrders(*totals)
            for currency, totals in self.facets.get("older", {}).get("totals", {}).items()
        }

    @cached_property
    def recent(self) -> tuple[Act, ...]:
        """The newest acts in the store, newest last."""
        return shopping.acts_of(self.facets)

    @cached_property
    def wishes(self) -> dict[str, Wish]:
        """Product → what is on the wish-list now, the oldest first."""
        return shopping.wishes_of(self.facets)

    @cached_property
    def cart(self) -> Cart | None:
        """The open cart; None once it was ordered or emptied, or when none is known of."""
        return shopping.cart_of(self.facets, self.recent, [order.placed_at for order in self.orders.values()])

    @property
    def points(self) -> int:
        return self.facets.get("points", 0)

    @cached_property
    def coupons(self) -> tuple[Coupon, ...]:
        """Coupons promised, the soonest to lapse first; a lapsed one stays a while, so look at `expires_at`."""
        made = [_coupon(code, register) for code, register in self.facets.get("coupons", {}).items()]
        return tuple(sorted(made, key=lambda coupon: (coupon.expires_at, coupon.code)))

    @cached_property
    def segments(self) -> dict[str, datetime]:
        """Segments the customer is in now → since when."""
        return {
            segment: clock.parse(register[0])
            for segment, register in self.facets.get("segments", {}).items()
            if register[2]
        }

    @cached_property
    def messages(self) -> tuple[Message, ...]:
        """The newest messages, newest last."""
        made = (_message(message_id, record) for message_id, record in self.facets.get("messages", {}).items())
        known = [message for message in made if message is not None]
        return tuple(sorted(known, key=lambda message: (message.sent_at, message.message_id)))

    def count(self, event_name: str, *, within: timedelta | None = None, now: datetime) -> int:
        """How often it happened, in whole UTC days: the day on which the window begins counts in full.

        At most 400 days back. Opens and clicks by machines are under
        "Email Opened by Machine" and "Email Link Clicked by Machine".
        """
        days = self.facets.get("days", {}).get(event_name, {})
        if within is None:
            return sum(days.values())
        first_day, last_day = day_number(now - within), day_number(now)
        return sum(number for day, number in days.items() if first_day <= int(day) <= last_day)

    def first(self, event_name: str) -> datetime | None:
        seen = self.facets.get("seen", {}).get(event_name)
        return clock.parse(seen[0]) if seen else None

    def last(self, event_name: str) -> datetime | None:
        seen = self.facets.get("seen", {}).get(event_name)
        return clock.parse(seen[1]) if seen else None

    def trait(self, name: str, now: datetime) -> Any:
        """One word of the rules' vocabulary; see TRAITS in traits.py for names and kinds."""
        from chalicelib.profile import traits  # it reads customers, so it cannot be imported above

        return traits.trait_of(self, name, now)


def day_number(instant: datetime) -> int:
    """UTC days since 1970-01-01: the key of the day counters."""
    return int(instant.timestamp()) // 86_400


def _time(text: str | None) -> datetime | None:
    return clock.parse(text) if text else None


def _order(order_id: str, record: dict[str, Any]) -> Order | None:
    register = record.get("content")
    if register is None:  # only its payment, dispatch or refund is known as yet
        return None
    content = register[2]
    return Order(
        order_id=order_id,
        number=content.get("number", ""),
        placed_at=clock.parse(record.get("placed") or record["first"]),
        paid_at=_time(record.get("paid")),
        cancelled_at=_time(record.get("cancelled")),
        fulfilled_at=_time(record.get("fulfilled")),
        total=Money(*content["total"]),
        discount=Money(*content["discount"]) if content.get("discount") else None,
        refunded=sum(refund[2] for refund in record.get("refunds", {}).values()),
        lines=tuple(
            Line(product, title, quantity, Money(*price), category)
            for product, title, quantity, price, category in content.get("lines", ())
        ),
        pay_url=content.get("pay_url", ""),
        codes=tuple(content.get("codes", ())),
    )


def _coupon(code: str, register: list[Any]) -> Coupon:
    granted_at, _, terms = register
    amount = Money(*terms["amount"]) if terms.get("amount") else None
    return Coupon(
        code, terms["offer"], clock.parse(terms["expires_at"]), clock.parse(granted_at), amount, terms.get("percent", 0)
    )


def _message(message_id: str, record: dict[str, Any]) -> Message | None:
    register = record.get("sent")
    if register is None:  # feedback came before our own word that it was sent
        return None
    return Message(
        message_id=message_id,
        sent_at=clock.parse(register[0]),
        delivered_at=_time(record.get("delivered")),
        opened_at=_time(record.get("opened")),
        clicked_at=_time(record.get("clicked")),
        bounced_at=_time(record.get("bounced") or record.get("soft_bounced")),
        **register[2],
    )
