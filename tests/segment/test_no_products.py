"""Postage on an order is no product: who bought it bought the rest, and nobody is shown it."""

from datetime import timedelta

from chalicelib.playbook.bundle import Bundle
from chalicelib.segment import daily, runs
from cli.local.dynamodb import InProcessDynamodb
from cli.publish import release
from tests.segment.store_of import NOW, make
from tests.segment.test_segment_jobs import take


def test_lines_that_the_store_calls_no_products_are_left_out_and_their_orders_stay(cloud):
    cloud.__dict__["dynamodb"] = InProcessDynamodb()
    make(cloud, 12)
    found = {}
    for no_products in ([], ["coffee-0", "tea-1"]):
        settings = {"store": {"timezone": "America/New_York", "currency": "USD"}, "segments": {"slices": 1}}
        settings["insights"] = {"no_products": no_products}
        empty = {name: {} for name in ("segments", "flows", "campaigns", "templates", "pages", "sources")}
        release.publish(cloud.data, Bundle(version=f"v{len(no_products)}", settings=settings, **empty), NOW)
        later = NOW + timedelta(days=len(no_products))
        run = daily.begin(cloud, later, at_once=True)
        for body in take(cloud.queue(daily.QUEUE)):  # the run before is overtaken
            daily.work(cloud, body, later)
        found[len(no_products)] = runs.read_ledger(cloud, run, runs.parts(cloud, run)[0])
    whole, without = found[0], found[2]
    assert {"coffee-0", "tea-1"} <= set(whole.products)
    assert set(without.products) == set(whole.products) - {"coffee-0", "tea-1"}
    assert len(without["orders.day"]) == len(whole["orders.day"])
    assert len(without["lines.order"]) < len(whole["lines.order"])
