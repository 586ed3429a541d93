"""Customers made of facets: what they bought, looked at and were sent, days before NOW."""

from datetime import UTC, datetime, timedelta

from chalicelib import clock
from chalicelib.money import Rates
from chalicelib.profile.customer import Customer, day_number
from chalicelib.profile.machines import OPEN
from chalicelib.segment import insight, observations, observed

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
ZONE, CURRENCY = "UTC", "USD"
RATES = Rates(CURRENCY, {"EUR": 1.25})


def ago(days, hour=10):
    return (NOW - timedelta(days=days)).replace(hour=hour)


def shopper(*facets, name="ann", country=""):
    """A customer of the facets that `bought`, `looked`, `sent` … make."""
    whole = {
        "created": clock.to_text(ago(900)),
        "told": {"country": [clock.to_text(ago(900)), "", country]} if country else {},
    }
    for each in facets:
        for facet, content in each.items():
            kept = whole.setdefault(facet, {})
            for key, value in content.items():
                kept[key] = _both(kept[key], value) if key in kept else value
    return Customer(name, whole)


def _both(one, other):
    if isinstance(one, dict):
        return {key: _both(one.get(key), other.get(key)) for key in one | other}
    if isinstance(one, int) or isinstance(other, int):
        return (one or 0) + (other or 0)
    return [min(one[0], other[0]), max(one[1], other[1])]


def bought(days, price=30, *, category="Kitchen", hour=10, product="p1", paid=True, pieces=1, **content):
    """One order; `content` is discount, codes or shipping."""
    at = clock.to_text(ago(days, hour))
    content = {
        "total": [price * 100 * pieces, CURRENCY],
        "lines": [[product, product, pieces, [price * 100, CURRENCY], category]],
        **content,
    }
    order = {"first": at, "placed": at, "content": [at, "", content]}
    return {"orders": {f"o{days}-{hour}-{product}": order | ({"paid": at} if paid else {})}}


def did(event, days, times=1):
    at = ago(days)
    return {
        "seen": {event: [clock.to_text(at), clock.to_text(at)]},
        "days": {event: {str(day_number(at)): times}},
    }


def looked(days, product="p1", *, category="Kitchen", price=None, kind="viewed", minute=0, query=""):
    at = ago(days) + timedelta(minutes=minute)
    told = [clock.to_text(at), kind, product, query, category, (price or 0) * 100, CURRENCY if price else ""]
    acts = {"recent": {f"{days}-{minute}-{product}-{kind}"[:20]: told}}
    return acts | (did("Product Viewed", days) if kind == "viewed" else {})


def sent(days, *, opened=False, clicked=False, followed=True, channel="email", bounced=False, marketing=True):
    at = ago(days)
    what = {"channel": channel, "definition": "campaign:c", "template": "t", "marketing": marketing, "local_hour": 10}
    record = {"sent": [clock.to_text(at), "", what | ({} if followed else {"followed": False})], "hits": {}}
    later = clock.to_text(at + timedelta(hours=2))
    facets = {"messages": {f"m{days}{channel}": record}}
    if bounced:
        record["bounced"] = later
    for was, mark, link, event in ((opened, "o", OPEN, "Email Opened"), (clicked, "c", 1, "Email Link Clicked")):
        if was:
            record["hits"][f"{mark}{days}"] = [later, link, 0, ""]
            facets = _merged(facets, did(event, days))
    return facets


def _merged(one, other):
    return {name: one.get(name, {}) | other.get(name, {}) for name in one | other}


def watched(customers):
    """The columns of these customers."""
    return observations.columns_of([seen(each) for each in customers])


def seen(customer, products=None, now=NOW):
    return observed.observe(customer, now, zone=ZONE, rates=RATES, products=products)


def learnt(customers):
    return insight.learn_parameters(watched(customers), NOW, zone=ZONE, rates=RATES)
