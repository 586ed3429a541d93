"""Habits that can be preferences: of one customer, on how many of how many days each showed.

    category:<name>  brand:<name>  price:<from>-<to>   what was bought on a shopping day
    discount  coupon  shipping                         reduced without a code; with a code; shipped for nothing
    holiday   hour:<part of day>                       in the week before a festival; when, on their own clock
    channel:<name>                                     a message of that channel was followed by a click

Days are counted, not lines, since the lines of one order are not independent. A day on which
a thing could not be seen (no shipping told, no brand or hour known, more lines than are kept) is not
counted for it. Refuses to judge: whether a habit is a preference is `preferences`'s to say.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from statistics import median
from typing import TYPE_CHECKING, Any

from chalicelib import clock
from chalicelib.profile.orders import CATEGORY
from chalicelib.profile.traits import whole_units
from chalicelib.profile.vocabulary import BRAND
from chalicelib.segment import festivals

if TYPE_CHECKING:
    from chalicelib.events import Line
    from chalicelib.profile.customer import Customer
    from chalicelib.segment.observed import Purchase

KINDS = ("category", "brand", "price", "discount", "coupon", "shipping", "holiday", "hour", "channel")
SPAN = 730
"""Days back that a habit is looked for."""

PARTS = ((0, "night"), (6, "morning"), (12, "afternoon"), (17, "evening"))
ANSWERED_WITHIN = timedelta(days=3)
"""A message younger than this may yet be answered, and is not counted."""

Counts = dict[str, int]


def trial_of(habit: str) -> str:
    """Under which name the days are counted on which the habit could have shown: its kind, or a channel's own."""
    kind = habit.partition(":")[0]
    return habit if kind == "channel" else kind


def count(
    customer: "Customer",
    purchases: "Iterable[Purchase]",
    zone: str,
    currency: str,
    products: Mapping[str, Any],
    now: datetime,
) -> tuple[Counts, Counts]:
    """(habit → days it showed, trial → days it could have shown)."""
    times: Counts = {}
    days: Counts = {}

    def note(trial: str, shown: Iterable[str]) -> None:
        days[trial] = days.get(trial, 0) + 1
        for habit in shown:
            times[habit] = times.get(habit, 0) + 1

    earliest = clock.local_day(now, zone).toordinal() - SPAN
    for purchase in purchases:
        if purchase.day < earliest:
            continue
        orders = purchase.orders
        whole = all(order.kept_mix is None for order in orders)
        lines = [line for order in orders for line in order.lines if line.quantity > 0] if whole else []
        timed = [order.placed_at for order in orders if not order.day_only]
        uncoded = [order for order in orders if not order.codes]  # beside a code nobody told what else was reduced
        if uncoded:
            note("discount", ["discount"] * any(order.discount and order.discount.amount > 0 for order in uncoded))
        note("coupon", ["coupon"] * any(order.codes for order in orders))
        note("holiday", ["holiday"] * festivals.is_festive(date.fromordinal(purchase.day), customer.country))
        if timed:
            note("hour", [f"hour:{part_of(clock.local_hour(min(timed), zone))}"])
        told = [order.shipping.amount for order in orders if order.shipping is not None]
        if told:
            note("shipping", ["shipping"] * (min(told) == 0))
        if purchase.categories and all(order.has_whole_mix for order in orders):
            note("category", {f"category:{category[:CATEGORY]}" for category in purchase.categories})
        brands = {products[line.product_id].brand for line in lines if line.product_id in products} - {""}
        if brands:
            note("brand", {f"brand:{brand[:BRAND]}" for brand in brands})
        prices = prices_of(line for line in lines if line.price.currency == currency)
        if prices:
            note("price", [f"price:{band_of(median(prices))}"])
    for channel, answered in _messages(customer, zone, now).items():
        for clicked in answered.values():
            note(f"channel:{channel}", [f"channel:{channel}"] * clicked)
    return times, days


def prices_of(lines: "Iterable[Line]") -> list[float]:
    """Price of each piece bought, in whole units of whatever currency."""
    return [
        float(whole_units(line.price)) for line in lines if line.price.amount > 0 for _ in range(min(line.quantity, 20))
    ]


def band_of(price: float) -> str:
    """Between which of 1, 2, 5, 10, 20, 50 … a price lies: 20-50 holds what costs at least 20 and less than 50."""
    unit = 1
    while price >= 10 * unit:
        unit *= 10
    if price < 1:
        return "0-1"
    low, high = next(each for each in ((5, 10), (2, 5), (1, 2)) if price >= each[0] * unit)
    return f"{low * unit}-{high * unit}"


def part_of(hour: int) -> str:
    """The part of the day that an hour (0 to 23) lies in."""
    return next(name for first, name in reversed(PARTS) if hour >= first)


def _messages(customer: "Customer", zone: str, now: datetime) -> dict[str, dict[int, bool]]:
    """Channel → local day of a message whose clicks can be told → whether it was followed."""
    found: dict[str, dict[int, bool]] = {}
    for message in customer.messages:
        if (
            message.marketing
            and message.followed
            and not message.bounced_at
            and message.sent_at <= now - ANSWERED_WITHIN
        ):
            of_channel = found.setdefault(message.channel, {})
            day = clock.local_day(message.sent_at, zone).toordinal()
            of_channel[day] = of_channel.get(day, False) or message.clicked_at is not None
    return found
