"""One customer as everybody reads them: an immutable view over the stored profile item.

Every value is worked out from the facets when first asked for, so building a
`Customer` costs one JSON parse. Refuses to change anything: what a fact does
to a profile is said in `lifts/`, and what is stored is said in `facets.py`.
"""

import json
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

from chalicelib import clock
from chalicelib.money import Money
from chalicelib.profile import hits, language, shopping, timezone
from chalicelib.profile.attributes import Belief, attributes_of, believed
from chalicelib.profile.consent import Consent, consent_from, suppression_from, unreachable_since_told
from chalicelib.profile.insights import Insights
from chalicelib.profile.language import LanguageBelief
from chalicelib.profile.orders import OlderOrders, Order, order_from
from chalicelib.profile.packing import unpack
from chalicelib.profile.shopping import Act, Cart, Wish
from chalicelib.profile.timezone import ZoneBelief
from chalicelib.profile.wishes import Answers, Preferences, preferences_from, surveys_from

__all__ = ["Coupon", "Customer", "Message", "OlderOrders", "Order", "day_number"]

NEVER = Consent(state="never")


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
    followed: bool = True  # its opens and clicks can be told of this person
    read_seconds: int | None = None  # still open after so long (0, 2 or 8); None where reading cannot be seen


class Customer:
    """The read model. `facets` is the parsed body of the stored item (see `facets.py`)."""

    def __init__(
        self,
        profile_id: str,
        facets: dict[str, Any],
        identities: tuple[str, ...] = (),
        insights: Mapping[str, Any] | None = None,
        read: Callable[[str], Any] = json.loads,
    ) -> None:
        """`insights` is their item; `read` parses what it holds."""
        self.profile_id = profile_id
        self.facets = facets
        self.identities = identities
        self.insights_item = insights
        self._read = read

    @classmethod
    def from_item(cls, item: dict[str, Any], insights: Mapping[str, Any] | None = None) -> "Customer":
        """The view over an item of the profiles table (`sk` = profile) and the insights beside it, if any."""
        return cls(item["pk"], unpack(item["body"]), tuple(item.get("identities", ())), insights)

    @cached_property
    def insights(self) -> Insights | None:
        """What segment last computed; None before its first run."""
        return Insights.from_json(self.insights_body) if self.insights_item else None

    @cached_property
    def insights_body(self) -> dict[str, Any]:
        """The same as it is stored, for those who read very many; empty for none."""
        return unpack(self.insights_item["body"], self._read) if self.insights_item else {}

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
        """The language the evidence speaks for; '' when there is none."""
        return self.language_belief.name if self.language_belief else ""

    @cached_property
    def language_belief(self) -> LanguageBelief | None:
        """What the person chose, before the store's record, the browser's wish and the country's language."""
        return language.believe(self.facets.get("told", {}), self.country)

    @cached_property
    def zone(self) -> ZoneBelief | None:
        """The zone the evidence speaks for; None when there is none."""
        clicks = hits.zone_of_clicks(self.facets)
        heard_of = self.attribute("other_phone")  # no address of theirs, and still a hint of where they live
        phone = self.phone or (heard_of.value if heard_of else "")
        return timezone.believe(self.facets.get("zones", {}), phone, self.country, clicks=clicks)

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
        """Channel → why nothing may be sent there: complained, bounced, soft_bounced; for text messages unreachable."""
        reasons = {"email": suppression_from(self.facets, self.email), "sms": unreachable_since_told(self.facets)}
        return {channel: reason for channel, reason in reasons.items() if reason}

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
        made = (order_from(order_id, record) for order_id, record in self.facets.get("orders", {}).items())
        known = [order for order in made if order is not None]
        return {order.order_id: order for order in sorted(known, key=lambda order: (order.placed_at, order.order_id))}

    @cached_property
    def bought(self) -> tuple[Order, ...]:
        """Of these orders those paid, neither called off nor refunded in full."""
        return tuple(
            order for order in self.orders.values() if order.paid_at and order.status not in ("cancelled", "refunded")
        )

    @cached_property
    def older_orders(self) -> dict[str, OlderOrders]:
        """Currency → what is left of the orders before those in `orders`."""
        return {
            currency: OlderOrders(*totals)
            for currency, totals in self.facets.get("older", {}).get("totals", {}).items()
        }

    @cached_property
    def attributes(self) -> dict[str, Belief]:
        """Attribute → what was told of it and is believed, with who told it and when."""
        return attributes_of(self.facets)

    def attribute(self, key: str) -> Belief | None:
        """What was told of gender, birthday, city, interests …; None when nothing was. See implicit.py for guesses."""
        return believed(self.facets, key)

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
        days = self.days_of(event_name)
        if within is None:
            return max(0, sum(days.values()))
        first_day, last_day = day_number(now - within), day_number(now)
        return max(0, sum(number for day, number in days.items() if first_day <= int(day) <= last_day))

    def days_of(self, event_name: str) -> dict[str, int]:
        """UTC day → how often; of opens and clicks without those that are judged a machine's since."""
        days: dict[str, int] = self.facets.get("days", {}).get(event_name, {})
        if event_name not in hits.NAMES:
            return days
        taken = self._taken_back.get(event_name)
        return {day: number - taken[day] for day, number in days.items()} if taken else days

    @cached_property
    def _taken_back(self) -> dict[str, Counter[str]]:
        return hits.not_yet_taken_back(self.facets)

    def first(self, event_name: str) -> datetime | None:
        return self._seen(event_name, 0)

    def last(self, event_name: str) -> datetime | None:
        return self._seen(event_name, 1)

    def newest(self, event_names: Collection[str]) -> datetime | None:
        """The last time that any of these happened."""
        seen = self.facets.get("seen", {})
        times = [self.last(name) for name in event_names if name in hits.NAMES]
        texts = [seen[name][1] for name in event_names if name in seen and name not in hits.NAMES]
        times += [clock.parse(max(texts))] if texts else []  # texts of times sort as times do
        return max((each for each in times if each is not None), default=None)

    def _seen(self, event_name: str, end: int) -> datetime | None:
        """The first or last time. Where a machine's opens or clicks were taken back, to the day."""
        seen = self.facets.get("seen", {}).get(event_name)
        if not seen:
            return None
        instant = clock.parse(seen[end])
        if event_name not in hits.NAMES:
            return instant
        days = [int(day) for day, number in self.days_of(event_name).items() if number > 0]
        if not days:
            return None
        day = (min, max)[end](days)
        return instant if day == day_number(instant) else datetime.fromtimestamp(day * 86_400, UTC)

    def trait(self, name: str, now: datetime) -> Any:
        """One word of the rules' vocabulary; see TRAITS in traits.py for names and kinds."""
        from chalicelib.profile import traits  # it reads customers, so it cannot be imported above

        return traits.trait_of(self, name, now)


def day_number(instant: datetime) -> int:
    """UTC days since 1970-01-01: the key of the day counters."""
    return int(instant.timestamp()) // 86_400


def _time(text: str | None) -> datetime | None:
    return clock.parse(text) if text else None


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
    opened_at, clicked_at = hits.first_times(record)
    return Message(
        message_id=message_id,
        sent_at=clock.parse(register[0]),
        delivered_at=_time(record.get("delivered")),
        opened_at=opened_at,
        clicked_at=clicked_at,
        read_seconds=record.get("read"),
        bounced_at=_time(record.get("bounced") or record.get("soft_bounced")),
        **register[2],
    )
