"""A flow about a cart is over once the cart is ordered or emptied, however late its checkout is told of."""

from datetime import timedelta

import pytest

from chalicelib import events
from chalicelib.money import Money
from tests.decide.shop import Shop

ABANDONED = {"enter": {"event": "Checkout Started"}, "steps": [{"wait": "4h"}, {"email": "news"}]}
LEFT = {
    "enter": {"event": "Cart Updated", "who": {"cart_hours": {"gte": 0}}},
    "steps": [{"wait": "4h"}, {"email": "news"}],
}
START = "2026-10-05T12:00:00Z"
LINES = (events.Line("p1", "Kettle", 1, Money(4900, "USD")),)


@pytest.fixture
def shop(cloud):
    return Shop(cloud, START, flows={"abandoned": ABANDONED, "left": LEFT})


def checkout(shop, name, number="c1", *, minutes=0, **told):
    at = shop.now + timedelta(minutes=minutes)
    content = {"updated_at": at, "at": min(at, shop.now), "lines": LINES} | told
    return shop.fact(events.CheckoutStarted, name, checkout_id=number, **content)


def ordered(shop, name, number="c1"):
    money = Money(4900, "USD")
    return shop.fact(
        events.OrderCreated, name, order_id=f"order-{number}", total=money, updated_at=shop.now, checkout_id=number
    )


def test_a_checkout_told_of_after_its_order_plans_no_mail(shop):
    names = ("left", "bought", "emptied")
    for name in names:
        shop.know(name)
        shop.happen(checkout(shop, name))
    shop.pass_days(1 / 24)
    shop.happen(ordered(shop, "bought"))
    shop.happen(shop.fact(events.CartUpdated, "emptied", cart_id="c1", updated_at=shop.now))
    shop.pass_days(1 / 48)
    shop.happen(checkout(shop, "bought"))  # touched once more, and not told as completed
    shop.happen(checkout(shop, "bought", completed=True))
    shop.happen(checkout(shop, "bought", minutes=-80))  # a retry of what came first
    shop.pass_days(2)
    assert [shop.timeline(name) for name in names] == [["Mon 2026-10-05 16:00 news"], [], []]
    assert [item["pk"] for item in shop.agenda("message#")] == [shop.pid("left")]
    assert shop.run("bought", "abandoned")["outcome"] == "no_longer_matches"
    shop.happen(checkout(shop, "bought", "c2"))
    shop.happen(shop.fact(events.CartUpdated, "emptied", cart_id="c3", updated_at=shop.now, lines=LINES))
    shop.pass_days(2)
    assert [len(shop.timeline(name)) for name in names] == [1, 1, 1], "another cart is another matter"
