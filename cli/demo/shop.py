"""The simulated shop floor of the last weeks: real baskets ordered at their real times, and what clicks lead to.

Most orders are paid within minutes; some stay open and are paid later, a few
after a reminder was clicked, a few are called off, the rest never. Newcomers
sign up on the sign-up page. Orders reach the system as signed webhooks, visits
as what the snippet posts, all over HTTP. What customers say afterwards is left to
`care`. Shares are invented round numbers.
"""

import random
from collections.abc import Callable
from datetime import datetime, timedelta

from cli.demo import intruders, wishes
from cli.demo.browser import Browser, Form
from cli.demo.care import Care, reduced
from cli.demo.journey import Basket, Item
from cli.demo.people import Person, invent
from cli.demo.recipients import DESK, PHONE
from cli.demo.storefront import Order, Post, order_webhook
from cli.demo.timeline import Timeline
from cli.demo.visits import visit_body

STAYS_OPEN, PAYS_LATER, CALLED_OFF = 0.16, 0.2, 0.1
VIEWS_FIRST, HAS_CODE = 0.25, 0.3
CODES = ("SAVE5", "THANKS10")
BUYS_AFTER_CLICK, PAYS_AFTER_CLICK = 0.75, 0.8
PAYS_UNASKED = 0.6
NEWCOMERS = 100_000


class Shop:
    """Plans purchases on the timeline and posts them; `people` grows by who signs up."""

    def __init__(
        self,
        timeline: Timeline,
        browser: Browser,
        baskets: list[Basket],
        people: dict[str, Person],
        seed: int,
        browser_key: str,
        care: Care,
    ):
        self._timeline = timeline
        self._browser = browser
        self._baskets = baskets
        self.people = people
        self._seed = seed
        self._key = browser_key
        self._care = care
        self._open: dict[str, list[Order]] = {}
        self._numbers = 900_000
        self._visits_planned = 0

    def plan(self, start: datetime, end: datetime, newcomers: int) -> None:
        """Everything that is known before the first day: the real baskets, and who signs up when."""
        by_number = {person.number: person for person in self.people.values()}
        for basket in self._baskets:
            if start <= basket.at < end:
                self._plan_basket(by_number[basket.household], basket)
        intruders.plan(start, end, self._timeline.at, self.send)
        span = (end - start).total_seconds()
        for place in range(newcomers):
            person = invent(NEWCOMERS + self._seed * 1000 + place)
            chance = self._chance("newcomer", person.number)
            at = start + timedelta(seconds=span * 0.9 * (place + chance.random()) / max(newcomers, 1))
            self._timeline.at(at, lambda now, person=person: self._sign_up(person, now))  # type: ignore[misc]

    def after_click(self, person: Person, tag: str, now: datetime) -> None:
        """A person who clicked looks at the open order, or at the shop, and perhaps buys."""
        chance = self._chance("click", tag)
        waiting = self._open.get(person.email, [])
        at = now + timedelta(minutes=chance.randint(2, 90))
        if waiting and chance.random() < PAYS_AFTER_CLICK:
            self._timeline.at(at, lambda then: self._pay(waiting[0], then) if waiting else None)
        elif chance.random() < BUYS_AFTER_CLICK:
            basket = self._baskets[int(chance.random() * len(self._baskets))]
            self._timeline.at(at, lambda then: self._order(person, basket.items, basket.total, chance, then))

    def pay_unasked(self, start: datetime, span: timedelta) -> None:
        """Some with an open order pay it of their own accord, within `span` from `start`."""
        for order in [order for orders in self._open.values() for order in orders]:
            chance = self._chance("unasked", order.number, f"{start:%Y-%m-%d}")
            if chance.random() < PAYS_UNASKED:
                self._timeline.at(start + span * chance.random(), lambda now, order=order: self._pay(order, now))  # type: ignore[misc]

    def _plan_basket(self, person: Person, basket: Basket) -> None:
        chance = self._chance("basket", basket.basket_id)
        code, is_first = "", not self._visits_planned  # the first of all is looked at and has a code
        if chance.random() < VIEWS_FIRST or is_first:
            self._visits_planned += 1
            code = chance.choice(CODES) if chance.random() < HAS_CODE or is_first else ""
            before = basket.at - timedelta(minutes=chance.randint(1, 20))
            self._timeline.at(before, lambda now: self._visit(person, basket.items, chance, now, code))
        self._timeline.at(basket.at, lambda now: self._order(person, basket.items, basket.total, chance, now, code))

    def _visit(self, person: Person, items: tuple[Item, ...], chance: random.Random, now: datetime, code: str) -> None:
        body = visit_body(person, items, self._key, chance, now, code)
        agent = PHONE if b'"phone"' in body else DESK
        self._browser.beacon(body, agent=agent)

    def _order(
        self,
        person: Person,
        items: tuple[Item, ...],
        total: str,
        chance: random.Random,
        now: datetime,
        code: str = "",
    ) -> None:
        self._numbers += 1
        order = Order(str(self._numbers), person, items, total, now)
        order = reduced(order, code) if code else order
        self.send(order_webhook(order, now))
        if chance.random() >= STAYS_OPEN:
            self._timeline.at(now + timedelta(seconds=chance.randint(30, 400)), lambda then: self._pay_now(order, then))
            return
        self._open.setdefault(person.email, []).append(order)
        fate = chance.random()
        if fate < PAYS_LATER:
            self._timeline.at(now + timedelta(hours=chance.randint(2, 20)), lambda then: self._pay(order, then))
        elif fate < PAYS_LATER + CALLED_OFF:
            self._timeline.at(now + timedelta(hours=chance.randint(30, 200)), lambda then: self._call_off(order, then))

    def _pay_now(self, order: Order, now: datetime) -> None:
        self.send(order_webhook(order.pay(now), now))
        self._care.after_payment(order, now)

    def _pay(self, order: Order, now: datetime) -> None:
        if self._close(order):
            self._pay_now(order, now)

    def _call_off(self, order: Order, now: datetime) -> None:
        if self._close(order):
            self.send(order_webhook(order.cancel(now), now))

    def _close(self, order: Order) -> bool:
        waiting = self._open.get(order.person.email, [])
        if order not in waiting:
            return False
        waiting.remove(order)
        return True

    def _sign_up(self, person: Person, now: datetime) -> None:
        self.people[person.email] = person
        chance = self._chance("signup", person.number)
        agent = PHONE if chance.random() < 0.6 else DESK
        page = self._browser.ask("GET", f"/api/signup?lang={person.language}", agent=agent)
        for form in page.forms()[:1]:
            values = {
                form.name_like("email"): person.email,
                form.name_like("first", "name"): person.first_name,
                form.name_like("zone"): person.zone,
                form.name_like("country"): person.country,
                form.name_like("lang"): person.language,
            }
            consent = form.name_like("consent", "agree")
            if consent in form.choices:
                values[consent] = form.choices[consent][0]
            filled = {name: value for name, value in values.items() if name}
            filled |= wishes.sign_up_values(form, self._chance("wishes", person.number))
            later = now + timedelta(seconds=chance.randint(20, 90))  # nobody fills in a form at once
            self._timeline.at(later, self._sender(form, filled, agent))

    def _sender(self, form: Form, filled: dict[str, str], agent: str) -> Callable[[datetime], None]:
        def send(now: datetime) -> None:
            self._browser.submit(form, "/api/signup", filled, agent=agent)

        return send

    def send(self, post: Post) -> None:
        self._browser.ask("POST", f"/api/webhooks/{post.source}", body=post.body, headers=post.headers)

    def _chance(self, *what: object) -> random.Random:
        return random.Random(":".join(str(each) for each in (self._seed, *what)))
