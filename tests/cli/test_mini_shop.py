"""The demo's mini shop in a real browser: what its pages tell the snippet is soon in the customer's profile."""

from datetime import UTC, datetime

import pytest

from chalicelib.profile import store
from cli.demo.journey import Basket, Item
from cli.demo.run import Demo, Wish, open_store
from cli.demo.site import Site
from cli.local.cloud import LocalCloud
from cli.local.gateway import Gateway
from tests.collect.chromium import needs_chromium, wait_for_answers, wait_until

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
ITEMS = (Item("1041", "Copper kettle", "Kitchen", 1, "49.50"), Item("77", "Linen shirt", "Shirts", 1, "30.00"))


@pytest.fixture(scope="module")
def demo():
    gateway = Gateway()
    with LocalCloud(NOW, public_url=gateway.api_url) as cloud:
        open_store(cloud, gateway)
        demo = Demo(Wish(1, 1, 1), cloud, gateway, baskets=[Basket("1", 1, NOW, ITEMS)])
        gateway.show(Site(demo))
        yield demo
    gateway.close()


@pytest.fixture
def page(chromium, demo):
    demo.cloud.clock.install()
    context = chromium.new_context(timezone_id="Europe/Berlin", locale="de-DE")
    found = context.new_page()
    found.goto(f"{demo.gateway.origin}/shop")
    found.wait_for_function("dripline.on")
    yield found
    context.close()


def wait_for(page, demo, name, number):
    wait_until(page, lambda: names(demo).count(name) >= number, lambda: names(demo))


def names(demo):
    demo.cloud.pump()
    return [fact["name"] for fact in demo.cloud.newest_facts(200)]


@needs_chromium
def test_without_a_yes_and_with_global_privacy_control_nothing_arrives(demo, page):
    before = len(demo.cloud.newest_facts(500))
    page.get_by_label("Search").fill("kettle")
    page.get_by_role("button", name="Find").click()
    page.get_by_role("button", name="No", exact=True).click()
    page.context.add_init_script("Object.defineProperty(navigator, 'globalPrivacyControl', {get: () => true})")
    page.goto(f"{demo.gateway.origin}/shop/p/1041")
    page.get_by_role("button", name="Yes", exact=True).click()
    page.get_by_role("button", name="Add to cart").click()
    page.wait_for_timeout(1_300)
    demo.cloud.pump()
    assert len(demo.cloud.newest_facts(500)) == before
    assert page.evaluate("localStorage.length") == 0


@needs_chromium
def test_a_visitor_browses_searches_wishes_fills_the_cart_and_says_who_she_is(demo, page):
    page.get_by_role("button", name="Yes", exact=True).click()
    page.get_by_label("Search").fill("kettle")
    page.get_by_role("button", name="Find").click()
    page.get_by_role("link", name="Copper kettle").click()
    page.wait_for_timeout(1_100)
    page.get_by_role("button", name="Put on the wish-list").click()
    page.get_by_role("button", name="Add to cart").click()
    page.get_by_label("You are").fill("robin@mail.example")
    page.get_by_role("button", name="Change").click()
    wait_for(page, demo, "Customer Updated", 1)
    page.goto("about:blank")
    for name in ("Products Searched", "Product Viewed", "Product Added to Wishlist", "Product Added", "Page Left"):
        wait_for(page, demo, name, 1)
    wait_for(page, demo, "Page Viewed", 5)
    robin = store.find(demo.cloud.services, "email", "robin@mail.example")
    counted = {
        name: robin.count(name, within=None, now=demo.cloud.now())
        for name in (
            *("Visit Started", "Products Searched", "Product Viewed", "Product Added to Wishlist", "Product Added"),
            *("Page Viewed", "Page Left"),
        )
    }
    assert counted.pop("Page Viewed") >= 5
    assert counted.pop("Product Viewed") >= 1
    assert counted.pop("Page Left") >= 1
    assert counted == {"Visit Started": 1, "Products Searched": 1, "Product Added to Wishlist": 1, "Product Added": 1}
    assert robin.zone.name == "Europe/Berlin"
    assert list(robin.wishes) == ["1041"]

    page.goto(f"{demo.gateway.origin}/shop")
    wait_for_answers(page)
    page.context.set_offline(True)
    with page.expect_event("requestfailed"):
        page.evaluate("dripline('wish', {product_id: '77', name: 'Linen shirt'})")
    page.context.set_offline(False)
    wait_for(page, demo, "Product Added to Wishlist", 2)
    page.goto("about:blank")
    page.wait_for_timeout(300)
    assert names(demo).count("Product Added to Wishlist") == 2
    assert demo.cloud.dead_letters == []
