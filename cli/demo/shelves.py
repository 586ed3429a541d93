"""What the demo's shop has on its shelves: the catalogue of what it sells, and a few prices and stocks that move.

Titles, categories and prices are those of the real purchases; cost, stock, page,
picture and what moves are invented, the same for the same seed. Onlookers look at what
will move and put it on their wish-lists without buying it, so that a price that
falls and stock that comes back have somebody to be told.
"""

import random
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal

from chalicelib import money
from chalicelib.catalogue import store
from chalicelib.catalogue.product import ProductChange
from cli.demo import journey, visits
from cli.demo.browser import Browser
from cli.demo.journey import Item
from cli.demo.people import Person
from cli.demo.recipients import DESK
from cli.demo.storefront import SHOP
from cli.demo.timeline import Timeline
from cli.local.cloud import LocalCloud

SIZE = 400
SOURCE = "import"
FALLING, RETURNING, RUNNING_LOW = 4, 3, 3
ONLOOKERS = 0.1
"""The share of customers who look at something that will move."""
CHEAPEST = Decimal("1.50")  # below, a fall is a matter of pennies
USED_UP = ("milk", "bread", "cheese", "beef", "fruit", "vegetable", "soup", "yogurt", "coffee", "tea", "paper", "soap")


class Shelves:
    """The catalogue of a demo, filled when made; `plan` puts what moves and who looks on the timeline."""

    def __init__(self, cloud: LocalCloud, baskets: list[journey.Basket], seed: int) -> None:
        self._cloud = cloud
        self._seed = seed
        self.items = journey.catalogue(baskets, SIZE)
        store.put(cloud.services, map(self._fill, self.items), cloud.now())
        dear = [item for item in self.items if Decimal(item.price) >= CHEAPEST]
        self._falling = dear[:FALLING]
        self._returning = dear[FALLING : FALLING + RETURNING]
        self._running_low = dear[FALLING + RETURNING : FALLING + RETURNING + RUNNING_LOW]

    @property
    def moving(self) -> list[Item]:
        return [*self._falling, *self._returning, *self._running_low]

    def plan(
        self,
        timeline: Timeline,
        browser: Browser,
        people: list[Person],
        key: str,
        start: datetime,
        end: datetime,
    ) -> None:
        """Sold out early, looked at in between, cheaper or back or nearly gone in the last third."""
        span = end - start
        for item in self._returning:
            timeline.at(start + span * 0.1, self._counts(item, 0))
            timeline.at(start + span * 0.7, self._counts(item, 60))
        for item in self._falling:
            timeline.at(start + span * 0.65, self._costs(item, Decimal("0.8")))
        for item in self._running_low:
            timeline.at(start + span * 0.75, self._counts(item, 4))
        for person, item, at in self._onlookers(people, start + span * 0.3, span * 0.25):
            timeline.at(at, lambda now, person=person, item=item: _look(browser, person, item, key, now))  # type: ignore[misc]

    def _onlookers(
        self, people: list[Person], start: datetime, span: timedelta
    ) -> Iterator[tuple[Person, Item, datetime]]:
        for person in people if self.moving else ():
            chance = random.Random(f"{self._seed}:onlooker:{person.number}")
            if chance.random() < ONLOOKERS:
                yield person, chance.choice(self.moving), start + span * chance.random()

    def _fill(self, item: Item) -> ProductChange:
        chance = random.Random(f"{self._seed}:shelf:{item.product_id}")
        price = money.parse(item.price, "USD")
        told = {
            "title": item.title,
            "category": item.category,
            "price": price,
            "cost": price._replace(amount=price.amount * chance.randint(45, 80) // 100),
            "consumable": any(word in item.category.lower() for word in USED_UP),
            "deleted": False,
            "url": f"{SHOP}/p/{item.product_id}",
            "image": f"{SHOP}/p/{item.product_id}.jpg",
        }
        return ProductChange(item.product_id, self._cloud.now(), SOURCE, told, {"": chance.randint(20, 400)})

    def _counts(self, item: Item, stock: int) -> Callable[[datetime], None]:
        return lambda now: self._tell(ProductChange(item.product_id, now, SOURCE, {}, {"": stock}), now)

    def _costs(self, item: Item, share: Decimal) -> Callable[[datetime], None]:
        price, before = money.parse(Decimal(item.price) * share, "USD"), money.parse(item.price, "USD")
        told = {"price": price, "compare_at": before}
        return lambda now: self._tell(ProductChange(item.product_id, now, SOURCE, told), now)

    def _tell(self, change: ProductChange, now: datetime) -> None:
        store.put(self._cloud.services, [change], now)


def _look(browser: Browser, person: Person, item: Item, key: str, now: datetime) -> None:
    """One look at a product and a wish, as the snippet posts them."""
    told = visits.told(item)
    calls = [visits.track("Product Viewed", **told), visits.track("Product Added to Wishlist", **told)]
    browser.beacon(visits.looks_body(person, calls, key, now), agent=DESK)
