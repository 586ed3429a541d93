"""Visitors who look much and buy nothing, each for a reason of their own, for the system to find.

All of it is invented: one goes back and forth between three things of a kind,
one looks at the dearest and tries codes, one searches for what the shop hardly
sells. Refuses to say what they are diagnosed with.
"""

import random
from collections.abc import Callable
from datetime import datetime
from typing import Any

from cli.demo import visits
from cli.demo.browser import Browser
from cli.demo.journey import Item
from cli.demo.people import Person, invent
from cli.demo.recipients import DESK
from cli.demo.timeline import Timeline

VISITORS = 200_000
VISITS, LOOKS = 3, 5
"""Of each, from the middle of the time on."""

Calls = list[dict[str, Any]]


def plan(
    timeline: Timeline,
    browser: Browser,
    items: list[Item],
    similar: list[Item],
    key: str,
    seed: int,
    start: datetime,
    end: datetime,
) -> None:
    """One visitor of each kind, among what is sold (`items`, what sells most first) and things of one kind."""
    span = end - start
    chance = random.Random(f"{seed}:hesitation")
    for place, choose in enumerate((_comparing(similar), _minding_the_price(items, chance), _wanting_else(items))):
        person = invent(VISITORS + seed * 1000 + place)
        for visit in range(VISITS):
            at = start + span * (0.5 + 0.4 * (visit + chance.random()) / VISITS)
            timeline.at(at, _looks(browser, person, choose(visit), key))


def _looks(browser: Browser, person: Person, calls: Calls, key: str) -> Callable[[datetime], None]:
    def look(now: datetime) -> None:
        browser.beacon(visits.looks_body(person, calls, key, now), agent=DESK)

    return look


def _comparing(similar: list[Item]) -> Callable[[int], Calls]:
    return lambda visit: [_viewed(similar[(visit + each) % len(similar)]) for each in range(LOOKS)]


def _minding_the_price(items: list[Item], chance: random.Random) -> Callable[[int], Calls]:
    dear = sorted(items, key=lambda item: (-float(item.price), item.product_id))[:20]

    def calls(visit: int) -> Calls:
        code = visits.track("Coupon Applied", coupon=f"SAVE{chance.randint(10, 30)}")
        return [*(_viewed(item) for item in chance.sample(dear, min(LOOKS, len(dear)))), code]

    return calls


def _wanting_else(items: list[Item]) -> Callable[[int], Calls]:
    rare = items[-LOOKS * VISITS :]

    def calls(visit: int) -> Calls:
        seen = [_viewed(item) for item in rare[visit * LOOKS : (visit + 1) * LOOKS]]
        return [visits.track("Products Searched", query=f"hiking boots size {38 + visit}"), *seen]

    return calls


def _viewed(item: Item) -> dict[str, Any]:
    return visits.track("Product Viewed", **visits.told(item))
