"""`make bench`: working profiles out anew from their facts, in CPU time, against reading the same facts.

READ is the least a rebuild can cost: the facts' JSON parsed, and nothing done
with it. The rebuild makes facts of it, folds them and lays out the item that
would be stored, for customers of 24 facts each; printed are the ratio, and how
many customers a core rebuilds in a second and in how long 100,000. Without the
waiting for AWS, which a process per hash range spends side by side. Ends with 1
when the bar is missed.
"""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from chalicelib import events, ids
from chalicelib.money import Money
from chalicelib.profile import fold

CUSTOMERS = 200
BAR = 40
NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)


def life(number: int) -> list[str]:
    """The log's bodies of one customer: twelve views, ten facts of orders, consent, what they told."""
    email = f"customer-{number}@shop.example"
    total = Money(4950, "USD")

    def fact(cls: type[events.Event], hours: int, **values: object) -> str:
        at = NOW - timedelta(hours=hours)
        name = ids.event_id("bench", cls.name, email, str(hours))
        return events.to_json(
            cls(id=name, occurred_at=at, received_at=at, source="bench", who={"email": email}, **values)
        )

    lines = (events.Line("p1", "Kettle", 1, total, "kitchen"),)
    return [
        fact(events.CustomerUpdated, 900, email=email, first_name="Ada", country="JP", language="ja"),
        fact(events.ConsentRecorded, 900, channel="email", subscribed=True, wording="w1"),
        *(fact(events.ProductViewed, 40 * each, product_id="p1") for each in range(12)),
        *(
            fact(cls, 100 * each, order_id=str(each), total=total, updated_at=NOW, lines=lines)
            for each in range(5)
            for cls in (events.OrderCreated, events.OrderCompleted)
        ),
    ]


def rebuild(bodies: list[str]) -> int:
    facts = [events.parse(json.loads(body)) for body in bodies]
    return len(fold.fold_all("p" * 16, facts).to_item()["body"])


def seconds(work: Callable[[list[str]], object], lives: list[list[str]]) -> float:
    began = time.process_time()
    for bodies in lives:
        work(bodies)
    return time.process_time() - began


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5, help="of each (default 5)")
    runs = max(3, parser.parse_known_args()[0].runs)
    lives = [life(number) for number in range(CUSTOMERS)]
    read = statistics.median(seconds(lambda bodies: [json.loads(body) for body in bodies], lives) for _ in range(runs))
    made = statistics.median(seconds(rebuild, lives) for _ in range(runs))
    ratio = made / read
    print(f"READ                       {read / CUSTOMERS * 1e6:6.0f} µs of CPU a customer of {len(lives[0])} facts")
    print(
        f"rebuild                    {ratio:6.1f} READ   bar {BAR}   {'met' if ratio <= BAR else 'MISSED'}"
        f"   ({CUSTOMERS / made:,.0f} customers/s/core, {made / CUSTOMERS * 100_000 / 60:.1f} minutes for 100,000)"
    )
    return 0 if ratio <= BAR else 1


if __name__ == "__main__":
    sys.exit(main())
