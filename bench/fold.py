"""How fast facts are folded and what a fold costs to write, as ratios to parsing the same facts' JSON in the same run.

Three customers: one who looks around, one who buys now and then, one who is
there every day for a year. Each batch is what the stream's handler does with
one customer: parse, fold, settle, make the item. Write units are those of
DynamoDB, one for each 1,024 bytes of the stored item.
"""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from chalicelib import events, ids
from chalicelib.aws.attributes import marshal
from chalicelib.events import Event, Line
from chalicelib.money import Money
from chalicelib.profile import fold
from chalicelib.profile.fold import Profile

START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
WHO = {"email": "somebody@shop.example"}
MOST_PARSES = 120.0
"""The bar: folding a fact and its share of making the item costs at most so many JSON parses of that fact."""
MOST_UNITS = 1.0
"""The bar: write units a fact, of a customer who buys now and then."""
MOST_BYTES = 350 * 1024
ROUNDS = 5


def life(days: int, visits_a_week: int) -> Iterator[Event]:
    """Visits with looks at products, a wish and a cart now and then, an order a month, two mails a week."""
    number = 0

    def fact(cls: type[Event], at: datetime, **content: object) -> Event:
        nonlocal number
        number += 1
        named = ids.event_id("bench", str(number))
        return cls(id=named, occurred_at=at, received_at=at, source="browser", who=WHO, **content)

    for day in range(days):
        at = START + timedelta(days=day)
        if day * visits_a_week // 7 != (day - 1) * visits_a_week // 7:
            yield fact(events.VisitStarted, at, visit_id=f"v{day}")
            for each in range(4):
                product = f"{1000 + (day * 7 + each * 3) % 90}"
                shown = {
                    "product_id": product,
                    "title": f"Product {product}",
                    "category": f"category {int(product) % 6}",
                }
                look = at + timedelta(minutes=each)
                yield fact(events.ProductViewed, look, **shown, price=Money(1999, "USD"))
                yield fact(events.PageLeft, look + timedelta(seconds=40), seconds=40, product_id=product)
            if day % 5 == 0:
                yield fact(events.ProductAddedToWishlist, at, **shown, price=Money(1999, "USD"))
        if day % 30 == 29:
            lines = (Line("1001", "Product 1001", 2, Money(1999, "USD"), "category 5"),)
            order = {"order_id": f"{8209829119 + day}", "total": Money(3998, "USD"), "updated_at": at, "lines": lines}
            yield fact(events.OrderCompleted, at, **order, number=f"#{day}")
        if day % 4 == 0:
            sent = {"channel": "email", "definition": "campaign:news", "template": "news"}
            message_id = ids.message_id("somebody", str(day))
            yield fact(events.MessageSent, at, message_id=message_id, **sent)
            yield fact(events.EmailDelivered, at, message_id=message_id)
            yield fact(events.EmailOpened, at + timedelta(hours=3), message_id=message_id)


LIVES = {"looks around": (20, 2), "buys now and then": (200, 2), "there every day": (365, 7)}
BATCH = 5


def folded(bodies: list[str]) -> tuple[float, Profile, int]:
    """(CPU seconds, the profile, write units) of folding facts in batches as the handler does."""
    profile, units = Profile("p" * 16), 0
    begun = time.process_time()
    for start in range(0, len(bodies), BATCH):
        for body in bodies[start : start + BATCH]:
            fold.fold(profile, events.parse(json.loads(body)))
        fold.settle(profile)
        units += -(-_size(profile) // 1024)
    return time.process_time() - begun, profile, units


def parsed(bodies: list[str]) -> float:
    begun = time.process_time()
    for body in bodies:
        json.loads(body)
    return time.process_time() - begun


def _size(profile: Profile) -> int:
    item = profile.to_item()
    body = item.pop("body")
    body = body.encode() if isinstance(body, str) else body
    return len(body) + len(json.dumps({name: marshal(value) for name, value in item.items()}))


def main() -> int:
    argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0]).parse_args()
    good = True
    print(f"fold: parse, fold, settle, make the item; batches of {BATCH} facts of one customer")
    for name, shape in LIVES.items():
        bodies = [events.to_json(event) for event in life(*shape)]
        runs = [(folded(bodies), parsed(bodies)) for _ in range(ROUNDS)]
        seconds = statistics.median(run[0][0] for run in runs)
        ratio = statistics.median(run[0][0] / run[1] for run in runs)
        _, profile, units = runs[0][0]
        size = _size(profile)
        good &= size <= MOST_BYTES
        print(
            f"  {name:<18} {len(bodies):>5} facts  {len(bodies) / seconds:>7,.0f} a second and core  "
            f"{ratio:>5.1f} JSON parses a fact  {size:>6,} bytes  {units / len(bodies):.2f} write units a fact"
        )
        if name == "buys now and then" and (ratio > MOST_PARSES or units > MOST_UNITS * len(bodies)):
            good = False
            print(f"  above the bar of {MOST_PARSES:.0f} JSON parses or {MOST_UNITS} write units")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
