"""`make bench`: forty rules and the scores of recency, frequency and money, over columns of customers.

The bar is for columns that are there: profiles a second and core, in CPU time.
Beside it stands what the way there costs for each profile (reading the stored
text, gathering the columns) and what the same forty rules cost one customer
after the other, each as the hourly slice would run it: pages of 400. These take
short turns, since a machine with other work to do is now quick and now slow;
what is printed is the median round. Ends with 1 when the bar is missed.
"""

import argparse
import random
import statistics
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from bench import crowd
from chalicelib.aws import bulk_json
from chalicelib.profile.customer import Customer
from chalicelib.profile.packing import pack, unpack
from chalicelib.segment import membership, rfm
from chalicelib.segment.batch import Batch, batch_of
from chalicelib.segment.columns import Amount, Question, Whole
from chalicelib.segment.compiled import Segments, compile_segments, money_question

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
CUSTOMERS, PAGE, TURN = 10_000, 400, 2000
WALKED = 400
BAR, STRETCH = 300_000, 1_000_000

SPENT: dict[str, Any] = {"currency": "USD"}
BAND = SPENT | {"thresholds": {"mid": 100, "high": 500}}
WHOS: tuple[dict[str, Any], ...] = (
    {"orders_count": 0},
    {"orders_count": 1},
    {"orders_count": {"gte": 2, "lt": 5}},
    {"orders_count": {"gte": 5}},
    {"open_orders": {"gte": 1}, "did": "Order Created", "within": "60d"},
    {"spend_band": BAND | {"eq": "high"}},
    {"spend_band": BAND | {"in": ["low", "mid"]}, "orders_count": {"gte": 1}},
    {"spend": SPENT | {"gte": 250.5}},
    {"average_order": SPENT | {"gte": 80}},
    {"days_since_order": {"lte": 30}},
    {"days_since_order": {"gt": 30, "lte": 90}},
    {"days_since_order": {"gt": 90}},
    {"days_since_seen": {"lte": 14}},
    {"days_since_seen": {"gt": 90}, "orders_count": {"gte": 1}},
    {"country": ["US", "CA"]},
    {"country": "DE", "language": "de"},
    {"email_consent": "subscribed", "email_suppressed": False},
    {"email_consent": "unsubscribed"},
    {"has_coupon": True, "orders_count": 0},
    {"points": {"gte": 50}},
    {"did": "Email Link Clicked", "within": "14d"},
    {"did": "Email Opened", "within": "30d", "none": [{"did": "Email Link Clicked", "within": "30d"}]},
    {"did": "Product Viewed", "times": {"gte": 3}, "within": "30d"},
    {"did": "Product Viewed", "times": {"gte": 2}, "within": "7d", "orders_count": 0},
    {"did_not": "Visit Started", "within": "60d"},
    {"did": "Subscription Confirmed", "within": "60d", "orders_count": 0},
    {"did": "Unsubscribed", "within": "90d"},
    {
        "did": "Product Viewed",
        "within": "30d",
        "where": {"category": ["Shoes", "Jackets"], "price": SPENT | {"gte": 80}},
    },
    {"did": "Product Added", "within": "7d", "where": {"price": SPENT | {"gte": 50}}, "did_not": "Order Completed"},
    {"did": "Order Completed", "where": {"category": "Kitchen"}, "times": {"gte": 2}},
    {"rfm": ["champions", "loyal"]},
    {"rfm": "at_risk", "rfm_before": ["champions", "loyal"]},
    {"stage": ["at_risk", "churned"]},
    {"stage": "new"},
    {"engagement": "zombie"},
    {"top_fifth": True},
    {"prediction": "dormancy_60d", "gte": 0.6},
    {"prediction": "value_365d", "gte": 0.5, "none": [{"segment": "s34"}]},
    {"age_band": ["18-24", "25-34"], "gender": "female"},
    {
        "all": [
            {"rfm": ["champions", "loyal"]},
            {"did": "Order Completed", "times": {"gte": 3}},
            {"did_not": "Order Completed", "within": "90d"},
            {"any": [{"did": "Email Link Clicked", "within": "60d"}, {"did": "Product Viewed", "within": "30d"}]},
        ],
        "none": [{"segment": "s34"}],
    },
)
SCORED = (Question("trait", "days_since_order"), Question("trait", "orders_count"), money_question("spend", SPENT))
GROUPS = [rfm.group_of(*(1 + cell // by % 3 for by in (9, 3, 1))) for cell in range(27)]


def score(batch: Batch) -> Any:
    """The group of each buyer of a batch, as an index into GROUPS; -1 for who never bought."""
    import numpy as np

    days, orders, spent = (batch.columns[question] for question in SCORED)
    assert isinstance(days, Whole)
    assert isinstance(orders, Whole)
    assert isinstance(spent, Amount)
    amounts = spent.values.astype(np.float64) / 10_000
    thirds = rfm.learn(days.values, orders.values, amounts, timedelta(days=400))
    assert thirds is not None
    scores = thirds.scores(days.values, orders.values, amounts)
    cells = sum((each.astype(np.int8) - 1) * by for each, by in zip(scores, (9, 3, 1), strict=True))
    return np.where(orders.values > 0, cells, -1)


def measure(rounds: int) -> dict[str, float]:
    """Microseconds of CPU a profile of each step."""
    dice = random.Random(4)
    items = []
    for number in range(CUSTOMERS):
        made = crowd.customer(dice, NOW, number)
        items.append((made.profile_id, pack(made.facets), made.insights_item))
    definitions = {f"s{number}": {"who": who} for number, who in enumerate(WHOS)}
    order = membership.arrange(definitions)
    segments = compile_segments(definitions, order)
    questions = {*segments.questions, *SCORED}

    def read(some: list[Any]) -> list[Customer]:
        with bulk_json.without_collecting():
            return [
                Customer(key, unpack(body, bulk_json.read), (), beside, bulk_json.read) for key, body, beside in some
            ]

    def one_by_one() -> None:
        for customer in read(items[:WALKED]):
            membership.memberships(definitions, order, customer, NOW)

    def in_pages() -> None:
        for start in range(0, TURN, PAGE):
            segments.judge(batch_of(read(items[start : start + PAGE]), segments.questions, NOW))

    def in_turn() -> None:
        for start in range(0, TURN, PAGE):
            read(items[start : start + PAGE])

    whole = batch_of(read(items), questions, NOW)
    turns: dict[str, list[float]] = {"read": [], "pages": [], "alone": [], "judge": []}
    for _ in range(rounds):
        turns["read"].append(_spent(in_turn) / TURN)
        turns["pages"].append(_spent(in_pages) / TURN - turns["read"][-1])
        turns["alone"].append(_spent(one_by_one) / WALKED - turns["read"][-1])
        turns["judge"].append(_spent(lambda: judge(segments, whole)) / CUSTOMERS)
    return {step: statistics.median(each) for step, each in turns.items()}


def judge(segments: Segments, decoded: Batch) -> tuple[int, int]:
    """Forty rules and the scores over columns that are there, nothing of an earlier round remembered."""
    batch = Batch(decoded.rows, decoded.now, decoded.columns)
    inside = segments.judge(batch)
    return sum(int(each.sum()) for each in inside.values()), int((score(batch) >= 0).sum())


def _spent(work: Callable[[], object]) -> float:
    """Microseconds of CPU."""
    began = time.process_time()
    work()
    return (time.process_time() - began) * 1e6


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=9, help="rounds, of a turn of each step (default 9)")
    cost = measure(max(3, parser.parse_known_args()[0].runs))
    rate = 1e6 / cost["judge"]
    print(
        f"{len(WHOS)} rules and RFM on columns   {rate:12,.0f} profiles/s/core   bar {BAR:,}, stretch {STRETCH:,}   ",
        end="",
    )
    print("met" if rate >= BAR else "MISSED")
    print(f"reading a stored profile     {cost['read']:12.1f} µs")
    print(f"the rules on columns, with gathering these, by pages of {PAGE}   {cost['pages']:.1f} µs a profile")
    times = cost["alone"] / cost["pages"]
    print(f"the rules one customer after the other   {cost['alone']:.1f} µs, {times:.1f} times as much")
    return 0 if rate >= BAR else 1


if __name__ == "__main__":
    sys.exit(main())
