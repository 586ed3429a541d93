"""What a customer lately did in the store: the newest acts, the wish-list, the cart; how they are kept and read.

An act is kept under the beginning of its fact's id as

    [at, kind, product, title or words searched, category, price or seconds, currency, quantity]

without what is empty at the end. Keeping the newest few of a set is the same
whatever is added first, and so is keeping a product's name with the newest act
that tells it only: that is what makes trimming lawful here. A wish and the
cart are registers, newest wins. Refuses to guess at a cart once an order was
placed after it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from chalicelib import clock
from chalicelib.events import Line
from chalicelib.money import Money

ACTS_KEPT = 60
ACT_DAYS = 90
WISHES_KEPT = 100
WISH_DAYS = 400
CART_DAYS = 90

KINDS = ("viewed", "added", "removed", "wished", "unwished", "searched", "listed", "left", "checkout")


class Act(NamedTuple):
    """One thing done in the store. `seconds` is how long a page could be seen, `query` the words searched for."""

    kind: str
    at: datetime
    product_id: str = ""
    category: str = ""
    title: str = ""
    price: Money | None = None
    seconds: int = 0
    query: str = ""
    quantity: int = 1


@dataclass(frozen=True)
class Wish:
    """A product on the wish-list; `price` is what it cost when it was put there."""

    at: datetime
    title: str = ""
    price: Money | None = None
    category: str = ""


@dataclass(frozen=True)
class Cart:
    """What waits to be ordered. `url` leads back to it, '' when the store did not say; so with `total`.

    A line whose price nobody told has the price 0 without a currency.
    """

    lines: tuple[Line, ...]
    at: datetime
    url: str = ""
    total: Money | None = None


def act(
    event_id: str,
    at: str,
    kind: str,
    *,
    product_id: str = "",
    text: str = "",
    category: str = "",
    price: Money | None = None,
    number: int = 0,
    quantity: int = 1,
) -> dict[str, list[Any]]:
    """One act as it is kept; `number` is the seconds of a page left."""
    told = [at, kind, product_id[:60], text[:40], category[:40], price.amount if price else number]
    told += [price.currency if price else "", 0 if quantity == 1 else quantity]
    while told[-1] in ("", 0):
        told.pop()
    return {event_id[:10]: told}


def trim(facets: dict[str, Any]) -> None:
    """Drop acts, wishes and a cart that are too old or too many."""
    today = facets["last_day"]
    if "recent" in facets:
        _trim_acts(facets, today - ACT_DAYS)
    wishes = facets.get("wishes", {})
    ranked = sorted(wishes, key=lambda product: wishes[product][:2], reverse=True)
    for place, product in enumerate(ranked):
        if place >= WISHES_KEPT or _day_of(wishes[product][0]) < today - WISH_DAYS:
            del wishes[product]
    if "cart" in facets and _day_of(facets["cart"][0]) < today - CART_DAYS:
        del facets["cart"]
    for name in ("recent", "wishes"):
        if facets.get(name) == {}:
            del facets[name]


def _trim_acts(facets: dict[str, Any], bound: int) -> None:
    acts = facets["recent"]
    ranked = sorted(acts, key=lambda key: (acts[key][0], key), reverse=True)
    named = set()
    for place, key in enumerate(ranked):
        told = acts[key]
        if place >= ACTS_KEPT or _day_of(told[0]) < bound:
            del acts[key]
            continue
        product = told[2] if len(told) > 2 else ""
        if not product:
            continue
        for column in (3, 4):
            if len(told) > column and told[column]:
                if (product, column) in named:
                    told = acts[key] = [*told[:column], "", *told[column + 1 :]]
                named.add((product, column))
        while told[-1] in ("", 0):
            told.pop()


def acts_of(facets: Mapping[str, Any]) -> tuple[Act, ...]:
    """The newest acts, newest last."""
    kept = facets.get("recent", {})
    ranked = [[*told, *("", "", "", 0, "", 0)[len(told) - 2 :]] for _, told in sorted(kept.items(), key=_by_time)]
    titles = {told[2]: told[3] for told in ranked if told[2] and told[3]}
    categories = {told[2]: told[4] for told in ranked if told[2] and told[4]}
    return tuple(
        Act(
            kind,
            clock.parse(at),
            product,
            category or categories.get(product, ""),
            "" if kind == "searched" else text or titles.get(product, ""),
            price=Money(number, currency) if currency else None,
            seconds=0 if currency else number,
            query=text if kind == "searched" else "",
            quantity=quantity or 1,
        )
        for at, kind, product, text, category, number, currency, quantity in ranked
    )


def has_act(facets: Mapping[str, Any], kind: str) -> bool:
    """Whether an act of that kind is kept, without reading them all."""
    return any(told[1] == kind for told in facets.get("recent", {}).values())


def wishes_of(facets: Mapping[str, Any]) -> dict[str, Wish]:
    """Product → wish, for what is on the list now, the oldest first."""
    kept = sorted(facets.get("wishes", {}).items(), key=lambda each: each[1][:2])
    return {
        product: Wish(clock.parse(at), title, Money(*price) if price else None, category)
        for product, (at, _, wanted, title, price, category) in kept
        if wanted
    }


def cart_of(facets: Mapping[str, Any], acts: Iterable[Act], orders: Iterable[datetime]) -> Cart | None:
    """The open cart, as the store told it or, where it tells nothing newer, as the acts since amount to.

    `orders` are the times at which orders were placed.
    """
    ordered = max(orders, default=None)
    told = facets.get("cart")
    since = ordered
    if told:
        at, content = clock.parse(told[0]), told[2]
        is_closed = bool(content.get("completed")) or not content.get("lines") or _was_ordered(facets, content)
        if not is_closed and (ordered is None or ordered < at):
            lines = tuple(Line(each[0], each[1], each[2], Money(*each[3]), each[4]) for each in content["lines"])
            total = Money(*content["total"]) if content.get("total") else None
            return Cart(lines, at, content.get("url", ""), total)
        since = at if since is None else max(at, since)
    return _cart_from_acts([each for each in acts if since is None or each.at > since])


def _was_ordered(facets: Mapping[str, Any], cart: Mapping[str, Any]) -> bool:
    """Whether an order was made of this checkout, whenever it was told of last."""
    checkout = cart.get("checkout")
    known = (order["checkout"][2] for order in facets.get("orders", {}).values() if "checkout" in order)
    return bool(checkout) and checkout in known


def _cart_from_acts(acts: list[Act]) -> Cart | None:
    inside: dict[str, Line] = {}
    at = None
    for each in acts:
        if each.kind not in ("added", "removed") or not each.product_id:
            continue
        at = each.at
        before = inside.pop(each.product_id, None)
        quantity = (before.quantity if before else 0) + (each.quantity if each.kind == "added" else -each.quantity)
        price = each.price or (before.price if before else Money(0, ""))
        if quantity > 0:
            inside[each.product_id] = Line(each.product_id, each.title, quantity, price, each.category)
    if not inside or at is None:
        return None
    priced = {line.price.currency for line in inside.values()}
    amount = sum(line.price.amount * line.quantity for line in inside.values())
    known = len(priced) == 1 and "" not in priced
    return Cart(tuple(inside.values()), at, "", Money(amount, priced.pop()) if known else None)


def _by_time(item: tuple[str, list[Any]]) -> tuple[str, str]:
    return item[1][0], item[0]


def _day_of(text: str) -> int:
    return date.fromisoformat(text[:10]).toordinal() - 719_163
