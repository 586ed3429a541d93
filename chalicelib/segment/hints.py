"""What speaks for each explanation of why somebody active buys little; see `diagnosis` for what they mean.

Each takes a customer's acts and gives a score with the figures it rests on, or
None where there is too little to look at. Hints combine so that none can
lower a score. Refuses to read more than the profile holds.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from chalicelib.profile import measures
from chalicelib.profile.insights import Figures
from chalicelib.profile.traits import whole_units
from chalicelib.segment.habits import prices_of
from chalicelib.segment.observed import LEAST_AMOUNT

if TYPE_CHECKING:
    from chalicelib.money import Money
    from chalicelib.profile.customer import Customer
    from chalicelib.profile.shopping import Act
    from chalicelib.segment.observed import Observed

FEW = (2, 6)
"""Similar things that somebody compares: at least and at most."""

LEAST_VIEWS = 4
LEAST_PIECES = 3
LEAST_READ = 3
OPENED_SOON = timedelta(minutes=10)
LEFT_CART = timedelta(days=1)
UNPAID = timedelta(days=1)


@dataclass(frozen=True)
class Hint:
    score: float
    figures: Figures


def together(*hints: tuple[float, float]) -> float:
    """Of (strength from 0 to 1, weight) the chance that one of independent hints is right."""
    wrong = 1.0
    for strength, weight in hints:
        wrong *= 1 - weight * min(max(strength, 0.0), 1.0)
    return 1 - wrong


def comparing(viewed: "Sequence[Act]") -> Hint | None:
    """How far the looks are at a few things of one category, over and over."""
    best: Hint | None = None
    for category in sorted({act.category for act in viewed if act.category}):
        inside = Counter(act.product_id for act in viewed if act.category == category and act.product_id)
        views = inside.total()
        few = [number for _, number in inside.most_common(FEW[1])]
        if views < LEAST_VIEWS or sum(number > 1 for number in few) < FEW[0]:
            continue
        again = sum(few) - len(few)
        score = again / (again + len(few)) * (sum(few) / len(viewed)) ** 0.5
        if best is None or score > best.score:
            best = Hint(score, {"views": sum(few), "products": len(few), "category": category})
    return best


def price(customer: "Customer", viewed: "Sequence[Act]", now: datetime) -> Hint | None:
    """Looks above the own band of prices, at what became cheaper, and coupons tried."""
    if len(viewed) < LEAST_VIEWS:
        return None
    paid, seen = _paid(customer), _prices(viewed, measures.main_currency(customer))
    usually = sorted(paid)[int(0.75 * (len(paid) - 1))] if len(paid) >= LEAST_PIECES else None
    above = sum(each > usually for each in seen) / len(seen) if usually is not None and seen else 0.0
    drops = _drops(viewed)
    coupons = customer.count("Coupon Applied", within=measures.SPAN, now=now)
    score = together((above, 0.5), (drops / 2, 0.6), (coupons / 2, 0.6))
    return Hint(score, {"above": round(above, 2), "usual": round(usually or 0, 2), "drops": drops, "coupons": coupons})


def weak_offer(customer: "Customer", now: datetime) -> Hint | None:
    """Mail read and not followed, coupons lapsed, a cart left."""
    since = now - measures.SPAN
    read = [
        message
        for message in customer.messages
        if message.marketing and since < message.sent_at <= now and (message.opened_at or message.clicked_at)
    ]
    idle = sum(message.clicked_at is None for message in read)
    lapsed = sum(since < coupon.expires_at <= now for coupon in customer.coupons if not _used(customer, coupon.code))
    cart = customer.cart
    left = cart is not None and since < cart.at <= now - LEFT_CART
    if len(read) < LEAST_READ and not lapsed and not left:
        return None
    score = together((idle / (len(read) + 2), 0.7), (lapsed / 2, 0.5), (float(left), 0.3))
    return Hint(score, {"read": len(read), "followed": len(read) - idle, "lapsed": lapsed, "carts": int(left)})


def spending_power(
    customer: "Customer", viewed: "Sequence[Act]", observed: "Observed", usual: float | None, now: datetime
) -> Hint | None:
    """Purchases smaller than is usual in the store, orders left unpaid, looks beyond the dearest thing bought."""
    paid, seen = _paid(customer), _prices(viewed, measures.main_currency(customer))
    amounts = [purchase.amount for purchase in observed.purchases if purchase.amount > LEAST_AMOUNT]
    own = sum(amounts) / len(amounts) if amounts else None
    small = 1 - own / usual if own is not None and usual and len(amounts) >= 2 else 0.0
    dearest = max(paid) if len(paid) >= LEAST_PIECES else None
    beyond = sum(each > dearest for each in seen) / len(seen) if dearest is not None and seen else 0.0
    unpaid = sum(
        order.paid_at is None and now - measures.SPAN < order.placed_at <= now - UNPAID
        for order in customer.orders.values()
    )
    if own is None and not unpaid:
        return None
    score = together((small, 0.6), (beyond, 0.5), (unpaid / 2, 0.5))
    figures = {"own": round(own or 0, 2), "usual": round(usual or 0, 2), "beyond": round(beyond, 2), "unpaid": unpaid}
    return Hint(score, figures)


def wrong_interest(customer: "Customer", acts: "Sequence[Act]", sold: Mapping[str, float]) -> Hint | None:
    """How far looks are from what was bought, or else how many at what the store hardly sells; searches left off."""
    looks = Counter(act.category for act in acts if act.kind in ("viewed", "wished", "added") and act.category)
    mix = measures.mix_of(measures.bought(customer))
    pieces = {category: number for category, (number, _) in mix.items()}
    has_bought = sum(pieces.values()) >= LEAST_PIECES
    offered = _shares(pieces) if has_bought else dict(sold)
    apart = 0.0
    if looks.total() >= LEAST_VIEWS and offered:
        limit = offered if has_bought else dict.fromkeys(offered, 1.0)  # of all that is sold anybody looks at a part
        apart = 1 - sum(min(share, limit.get(category, 0.0)) for category, share in _shares(looks).items())
    searches = [act for act in acts if act.kind == "searched"]
    opened = [act.at for act in acts if act.kind in ("viewed", "added", "wished")]
    lost = sum(not any(each.at <= at <= each.at + OPENED_SOON for at in opened) for each in searches)
    if not apart and not lost:
        return None
    # Everybody's looks are wider than their purchases: only what is more apart than half counts.
    score = together((2 * apart - 1, 0.8 if has_bought else 0.5), (lost / 4, 0.5))
    most = max(sorted(looks), key=lambda each: looks[each], default="")
    return Hint(score, {"apart": round(apart, 2), "category": most, "searches": len(searches), "lost": lost})


def _paid(customer: "Customer") -> list[float]:
    """Prices of pieces bought in the main currency, one order's like another's."""
    currency = measures.main_currency(customer)
    orders = [order for order in measures.bought(customer) if order.total.currency == currency]
    return [each for order in orders for each in prices_of(line for line in order.lines if line.quantity > 0)]


def _prices(viewed: "Iterable[Act]", currency: str) -> list[float]:
    """Prices looked at, in the currency in which the customer buys."""
    told: list[Money] = [act.price for act in viewed if act.price is not None and act.price.currency == currency]
    return [float(whole_units(each)) for each in told if each.amount > 0]


def _drops(viewed: "Iterable[Act]") -> int:
    """Products looked at again after their price had fallen."""
    before: dict[str, Money] = {}
    fallen = set()
    for act in viewed:
        if act.price is None or not act.product_id or act.price.amount <= 0:
            continue
        last = before.get(act.product_id)
        if last and last.currency == act.price.currency and act.price.amount < last.amount:
            fallen.add(act.product_id)
        before[act.product_id] = act.price
    return len(fallen)


def _used(customer: "Customer", code: str) -> bool:
    return any(code.casefold() == each.casefold() for order in customer.orders.values() for each in order.codes)


def _shares(counts: Mapping[str, int]) -> dict[str, float]:
    total = sum(counts.values())
    return {name: number / total for name, number in counts.items()} if total else {}
