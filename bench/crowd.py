"""Random customers and random rules, hostile ones among them, from a seed: for tests of the rules and for their bench.

Customers are made of facets directly: some know nobody's name, have no order,
orders in three currencies, facts from the future, birthdays that are none,
machine clicks, insights with blanks or none at all.
"""

import random
from datetime import datetime, timedelta
from typing import Any

from chalicelib import clock
from chalicelib.profile import happenings, vocabulary
from chalicelib.profile.conditions import NAMED_KEYS
from chalicelib.profile.customer import Customer, day_number
from chalicelib.profile.insights import (
    Diagnosis,
    Engagement,
    Insights,
    Prediction,
    Reason,
    Rfm,
    Stage,
    Tag,
    Value,
)
from chalicelib.profile.packing import pack
from chalicelib.profile.rule import check
from chalicelib.profile.tags import COMPOSERS
from chalicelib.profile.traits import TRAITS

CURRENCIES = ("USD", "USD", "USD", "EUR", "JPY", "KWD")
COUNTRIES = ("US", "DE", "JP", "")
CATEGORIES = ("Shoes", "Jackets", "Kitchen", "a category with a name longer than what is kept of it")
PRODUCTS = ("lamp", "chair", "boot")
EVENTS = (
    "Product Viewed",
    "Order Created",
    "Order Completed",
    "Email Opened",
    "Email Link Clicked",
    "Subscription Confirmed",
    "Unsubscribed",
    "Visit Started",
)
BIRTHDAYS = ("1990-03-07", "2000-02-29", "12-31", "--11-23", "1890-01-01", "2030-01-01", "13-45", "March")
TEXTS: dict[str, tuple[str, ...]] = {
    "country": COUNTRIES,
    "language": ("en", "de", ""),
    "time_zone": ("Asia/Tokyo", "Europe/Berlin", ""),
    "gender": ("female", "male", ""),
    "city": ("Berlin", "Lyon", ""),
    "region": ("Bavaria", ""),
}
WHY = Reason("made", {"days": 3})


def customer(dice: random.Random, now: datetime, number: int) -> Customer:
    """One customer; the same dice give the same."""

    def past(most: float = 420) -> datetime:
        return now - timedelta(days=dice.choice((0, 1, 7, 30, 60, 90, dice.uniform(-2, most))))

    def at(most: float = 420) -> str:
        return clock.to_text(past(most))

    facets: dict[str, Any] = {"created": clock.to_text(now - timedelta(days=dice.randint(0, 900)))}
    if dice.random() < 0.9:
        facets["told"] = {
            name: [at(), "e", value]
            for name, value in (
                ("email", f"c{number}@mail.example"),
                ("country", dice.choice(COUNTRIES)),
                ("birthday", dice.choice(BIRTHDAYS)),
                ("language_chosen", dice.choice(("en", "de"))),
            )
            if value and dice.random() < 0.6
        }
        facets["attributes"] = {
            name: {dice.choice(("form", "store")): [at(), "e", value]}
            for name, value in (
                ("gender", dice.choice(("Female", "male", "x"))),
                ("city", dice.choice(("Berlin", "Lyon"))),
                ("age", dice.choice(("34", "25-34", "200", "old"))),
                ("occupation", dice.choice(("Teacher", "nurse"))),
            )
            if dice.random() < 0.4
        }
    if dice.random() < 0.5:
        facets["zones"] = {"browser": [at(), "e", dice.choice(("Asia/Tokyo", "Europe/Berlin"))]}
    _add_counts(facets, dice, now, past)
    _add_orders(facets, dice, at)
    if dice.random() < 0.7:
        facets["recent"] = {f"act{each}": _act(dice, at(85)) for each in range(dice.choice((1, 3, 12)))}
    facets["points"] = dice.choice((0, 1, 99, -5, 10**20))
    facets["segments"] = {name: [at(), "e", dice.random() < 0.7] for name in ("one", "two") if dice.random() < 0.5}
    if dice.random() < 0.6:
        kind = dice.choice(("confirmed", "withdrawn", "signed_up", "told_yes"))
        facets["consent"] = {"email": {kind: [at(), "e", "", "", "", ""]}}
    if dice.random() < 0.2:
        terms = {"offer": "welcome10", "expires_at": clock.to_text(now + timedelta(days=dice.uniform(-5, 5)))}
        facets["coupons"] = {"W10": [at(), "e", terms]}
    body = pack(_insights(dice, now).to_json()) if dice.random() < 0.8 else None
    return Customer(f"p{number:08}", facets, (), {"body": body} if body else None)


def _add_counts(facets: dict[str, Any], dice: random.Random, now: datetime, past: Any) -> None:
    facets["seen"], facets["days"] = {}, {}
    for name in EVENTS:
        if dice.random() < 0.5:
            times = sorted(past() for _ in range(dice.choice((1, 2, 5))))
            facets["seen"][name] = [clock.to_text(times[0]), clock.to_text(times[-1])]
            days: dict[str, int] = {}
            for each in times:
                day = str(day_number(each))
                days[day] = days.get(day, 0) + dice.choice((1, 1, 2))
            facets["days"][name] = days
    if dice.random() < 0.3:  # a message whose links were followed, by whom is judged from how fast
        sent = past(60)
        hits = {
            f"hit{each}": [clock.to_text(sent + timedelta(seconds=dice.choice((1, 1, 600)))), each, False, ""]
            for each in range(dice.choice((1, 4)))
        }
        delivered = clock.to_text(sent)
        told = {"channel": "email", "definition": "flow:welcome", "template": "welcome"}
        facets["messages"] = {
            "m1": {"first": delivered, "sent": [delivered, "e", told], "delivered": delivered, "hits": hits}
        }


def _add_orders(facets: dict[str, Any], dice: random.Random, at: Any) -> None:
    orders = {}
    for each in range(dice.choice((0, 0, 1, 2, 3, 6))):
        currency = dice.choice(CURRENCIES)
        placed, total = at(), dice.choice((0, 1, 9999, 10000, dice.randint(0, 90_000), 10**15))
        lines = [
            [
                dice.choice(PRODUCTS),
                "Title",
                dice.choice((1, 2, 0)),
                [dice.randint(0, 12_000), currency],
                _category(dice),
            ]
            for _ in range(dice.choice((0, 1, 3, 3)))
        ]
        content: dict[str, Any] = {"total": [total, currency], "lines": lines}
        if dice.random() < 0.3:
            content |= {"discount": [100, currency], "codes": ["SAVE"]}
        record: dict[str, Any] = {"first": placed, "placed": placed, "content": [placed, "e", content]}
        for stage, odds in (("paid", 0.8), ("cancelled", 0.1), ("fulfilled", 0.3)):
            if dice.random() < odds:
                record[stage] = at()
        if dice.random() < 0.2:
            record["refunds"] = {"r": [placed, "e", dice.choice((1, total))]}
        orders[f"o{each}"] = record
    if dice.random() < 0.1:
        orders["early"] = {"first": at(), "paid": at()}  # only its payment is known yet
    if orders:
        facets["orders"] = orders
    if dice.random() < 0.1:
        facets["older"] = {"rank": ["", ""], "totals": {"USD": [3, 2, 30_000, 500], "EUR": [1, 0, 0, 0]}}


def _category(dice: random.Random) -> str:
    return dice.choice((*CATEGORIES, ""))


def _act(dice: random.Random, at: str) -> list[Any]:
    kind = dice.choice(("viewed", "viewed", "viewed", "added", "searched", "listed", "left", "checkout"))
    if kind == "searched":
        return [at, kind, "", dice.choice(("boots", "lamp"))]
    if kind == "checkout":
        return [at, kind]
    if kind == "left":
        return [at, kind, dice.choice(PRODUCTS), "", _category(dice), dice.randint(1, 90)]
    told: list[Any] = [at, kind, dice.choice(PRODUCTS), dice.choice(("", "Boot")), _category(dice)[:40]]
    if dice.random() < 0.8:
        told += [dice.choice((0, 7999, 8000, 12_000)), dice.choice(CURRENCIES), dice.choice((0, 3))]
    return told


def _insights(dice: random.Random, now: datetime) -> Insights:
    def perhaps(value: Any) -> Any:
        return value if dice.random() < 0.7 else None

    groups = vocabulary.RFM_GROUPS
    return Insights(
        as_of=now,
        rfm=perhaps(Rfm(1, 2, 3, dice.choice(groups), now, dice.choice((*groups, "")), WHY)),
        stage=perhaps(Stage(dice.choice(vocabulary.STAGES), now, WHY)),
        value=perhaps(Value(dice.random() < 0.2, 12.5, WHY)),
        engagement=perhaps(Engagement(dice.choice(vocabulary.TIERS), WHY)),
        tags={
            name: Tag(name.partition(":")[2], dice.random(), WHY)
            for name in ("discount", "category:Shoes", "category:Kitchen", "hour:evening")
            if dice.random() < 0.4
        },
        diagnosis={
            name: Diagnosis(round(dice.random(), 2), WHY) for name in vocabulary.DIAGNOSES if dice.random() < 0.3
        },
        predictions={
            name: Prediction(dice.choice((None, 0.6, 0.3, 7, round(dice.random(), 2))), "made", now, WHY)
            for name in vocabulary.PREDICTIONS
            if dice.random() < 0.8
        },
    )


def rule(dice: random.Random, depth: int = 3) -> dict[str, Any]:
    """One rule that means something, in all the words there are."""
    while check(found := _rule(dice, depth)):
        pass
    return found


def _rule(dice: random.Random, depth: int) -> dict[str, Any]:
    if depth and dice.random() < 0.45:
        parts = [rule(dice, depth - 1) for _ in range(dice.choice((1, 2, 3)))]
        found: dict[str, Any] = {dice.choice(("all", "any", "none")): parts}
        return found | _meaningful(dice) if dice.random() < 0.2 else found
    return _meaningful(dice)


def _meaningful(dice: random.Random) -> dict[str, Any]:
    while check(found := condition(dice)):
        pass
    return found


def condition(dice: random.Random) -> dict[str, Any]:
    """One condition, of which some can never hold."""
    kind = dice.choice(("trait", "trait", "trait", "event", "event", "where", "where", "named", "other"))
    if kind == "trait":
        return _trait(dice)
    if kind == "named":
        return _named(dice)
    if kind == "other":
        tags = [*COMPOSERS, "likes:Shoes", "discount", "category", "category:Shoes", "hour:morning"]
        return dice.choice(
            (
                {"segment": dice.choice(("one", "two", "three"))},
                {"tag": dice.choice(tags)},
                {"paid": dice.random() < 0.5},
                {"order_total": {"gte": 3}},
            )
        )
    within = {"within": dice.choice(("1d", "7d", "30d", "60d", "90d", "1h"))} if dice.random() < 0.7 else {}
    times = {"times": {"gte": dice.randint(1, 3)}} if dice.random() < 0.4 else {}
    key = "did" if times or dice.random() < 0.6 else "did_not"
    if kind == "event":
        return {key: dice.choice(EVENTS)} | within | times
    event = dice.choice(("Product Viewed", "Product Viewed", *("Order Completed",) * 4, *happenings.FIELDS))
    fields = dice.sample(happenings.FIELDS[event], k=dice.randint(1, min(2, len(happenings.FIELDS[event]))))
    return {key: event, "where": {name: _of_field(dice, name) for name in fields}} | within | times


def _of_field(dice: random.Random, name: str) -> Any:
    if name == "price":
        return _money(dice)
    if name in happenings.NUMBERS:
        return dice.choice((1, {"gte": 2}, {"lt": 30}))
    words = {"product_id": PRODUCTS, "category": CATEGORIES, "title": ("Title", "Boot")}.get(name, ("boots",))
    return _of_words(dice, words)


def _of_words(dice: random.Random, words: tuple[str, ...]) -> Any:
    word = dice.choice(words)
    return dice.choice((word, [word, words[0]], {"in": [word]}, {"not_in": [word]}, {"eq": word}))


def _money(dice: random.Random) -> dict[str, Any]:
    limit = dice.choice((0, 80, 79.99, 100, 99.99, "edge", dice.randint(0, 900), 33.333333, 10**13, -1))
    amount = 66.6666 if limit == "edge" else limit
    wanted: dict[str, Any] = {dice.choice(("gte", "gt", "lte", "lt", "eq")): amount}
    if dice.random() < 0.2:
        wanted["lt"] = 500
    if dice.random() < 0.1:
        wanted = {dice.choice(("in", "not_in")): [0, 100, amount]}
    return wanted | ({"currency": dice.choice(("USD", "EUR", "JPY"))} if dice.random() < 0.8 else {})


def _trait(dice: random.Random) -> dict[str, Any]:
    name = dice.choice(list(TRAITS))
    trait = TRAITS[name]
    if trait.kind == "money":
        return {name: _money(dice)}
    if trait.kind == "band":
        band = {"eq": dice.choice(trait.choices)} if dice.random() < 0.5 else {"in": ["low", "high"]}
        return {name: {"currency": "USD", "thresholds": {"mid": 100, "high": dice.choice((500, 499.99))}} | band}
    if trait.kind == "flag":
        return {name: dice.random() < 0.5}
    if trait.kind == "number":
        limit = dice.choice((0, 1, 2, 30, 90, 2.5, -1, 10**19, 34))
        sign = dice.choice(("gte", "gt", "lte", "lt", "eq", "in", "not_in", ""))
        return {name: limit if not sign else {sign: [limit, 3] if sign in ("in", "not_in") else limit}}
    return {name: _of_words(dice, trait.choices or TEXTS.get(name, ("x", "")))}


def _named(dice: random.Random) -> dict[str, Any]:
    key = dice.choice(list(NAMED_KEYS))
    if key == "attribute":
        name, sign = dice.choice(("occupation", "city", "clubs")), dice.choice(NAMED_KEYS[key])
        words = ["TEACHER", "berlin"]
        return {key: name, sign: words if sign in ("in", "not_in") else words[0]}
    names = vocabulary.PREDICTIONS if key == "prediction" else vocabulary.DIAGNOSES
    wanted = {sign: dice.choice((0.6, 0.3, 7, 0.30000000000000004)) for sign in dice.sample(NAMED_KEYS[key], k=1)}
    return {key: dice.choice(names)} | wanted
