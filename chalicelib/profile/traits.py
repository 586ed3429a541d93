"""The one vocabulary of what is known of a customer: trait name → its meaning and a pure function.

Rules, previews and explanations all speak in these words. A trait is computed
from the profile and `now`; this module refuses to store one, to read settings
and to add amounts of different currencies without a rate: a money trait is a
mapping of currency → whole units, and whoever compares it says which currency is meant.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any, Literal

from chalicelib.money import Money, exponent
from chalicelib.profile import implicit, vocabulary
from chalicelib.profile.comparison import number

if TYPE_CHECKING:
    from chalicelib.profile.customer import Customer

BANDS = ("low", "mid", "high")
CONSENT_STATES = ("never", "pending", "subscribed", "unsubscribed")
ACTS = (
    "Product Viewed",
    "Product Added",
    "Order Created",
    "Order Completed",
    "Order Cancelled",
    "Signed Up",
    "Subscription Confirmed",
    "Unsubscribed",
    "Resubscribed",
    "Email Opened",
    "Email Link Clicked",
)
"""What only the customer does; opens and clicks by machines have other names in the profile and do not count."""


@dataclass(frozen=True)
class Trait:
    """One word: its kind says what it may be compared with, `choices` which values it can have (empty = any)."""

    kind: Literal["number", "money", "band", "text", "flag"]
    meaning: str
    read: Callable[["Customer", datetime], Any]
    choices: tuple[str, ...] = ()


TRAITS: dict[str, Trait] = {}
_TENTHOUSANDTH = Decimal("0.0001")


def trait_of(customer: "Customer", name: str, now: datetime) -> Any:
    """The trait's value: int, str, bool, None for not known, or for money a mapping currency → Decimal."""
    return TRAITS[name].read(customer, now)


def whole_units(amount: Money) -> Decimal:
    """Money → its number of whole units: 3699 US cents → 36.99."""
    return Decimal(amount.amount).scaleb(-exponent(amount.currency))


def band(spent: Decimal, thresholds: Mapping[str, Any]) -> str:
    """`low` below thresholds["mid"], `high` from thresholds["high"], `mid` between; all in whole units."""
    if spent >= Decimal(str(thresholds["high"])):
        return "high"
    return "mid" if spent >= Decimal(str(thresholds["mid"])) else "low"


def total_in(currency: str, rates: Mapping[str, Any], totals: Mapping[str, Decimal]) -> Decimal | None:
    """All of it in one currency, to a ten-thousandth, never less than nothing; None where part of it has no rate."""
    if totals.keys() <= {currency}:
        return max(totals.get(currency, Decimal(0)), Decimal(0))
    total = Decimal(0)
    for each, amount in totals.items():
        if each == currency or not amount:
            total += amount
        elif each in rates and currency in rates:
            total += amount * number(rates[each]) / number(rates[currency])
        else:
            return None
    return max(total.quantize(_TENTHOUSANDTH, ROUND_HALF_UP), Decimal(0))


def _trait(
    kind: Literal["number", "money", "band", "text", "flag"], choices: tuple[str, ...] = ()
) -> Callable[[Callable[["Customer", datetime], Any]], Callable[["Customer", datetime], Any]]:
    def keep(read: Callable[["Customer", datetime], Any]) -> Callable[["Customer", datetime], Any]:
        TRAITS[read.__name__] = Trait(kind, " ".join((read.__doc__ or "").split()), read, choices)
        return read

    return keep


def counts_of(customer: "Customer") -> dict[str, int]:
    """Currency → number of orders bought, older ones included."""
    counts = {currency: older.paid for currency, older in customer.older_orders.items()}
    for order in customer.bought:
        counts[order.total.currency] = counts.get(order.total.currency, 0) + 1
    return counts


@_trait("number")
def orders_count(customer: "Customer", now: datetime) -> int:
    """Orders paid, not cancelled and not refunded in full."""
    return sum(counts_of(customer).values())


@_trait("number")
def open_orders(customer: "Customer", now: datetime) -> int:
    """Orders placed, and neither paid, sent, cancelled nor refunded."""
    return sum(order.is_open for order in customer.orders.values())


@_trait("money")
def spend(customer: "Customer", now: datetime) -> dict[str, Decimal]:
    """Paid less refunded, over orders not cancelled; per currency, which rules add up by the store's rates."""
    totals = {currency: older.total - older.refunded for currency, older in customer.older_orders.items()}
    for order in customer.bought:
        totals[order.total.currency] = totals.get(order.total.currency, 0) + order.total.amount - order.refunded
        for back in order.refunded_else:
            totals[back.currency] = totals.get(back.currency, 0) - back.amount
    return {currency: whole_units(Money(total, currency)) for currency, total in totals.items()}


@_trait("money")
def average_order(customer: "Customer", now: datetime) -> dict[str, Decimal]:
    """Spend divided by the number of those orders; not known without one."""
    return spend(customer, now)


@_trait("band", BANDS)
def spend_band(customer: "Customer", now: datetime) -> dict[str, Decimal]:
    """Spend as low, mid or high by the store's `spend_bands`; the value here is the spend that `band` sorts."""
    return spend(customer, now)


@_trait("number")
def days_since_order(customer: "Customer", now: datetime) -> int | None:
    """Whole days since the last order was paid; not known without one."""
    if not orders_count(customer, now):
        return None
    return _days_since([order.paid_at for order in customer.bought] or [customer.last("Order Completed")], now)


@_trait("number")
def days_since_seen(customer: "Customer", now: datetime) -> int | None:
    """Whole days since the customer last viewed, ordered, paid, signed up, opened or clicked; not known if never."""
    return _days_since([customer.newest(ACTS)], now)


@_trait("text")
def country(customer: "Customer", now: datetime) -> str:
    """ISO 3166 code of two letters; empty when not known."""
    return customer.country


@_trait("text")
def language(customer: "Customer", now: datetime) -> str:
    """As believed, such as en or zh-CN; empty when not known."""
    return customer.language


@_trait("text")
def time_zone(customer: "Customer", now: datetime) -> str:
    """IANA name as believed; empty when not known."""
    return customer.zone.name if customer.zone else ""


@_trait("number")
def points(customer: "Customer", now: datetime) -> int:
    """The balance of points."""
    return customer.points


@_trait("text", CONSENT_STATES)
def email_consent(customer: "Customer", now: datetime) -> str:
    """Consent to marketing mail: never (asked), pending, subscribed or unsubscribed."""
    return str(customer.consent_of("email").state)


@_trait("flag")
def email_suppressed(customer: "Customer", now: datetime) -> bool:
    """Whether the address bounced or complained, so that no mail goes there."""
    return "email" in customer.suppressed


@_trait("flag")
def has_coupon(customer: "Customer", now: datetime) -> bool:
    """Whether a coupon granted by us is still valid."""
    return any(coupon.expires_at > now for coupon in customer.coupons)


@_trait("number")
def wishes(customer: "Customer", now: datetime) -> int:
    """Products on the wish-list now."""
    return len(customer.wishes)


@_trait("number")
def cart_hours(customer: "Customer", now: datetime) -> int | None:
    """Whole hours since the open cart last changed; not known without one, and once it was ordered there is none."""
    cart = customer.cart
    return None if cart is None else max(int((now - cart.at).total_seconds() // 3600), 0)


@_trait("text", vocabulary.RFM_GROUPS)
def rfm(customer: "Customer", now: datetime) -> str | None:
    """The group by recency, frequency and money; not known while the store has too few orders for groups."""
    return _computed(customer, "rfm", "group")


@_trait("text", vocabulary.RFM_GROUPS)
def rfm_before(customer: "Customer", now: datetime) -> str | None:
    """The group before the one the customer is in now, for 30 days after the move; not known for the first."""
    return _computed(customer, "rfm", "moved_from") or None


@_trait("text", vocabulary.STAGES)
def stage(customer: "Customer", now: datetime) -> str | None:
    """Where in the life of a customer: new, active, nurture, at_risk, churned; not known before the first order."""
    return _computed(customer, "stage", "name")


@_trait("text", vocabulary.TIERS)
def engagement(customer: "Customer", now: datetime) -> str | None:
    """How lately a person opened or clicked: 14d, 30d, 60d, 90d, quiet, inactive, zombie; or unasked."""
    return _computed(customer, "engagement", "tier")


@_trait("flag")
def top_fifth(customer: "Customer", now: datetime) -> bool:
    """Whether among the best fifth by spending, recent spending counting more; false while that is not known."""
    return bool(vocabulary.part_of(customer, "value", "is_top"))


@_trait("text")
def gender(customer: "Customer", now: datetime) -> str:
    """As told, in small letters, such as female; empty when nobody told it."""
    return implicit.told_text(customer, "gender").lower()


@_trait("number")
def age(customer: "Customer", now: datetime) -> int | None:
    """Whole years, of a birthday told with its year or an age told as a number."""
    return implicit.age_told(customer, now)


@_trait("text", tuple(implicit.named(low, high) for low, high in implicit.BANDS))
def age_band(customer: "Customer", now: datetime) -> str | None:
    """The band of the age, told as a birthday, an age or a band; products looked at are no telling."""
    belief = implicit.age_band_told(customer, now)
    return belief.value if belief else None


@_trait("number")
def birthday_month(customer: "Customer", now: datetime) -> int | None:
    """1 to 12, of a birthday told with or without its year."""
    told = implicit.birthday_told(customer)
    return told[0] if told else None


@_trait("number")
def days_to_birthday(customer: "Customer", now: datetime) -> int | None:
    """Days until the next birthday on their own calendar, 0 on the day; of 29 February the day before March."""
    return implicit.days_to_birthday(customer, now)


@_trait("text")
def city(customer: "Customer", now: datetime) -> str:
    """As told; empty when not known."""
    return implicit.told_text(customer, "city")


@_trait("text")
def region(customer: "Customer", now: datetime) -> str:
    """State, province or prefecture as told; empty when not known."""
    return implicit.told_text(customer, "region")


def _computed(customer: "Customer", part: str, name: str) -> str | None:
    found = vocabulary.part_of(customer, part, name)
    return None if found is None else str(found)


def _days_since(instants: list[datetime | None], now: datetime) -> int | None:
    latest = max((each for each in instants if each is not None), default=None)
    return None if latest is None else max((now - latest).days, 0)
