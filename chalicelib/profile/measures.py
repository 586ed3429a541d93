"""What a customer's behaviour amounts to in figures, each over the last 90 days and with its trend.

Pure: (customer, now) → measures. A trend compares the last 90 days with the 90
before, as a ratio and a word; it is `too little data` with fewer than four
occurrences in both together, or when the customer is younger than the two
spans. Amounts are in the currency of most orders and are never added across
currencies. Refuses to store anything: a measure added here is right for every
customer at once.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from chalicelib import clock
from chalicelib.money import Money

if TYPE_CHECKING:
    from chalicelib.profile.customer import Customer, Order

SPAN = timedelta(days=90)
LEAST = 4
"""So many occurrences in both spans together make a trend."""
RISING, FALLING = 1.25, 0.8

_COUNTS = {
    "visits": "Visit Started",
    "products_viewed": "Product Viewed",
    "searches": "Products Searched",
    "email_opens": "Email Opened",
    "email_clicks": "Email Link Clicked",
    "inquiries": "Inquiry Opened",
    "complaints": "Complaint Opened",
    "returns": "Product Returned",
    "reviews": "Product Reviewed",
}
CATEGORIES = 8


@dataclass(frozen=True)
class Measure:
    """One figure. `unit` is count, seconds, days, share or a currency, whose minor units the values then are.

    `value` is of the last 90 days, `before` of the 90 before; None where there was nothing to measure.
    `occurrences` is how many things of both spans it rests on.
    """

    unit: str
    value: float | None
    before: float | None
    occurrences: int
    is_comparable: bool = True

    @property
    def ratio(self) -> float | None:
        """Now against before; None where before was nothing or a trend cannot be told."""
        if not self._can_tell or not self.before or self.value is None:
            return None
        return self.value / self.before

    @property
    def trend(self) -> str:
        """rising, steady, falling or too little data."""
        if not self._can_tell:
            return "too little data"
        if not self.before:
            return "rising" if self.value else "steady"
        ratio = (self.value or 0) / self.before
        return "rising" if ratio >= RISING else "falling" if ratio <= FALLING else "steady"

    @property
    def _can_tell(self) -> bool:
        if not self.is_comparable or self.occurrences < LEAST:
            return False
        return self.unit == "count" or (self.value is not None and self.before is not None)

    @property
    def shown(self) -> str:
        """The value in words of figures, '–' where there is none."""
        if self.value is None:
            return "–"
        if self.unit == "share":
            return f"{self.value:.0%}"
        if self.unit in ("count", "seconds", "days"):
            return f"{self.value:.0f}" + {"count": "", "seconds": " s", "days": " days"}[self.unit]
        return str(Money(round(self.value), self.unit))


def measures_of(customer: "Customer", now: datetime) -> dict[str, Measure]:
    """Name → measure; of categories, `bought:<category>` (pieces) and `spent:<category>` for the foremost."""
    old_enough = customer.created_at <= now - 2 * SPAN
    found: dict[str, Measure] = {}

    def add(name: str, unit: str, pair: tuple[float | None, float | None], occurrences: int) -> None:
        found[name] = Measure(unit, *pair, occurrences, old_enough)

    for name, event in _COUNTS.items():
        pair = _counted(customer, event, now)
        add(name, "count", pair, sum(pair))
    visits, seconds = _counted(customer, "Visit Started", now), _summed(customer, "seconds", now)
    add("visit_length", "seconds", _each(seconds, visits), sum(visits))
    _add_orders(customer, now, add)
    for channel in ("email", "sms"):
        _add_answers(customer, channel, now, add)
    return found


def _add_orders(customer: "Customer", now: datetime, add: Any) -> None:
    recent, before = spans_of(bought(customer), now)
    number = len(recent) + len(before)
    add("orders", "count", (len(recent), len(before)), number)
    currency = main_currency(customer)
    if currency:
        mine = [[order for order in span if order.total.currency == currency] for span in (recent, before)]
        amounts = _pair(sum(order.total.amount - order.refunded for order in span) for span in mine)
        add("amount", currency, amounts, number)
        add("average_order", currency, _each(amounts, _pair(map(len, mine))), number)
        given = _pair(sum(order.discount.amount for order in span if order.discount) for span in mine)
        asked = _pair(sum(order.total.amount for order in span) for span in mine)
        before_discount = _pair(one + another for one, another in zip(given, asked, strict=True))
        add("discount_share", "share", _each(given, before_discount), number)
        mixes = [mix_of(span) for span in mine]
        both = mix_of([order for span in mine for order in span])
        for category in sorted(both, key=lambda each: (-both[each][1], each))[:CATEGORIES]:
            for place, (name, unit) in enumerate((("bought", "count"), ("spent", currency))):
                pair = _pair(mix.get(category, (0, 0))[place] for mix in mixes)
                add(f"{name}:{category}", unit, pair, both[category][0])
    gaps = _gaps(bought(customer), now)
    add("order_interval", "days", _pair(sum(each) / len(each) if each else None for each in gaps), sum(map(len, gaps)))


def _add_answers(customer: "Customer", channel: str, now: datetime, add: Any) -> None:
    """How many messages there were, and the share that a person opened or followed."""
    sent = [message for message in customer.messages if message.channel == channel]
    spans = [[each for each in sent if start < each.sent_at <= end] for start, end in _bounds(now)]
    numbers = _pair(map(len, spans))
    add(f"{channel}_messages", "count", numbers, sum(map(len, spans)))
    answered = _pair(sum(bool(each.clicked_at or each.opened_at) for each in span) for span in spans)
    add(f"{channel}_answered", "share", _each(answered, numbers), sum(map(len, spans)))


def bought(customer: "Customer") -> "list[Order]":
    """Orders paid, neither called off nor refunded in full, oldest payment first."""
    return sorted(customer.bought, key=lambda order: (order.paid_at, order.order_id))


def spans_of(orders: "Iterable[Order]", now: datetime) -> "tuple[list[Order], list[Order]]":
    """Those paid in the last 90 days, and in the 90 before."""
    (start, end), (earlier, until) = _bounds(now)
    orders = list(orders)
    return (
        [order for order in orders if order.paid_at and start < order.paid_at <= end],
        [order for order in orders if order.paid_at and earlier < order.paid_at <= until],
    )


def mix_of(orders: "Iterable[Order]") -> dict[str, tuple[int, int]]:
    """Category → pieces and amount (minor units) over orders of one currency."""
    mix: dict[str, tuple[int, int]] = {}
    for order in orders:
        for category, (pieces, amount) in order.mix.items():
            held = mix.get(category, (0, 0))
            mix[category] = (held[0] + pieces, held[1] + amount)
    return mix


def main_currency(customer: "Customer") -> str:
    """The currency of most orders, '' without any."""
    currencies = [order.total.currency for order in customer.orders.values()]
    return max(sorted(set(currencies)), key=currencies.count) if currencies else ""


def local_hours(customer: "Customer", events: Iterable[str], zone: str, since: datetime) -> dict[int, int]:
    """Hour of the customer's own clock → how often any of the events fell in it, by quarters from `since` on.

    Kept hours are UTC; each quarter is moved by the zone's offset in its middle, which is right but for the weeks
    between a change of the clocks and that middle.
    """
    from datetime import UTC

    place = clock.zone(zone)
    found: dict[int, int] = {}
    kept: Mapping[str, Any] = customer.facets.get("hours", {})
    for event in events:
        for day, hours in kept.get(event, {}).items():
            middle = datetime.fromtimestamp((int(day) + 45) * 86_400, UTC)
            if middle + timedelta(days=46) < since:
                continue
            offset = middle.astimezone(place).utcoffset() or timedelta(0)
            for hour, times in hours.items():
                local = int((int(hour) * 60 + 30 + offset.total_seconds() // 60) // 60) % 24
                found[local] = found.get(local, 0) + times
    return {hour: times for hour, times in sorted(found.items()) if times > 0}


def _bounds(now: datetime) -> tuple[tuple[datetime, datetime], tuple[datetime, datetime]]:
    return (now - SPAN, now), (now - 2 * SPAN, now - SPAN)


def _counted(customer: "Customer", event: str, now: datetime) -> tuple[int, int]:
    """In whole UTC days: today and the 89 before, and the 90 before those."""
    day = timedelta(days=1)
    recent = customer.count(event, within=SPAN - day, now=now)
    return recent, max(0, customer.count(event, within=2 * SPAN - day, now=now) - recent)


def _summed(customer: "Customer", name: str, now: datetime) -> tuple[int, int]:
    days = customer.facets.get("sums", {}).get(name, {})
    today = int(now.timestamp()) // 86_400
    recent = sum(number for day, number in days.items() if today - 90 < int(day) <= today)
    return recent, sum(number for day, number in days.items() if today - 180 < int(day) <= today - 90)


def _gaps(orders: "list[Order]", now: datetime) -> tuple[list[float], list[float]]:
    """Days between an order and the one before it, by the span in which the later one was paid."""
    times = [order.paid_at for order in orders if order.paid_at]
    spans: tuple[list[float], list[float]] = ([], [])
    for one, another in pairwise(times):
        for place, (start, end) in enumerate(_bounds(now)):
            if start < another <= end:
                spans[place].append((another - one) / timedelta(days=1))
    return spans


def _pair(values: Iterable[Any]) -> tuple[Any, Any]:
    one, another = values
    return one, another


def _each(
    sums: tuple[float | None, float | None], numbers: tuple[float | None, float | None]
) -> tuple[float | None, float | None]:
    """Sum by number, None where the number is nothing."""
    return _pair((total or 0) / number if number else None for total, number in zip(sums, numbers, strict=True))
