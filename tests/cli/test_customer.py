"""`dripline customer show` and `split`, as an operator calls them on a store's facts."""

import json
from datetime import timedelta

from chalicelib import events, ids
from chalicelib.events import Line, Said
from chalicelib.money import Money
from chalicelib.profile import store
from tests.cli.conftest import NOW
from tests.profile.facts import fact, stream

ADA = {"email": "ada@show.example"}
BOTH = ADA | {"customer": "show-7"}


def facts():
    lines = (Line("p1", "Kettle", 1, Money(4000, "USD"), "kitchen"),)
    for days in (80, 60, 40, 20):
        when = NOW - timedelta(days=days)
        content = {"order_id": f"show-{days}", "total": Money(4000, "USD"), "updated_at": when, "lines": lines}
        yield fact(events.OrderCompleted, when, BOTH, **content, placed_at=when, discount=Money(500, "USD"))
    yield fact(
        events.SurveyAnswered, NOW, ADA, survey="about_you", answers=(Said("occupation", "nurse"),), source="pages"
    )
    yield fact(events.CustomerUpdated, NOW, BOTH, city="Tokyo", said=(Said("occupation", "teacher"),))
    yield fact(events.ProductAddedToWishlist, NOW, ADA, product_id="p9", title="Teapot", price=Money(900, "USD"))
    yield fact(events.ProductViewed, NOW, {"customer": "show-7"}, product_id="p9", title="Teapot")


def test_a_customer_is_shown_with_sources_tags_measures_and_why(local, run):
    stream(local.services, facts())
    assert run("publish").exit_code == 0
    shown = run("customer", "show", "ada@show.example", "--why")
    assert shown.exit_code == 0, shown.output
    for line in (
        "  no consent on record: nothing is sent but what an order needs",
        "  occupation: nurse (told by survey, 2026-11-23, certain)",
        "    beside: teacher (told by store, 2026-11-23, likely)",
        "  promo_sensitive  promo-sensitive",
        "    4 of 4 orders in a year were bought at a reduced price",
        "  2026-11-23T09:00:00.000Z  Product Viewed: Teapot  (shopify)",
        "  2026-10-14T09:00:00.000Z  Order Completed: show-40  (shopify)",
        "  2026-11-23  Teapot  9.00 USD",
    ):
        assert line in shown.output.splitlines(), shown.output
    whole = json.loads(run("customer", "show", "show-7", "--json").stdout)
    chinese = run("customer", "show", "ada@show.example", "--language", "zh-CN").output
    assert "  promo_sensitive  对促销敏感" in chinese.splitlines()
    assert {"tag", "name", "why", "confidence"} == set(whole["tags"][0])
    assert next(each for each in whole["measures"] if each["name"] == "orders")["value"] == "4"


def test_a_customer_is_split_and_their_own_name_stays(local, run):
    stream(local.services, facts())
    own = run("customer", "split", "ada@show.example", "--identifier", "email:ada@show.example", "--yes")
    assert "this is the customer's own name" in own.output
    strange = run("customer", "split", "ada@show.example", "--identifier", "customer:nobody", "--yes")
    assert "is not this customer's" in strange.output
    done = run("customer", "split", "ada@show.example", "--identifier", "customer:show-7", "--yes")
    assert done.exit_code == 0, done.output
    other = store.find(local.services, "customer", "show-7")
    assert other.profile_id == ids.identity_key("customer", "show-7")
    assert other.count("Product Viewed", now=NOW) == 1
    assert store.find(local.services, "email", "ada@show.example").count("Product Viewed", now=NOW) == 0
