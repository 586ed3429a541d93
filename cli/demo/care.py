"""What customers tell the store's people, simulated: enquiries, complaints, returns with a reason, reviews, STOP.

A service desk's software posts them to the API with a server key; a return in a
Shopify shop comes as the shop's own webhook, with the money. What somebody
says, and how often, is invented. The first orders get one of each, so that a
small demo misses none.
"""

import base64
import json
import random
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from chalicelib import clock, ids
from cli.demo.browser import Browser
from cli.demo.journey import Item
from cli.demo.people import INVENTED, Person
from cli.demo.storefront import Order, refund_webhook
from cli.demo.timeline import Timeline
from cli.local.cloud import SECRETS
from cli.local.feedback import PostOffice

SHARES = (("review", 0.09), ("return", 0.05), ("enquiry", 0.04), ("complaint", 0.02))
"""Of the orders paid."""
RETURN_REASONS = ("arrived damaged", "not as described", "ordered by mistake", "too late", "bad quality")
SUBJECTS = {
    "enquiry": ("When will my order arrive?", "Is this in stock again soon?", "Can I change the address?"),
    "complaint": ("The parcel was open", "Something was missing", "I was charged twice"),
}
REVIEWS = (
    (5, "Exactly what we needed, again."),
    (4, "Good, and quick to arrive."),
    (3, "It does what it should."),
    (2, "Smaller than I thought."),
    (1, "Arrived broken."),
)
RATING_WEIGHTS = (46, 28, 12, 8, 6)
TEXTERS, TEXTERS_LIMIT, STOPS = 0.06, 20, 0.4
_KEY = base64.b64encode(f"{SECRETS['api_key_local']}:".encode()).decode()


class Care:
    """Plans what follows on orders, and text messages, on the timeline."""

    def __init__(self, timeline: Timeline, browser: Browser, post: PostOffice, seed: int) -> None:
        self._timeline = timeline
        self._browser = browser
        self._post = post
        self._seed = seed
        self._paid = 0

    def after_payment(self, order: Order, now: datetime) -> None:
        """Some say something days later; the first few orders do within the day, each something else."""
        chance = random.Random(f"{self._seed}:care:{order.number}")
        kind, days = draw_kind(chance.random()), chance.uniform(1, 9)
        if self._paid < len(SHARES):
            kind, days = SHARES[self._paid][0], chance.uniform(0.1, 0.5)
        self._paid += 1
        if kind:
            self._timeline.at(now + timedelta(days=days), lambda then: self._say(kind, order, chance, then))

    def plan_texting(self, people: Iterable[Person], start: datetime, span: timedelta) -> None:
        """A few give their number and agree to be texted; some of them answer STOP later."""
        ranked = sorted(people, key=lambda person: ids.share("texter", str(self._seed), str(person.number)))
        texters = ranked[: min(max(round(len(ranked) * TEXTERS), 2), TEXTERS_LIMIT)]
        for place, person in enumerate(texters):
            phone = f"+120255501{place:02d}"  # numbers kept free for fiction
            at = start + span * (0.1 + 0.4 * place / len(texters))
            self._timeline.at(at, lambda now, person=person, phone=phone: self._agree(person, phone, now))  # type: ignore[misc]
            if place < max(len(texters) * STOPS, 1):
                later = at + span * 0.3
                self._timeline.at(later, lambda now, phone=phone: self._post.answer_by_text(phone, "STOP"))  # type: ignore[misc]

    def _agree(self, person: Person, phone: str, now: datetime) -> None:
        self._tell(person, now, "identify", traits={"email": person.email, "phone": phone})
        told = {"channel": "sms", "subscribed": True, "wording": INVENTED.replace(" ", "-")}
        self._tell(person, now, "track", event="Consent Recorded", properties=told)

    def _say(self, kind: str, order: Order, chance: random.Random, now: datetime) -> None:
        item = chance.choice(order.items)
        if kind == "return" and order.person.platform == "shopify":
            post = refund_webhook(order, item, chance.choice(RETURN_REASONS), now)
            self._browser.ask("POST", f"/api/webhooks/{post.source}", body=post.body, headers=post.headers)
            return
        row = about(kind, item, chance)
        told = {"product_id": item.product_id, "category": item.category} | row
        if kind in SUBJECTS:
            told |= {"inquiry_id" if kind == "enquiry" else "complaint_id": f"case-{order.number}"}
        self._tell(order.person, now, "track", event=EVENTS[kind], properties=told)

    def _tell(self, person: Person, now: datetime, kind: str, **told: Any) -> None:
        body = {
            "type": kind,
            "messageId": f"desk-{person.number}-{kind}-{int(now.timestamp())}",
            "timestamp": clock.to_text(now),
            "context": {"traits": {"email": person.email}},
            **told,
        }
        headers = {"Content-Type": "application/json", "Authorization": f"Basic {_KEY}"}
        self._browser.ask("POST", f"/api/v1/{kind}", body=json.dumps(body).encode(), headers=headers)


EVENTS = {
    "enquiry": "Inquiry Opened",
    "complaint": "Complaint Opened",
    "return": "Product Returned",
    "review": "Product Reviewed",
}


def draw_kind(drawn: float) -> str:
    """What an order is followed by, for a number in [0, 1); '' for nothing."""
    for kind, share in SHARES:
        drawn -= share
        if drawn < 0:
            return kind
    return ""


def about(kind: str, item: Item, chance: random.Random) -> dict[str, Any]:
    """What is said, under the names that the API and the import of a service desk's list share."""
    if kind == "review":
        rating, words = chance.choices(REVIEWS, RATING_WEIGHTS)[0]
        return {"rating": rating, "words": words}
    if kind == "return":
        return {"reason": chance.choice(RETURN_REASONS)}
    return {"subject": chance.choice(SUBJECTS[kind])}


def reduced(order: Order, code: str) -> Order:
    """The order as placed with a code; a tenth off, of which `total` is what is left."""
    share = int(order.total.replace(".", "")) // 9
    return replace(order, code=code, discount=f"{share // 100}.{share % 100:02d}")
