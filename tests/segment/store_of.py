"""A store of made-up customers with rhythms, returns and coupons, put into the tables without the long way round."""

import random
from datetime import UTC, datetime, timedelta

from chalicelib import clock, ids
from chalicelib.profile import store
from chalicelib.profile.fold import Profile

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
CATEGORIES = ("coffee", "tea", "filters", "cups", "lamps")
START = NOW - timedelta(days=500)


def text(days):
    return clock.to_text(START + timedelta(days=days))


def title_of(product):
    return product.replace("-", " no. ").capitalize()


def facets_of(number, dice, until=500.0):
    """One customer: a rhythm of their own, a favourite category, some refunds, calls off, coupons, answers, looks.

    What happens on or after day `until` is left out, so that two stores differ in nothing else.
    """
    favourite, gap = CATEGORIES[number % 3], dice.choice((9, 14, 21, 35, 60, 120))
    facets = {"created": text(0), "told": {}, "orders": {}, "coupons": {}, "messages": {}, "recent": {}}
    at = dice.uniform(0, 200)
    end = dice.choice((250, 400, 500, 500, 500))
    place = 0
    while at < end:
        place += 1
        category = favourite if dice.random() < 0.7 else dice.choice(CATEGORIES)
        product = f"{category}-{dice.randrange(4)}"
        amount = dice.randrange(800, 9000)
        code = [f"C{number}"] if dice.random() < 0.25 else []
        is_back, is_gone, later = dice.random() < 0.05, dice.random() < 0.04, dice.uniform(1, 40)
        order_id = f"{number}-{place}"
        if at < until:
            content = {"total": [amount, "USD"], "lines": [[product, title_of(product), 1, [amount, "USD"], category]]}
            content |= {"codes": code} if code else {}
            record = {"first": text(at), "placed": text(at), "paid": text(at), "content": [text(at), "", content]}
            if is_back and at + later < until:
                record["refunds"] = {"r": [text(at + later), "", amount]}
            if is_gone and at + later < until:
                record["cancelled"] = text(at + later)
            facets["orders"][order_id] = record
        at += max(1.0, dice.gauss(gap, gap / 6))
    for granted in (30, 120, 210, 300, 390):
        if granted < until:
            terms = {"offer": "save5", "expires_at": text(granted + 30)}
            facets["coupons"][f"C{number}" if granted == 30 else f"C{number}-{granted}"] = [text(granted), "", terms]
    hour = 7 if number % 2 else 20
    for sent in range(300, 500, 20):
        opened = sent + (hour + dice.randrange(2)) / 24
        record = {
            "first": text(sent),
            "sent": [text(sent), "", {"channel": "email", "definition": "campaign:x", "template": "t"}],
        }
        if opened < until:
            record["hits"] = {f"{sent:08d}": [text(opened), -1, 0, ""]}
        if sent < until:
            facets["messages"][f"m{number}-{sent}"] = record
    facets["last_day"] = 0
    return facets


def make(services, number, *, seed=7, until=500.0):
    """Put that many customers; their ids."""
    return [put(services, each, facets_of(each, random.Random(f"{seed}-{each}"), until)) for each in range(number)]


def put(services, number, facets):
    profile_id = ids.identity_key("email", f"customer-{number}@mail.example")
    assert store.write(services, Profile(profile_id=profile_id, facets=facets))
    return profile_id
