"""What a profile holds, and how two parts of one become one.

A profile is a dictionary of facets; each facet has a merge type, and `merge`
is commutative and associative because each type is:

    newest     [at, event id, value]; the later fact wins, the id breaks ties
    earliest   the smaller; for times as text, the first
    latest     the greater
    span       [first, last]
    total      a counter: not idempotent, so a fact may be merged only once (see fold.py)
    keyed      a map, merged key by key

`trim` drops what has aged out. What it keeps is a function of the facts alone,
not of when they came; where that cannot be seen from what is left, it says so,
and the profile is rebuilt from the log. Everything is plain JSON; there are no
floats. Refuses to read facts: see lifts/.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from chalicelib.profile import attributes, hits, shopping
from chalicelib.profile.orders import is_called_off, mix_of, refunds_of, written

Facets = dict[str, Any]
Merge = Callable[[Any, Any], Any]

ORDERS_KEPT = 300
ORDERS_WITH_LINES = 20
MESSAGES_KEPT = 60
MESSAGE_DAYS = 200
COUNTER_DAYS = 400
COUPONS_KEPT = 50
COUPON_DAYS = 60
SEGMENTS_KEPT = 200


def newest(mine: list[Any], other: list[Any]) -> list[Any]:
    if other[:2] > mine[:2]:
        return other
    if mine[:2] > other[:2] or mine == other:
        return mine
    # One fact told under two names of the person, not quite alike: either will do, but always the same one.
    return max(mine, other, key=lambda told: json.dumps(told, sort_keys=True))


def earliest(mine: Any, other: Any) -> Any:
    return other if other < mine else mine


def latest(mine: Any, other: Any) -> Any:
    return other if other > mine else mine


def span(mine: list[str], other: list[str]) -> list[str]:
    return [earliest(mine[0], other[0]), latest(mine[1], other[1])]


def total(mine: int, other: int) -> int:
    return mine + other


def totals(mine: list[int], other: list[int]) -> list[int]:
    return [one + another for one, another in zip(mine, other, strict=True)]


def keyed(each: Merge) -> Merge:
    """A map whose values merge by `each`. Changes and returns `mine`; takes values over from `other`."""

    def merge_map(mine: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
        for key, value in other.items():
            mine[key] = each(mine[key], value) if key in mine else value
        return mine

    return merge_map


def record(**types: Merge) -> Merge:
    """A map with known keys, each of its own type."""

    def merge_record(mine: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
        for key, value in other.items():
            mine[key] = types[key](mine[key], value) if key in mine else value
        return mine

    return merge_record


FACETS: dict[str, Merge] = {
    "created": earliest,  # when the first fact occurred
    "last_day": latest,  # the newest day of a fact, which ages the others
    "told": keyed(newest),  # e-mail, phone, names, country, language
    "addresses": keyed(earliest),  # e-mail address → first told of; bounces before that do not concern it
    "zones": keyed(newest),  # source of evidence → zone
    "seen": keyed(span),  # event name → first, last
    "days": keyed(keyed(total)),  # event name → UTC day → how often
    "orders": keyed(
        record(
            content=newest,  # by the store's own `updated_at`
            checkout=newest,  # what it was made of; not every telling of an order knows
            first=earliest,  # what orders are ranked by
            placed=earliest,
            noon=earliest,  # what stands for a day, where an order was told of without its hour
            paid=earliest,
            fulfilled=earliest,
            cancelled=latest,
            stood=latest,  # when the store last said that it is not called off
            refunds=keyed(newest),
        )
    ),
    "older": record(rank=latest, totals=keyed(totals)),  # orders no longer kept one by one
    "messages": keyed(
        record(
            sent=newest,
            first=earliest,
            delivered=earliest,
            hits=keyed(hits.greatest),  # a person's opens and clicks, as far as they say themselves; see hits.py
            crowded=latest,  # there were more hits than are all kept
            read=latest,  # seconds after which it was still open
            bounced=earliest,
            soft_bounced=earliest,
        )
    ),
    "older_messages": latest,  # rank of the newest message dropped
    "consent": keyed(keyed(newest)),  # channel → kind of fact
    "suppressed": keyed(newest),  # bounced, complained
    "reasons": keyed(newest),  # channel → reason last given for leaving
    "points": total,
    "attributes": keyed(keyed(newest)),  # what was told of a person → kind of source; see attributes.py
    "recent": keyed(latest),  # beginning of a fact's id → one act in the store; see shopping.py
    "wishes": keyed(newest),  # product → on or off the list
    "cart": newest,  # by the store's own `updated_at`
    "sums": keyed(keyed(total)),  # name → UTC day → how much: seconds in which pages could be seen
    "hours": keyed(keyed(keyed(total))),  # event name → first UTC day of a quarter → UTC hour → how often
    "coupons": keyed(newest),
    "segments": keyed(newest),
    "asked": newest,  # topics and frequency given with a sign-up that is not confirmed yet
    "preferences": record(topics=keyed(newest), frequency=newest, pause=newest),
    "surveys": keyed(newest),  # survey → its last answers
}


_merge_facets = record(**FACETS)


def merge(mine: Facets, other: Facets) -> Facets:
    """Both together. Changes and returns `mine`, which may take over parts of `other`: give a copy to keep it."""
    return _merge_facets(mine, other)


def order_rank(order_id: str, order: Mapping[str, Any]) -> list[str]:
    return [order["first"], order_id]


def message_rank(message_id: str, message: Mapping[str, Any]) -> list[str]:
    return [message["sent"][0] if "sent" in message else message["first"], message_id]


def trim(facets: Facets) -> bool:
    """Drop what is too old or too much. True when what is left cannot be right and only the log can tell."""
    torn = _trim_orders(facets)
    torn = _trim_messages(facets) or torn
    for counters in ("days", "sums", "hours"):
        _trim_counters(facets, counters, facets["last_day"] - COUNTER_DAYS)
    shopping.trim(facets)
    attributes.trim(facets)
    _trim_coupons(facets)
    segments = facets.get("segments", {})
    for segment in sorted(segments, key=lambda each: segments[each][:2])[:-SEGMENTS_KEPT]:
        del segments[segment]
    return torn


def _trim_orders(facets: Facets) -> bool:
    orders = facets.get("orders", {})
    older = facets.get("older")
    if len(orders) <= ORDERS_WITH_LINES and older is None:
        return any("trimmed" in order.get("content", ("", "", ()))[2] for order in orders.values())
    ranks = sorted((order_rank(order_id, order) for order_id, order in orders.items()), reverse=True)
    for rank in ranks[ORDERS_KEPT:]:
        _add_to_older(facets, rank, orders.pop(rank[1]))
    kept = ranks[:ORDERS_KEPT]
    for rank in kept[ORDERS_WITH_LINES:]:
        checkout = orders[rank[1]].pop("checkout", None)
        register = orders[rank[1]].get("content")
        if register and (checkout or "lines" in register[2] or "pay_url" in register[2]):
            content = {key: value for key, value in register[2].items() if key not in ("lines", "pay_url")}
            content["trimmed"] = True
            mix = mix_of(register[2].get("lines", ()), content["total"][1])
            if mix and "mix" not in content:
                content["mix"] = written(mix)
            orders[rank[1]]["content"] = [*register[:2], content]
    # An older fact about one order may lift another into the newest, after its lines were dropped, or back
    # among the kept, after it went into the totals.
    lost_lines = any("trimmed" in orders[each[1]].get("content", ("", "", ()))[2] for each in kept[:ORDERS_WITH_LINES])
    return lost_lines or ("older" in facets and bool(kept) and kept[-1] < facets["older"]["rank"])


def _add_to_older(facets: Facets, rank: list[str], order: dict[str, Any]) -> None:
    older = facets.setdefault("older", {"rank": rank, "totals": {}})
    older["rank"] = latest(older["rank"], rank)
    if "content" not in order:
        return
    amount, currency = order["content"][2]["total"]
    paid = int("paid" in order and not is_called_off(order))
    back = refunds_of(order, currency)
    for each, counted in {**{key: [0, 0, 0] for key in back}, currency: [1, paid, amount * paid]}.items():
        sums = older["totals"].get(each, [0, 0, 0, 0])
        older["totals"][each] = totals(sums, [*counted, back.get(each, 0) * paid])


def _trim_messages(facets: Facets) -> bool:
    messages = facets.get("messages", {})
    if not messages:
        return False
    ranks = sorted((message_rank(each, message) for each, message in messages.items()), reverse=True)
    bound = facets["last_day"] - MESSAGE_DAYS
    kept = [rank for rank in ranks[:MESSAGES_KEPT] if day_of(rank[0]) >= bound]
    for rank in ranks[len(kept) :]:
        del messages[rank[1]]
        facets["older_messages"] = latest(facets.get("older_messages", rank), rank)
    for message in messages.values():
        hits.trim(message)
    return "older_messages" in facets and bool(kept) and kept[-1] < facets["older_messages"]


def _trim_counters(facets: Facets, counters: str, bound: int) -> None:
    """Drop the days before `bound` from every counter, and a counter without days."""
    kept = facets.get(counters, {})
    for name, days in list(kept.items()):
        if int(min(days, key=int)) < bound:
            days = kept[name] = {day: number for day, number in days.items() if int(day) >= bound}
        if not days:
            del kept[name]
    if counters in facets and not kept:
        del facets[counters]


def _trim_coupons(facets: Facets) -> None:
    coupons = facets.get("coupons", {})
    bound = facets["last_day"] - COUPON_DAYS
    lapsing = sorted(coupons, key=lambda code: (coupons[code][2]["expires_at"], code), reverse=True)
    for place, code in enumerate(lapsing):
        if place >= COUPONS_KEPT or day_of(coupons[code][2]["expires_at"]) < bound:
            del coupons[code]


def day_of(text: str) -> int:
    """UTC days since 1970-01-01 of a time as `clock.to_text` writes it."""
    from datetime import date

    return date.fromisoformat(text[:10]).toordinal() - 719_163
