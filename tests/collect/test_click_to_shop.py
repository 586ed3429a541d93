"""From the link in a mail into the shop, in a real browser: whose visit it is, and whose it is not."""

import json
from datetime import timedelta
from types import SimpleNamespace

import pytest

from chalicelib import clock, ids
from chalicelib.aws.table import message_key
from chalicelib.ids import Purpose
from chalicelib.profile import jobs, store
from tests.collect.chromium import AGREED, START, Api, Shop, Visitor, needs_chromium, wait_for_answers, wait_until
from tests.collect.conftest import HOME, MESSAGE, NOW, PROFILE
from tests.collect.test_arrivals import ANN, BOB, PUBLIC, claims, know, views_of
from tests.collect.test_tracker import CHROME

BOBS = ids.identity_key("email", BOB)
PAGE = "/kettle?size=2%20l&utm_source=dripline&utm_campaign=flow:welcome#top"


@pytest.fixture
def town(web):
    """The shop, the API that its pages post to, and a message to each of two people that links to it."""
    api = Api()
    shop = Shop(api)
    for email, profile_id in ((ANN, PROFILE), (BOB, BOBS)):
        know(web, {"email": email})
        sent = {"status": "sent", "channel": "email", "definition": "flow:welcome", "links": [shop.url + PAGE]}
        web.cloud.agenda.put(message_key(profile_id, MESSAGE), sent)
    yield SimpleNamespace(api=api, shop=shop, web=web)
    shop.close()
    api.close()


class Person(Visitor):
    """Somebody's browser; a click asks our redirect and goes where that leads."""

    def __init__(self, browser, town):
        super().__init__(browser.new_context(), town.shop, town.api)
        self.web = town.web

    def click(self, profile_id, calls=AGREED, change=str):
        answer = self.web.call("GET", f"/c/{self.web.token(Purpose.CLICK, profile_id=profile_id)}", CHROME)
        self.land(change(answer.headers["location"]), calls)

    def land(self, address, calls=AGREED):
        assert "&dl_click=" in address
        self.open(address.removeprefix(self.shop.url), calls.replace("pub_shop", PUBLIC))
        assert self.page.url == self.shop.url + PAGE, "the token is out of the address, and nothing else"

    def look(self):
        """Looks at a product and leaves, told to the end."""
        told = len(self.api.of("Product Viewed"))
        self.tell("product", {"product_id": "P-7"})
        self.leave()
        wait_until(self.page, lambda: len(self.api.of("Product Viewed")) > told, self.api.names)


def hand_in(town):
    for second, post in enumerate(town.api.posts):
        clock.set_source(lambda second=second: NOW + timedelta(seconds=second))
        head = {"Content-Type": "text/plain", "Origin": HOME, **CHROME}
        assert json.loads(town.web.call("POST", "/v1/batch", head, json.dumps(post).encode()).text)["success"]


@needs_chromium
def test_a_click_in_a_mail_lands_in_the_shop_and_what_she_looks_at_there_is_hers(chromium, town):
    web, api = town.web, town.api
    ann, other, forger, late, refuser, private = (Person(chromium, town) for _ in range(6))
    ann.click(PROFILE)
    ann.wait_for(2)
    wait_for_answers(ann.page)
    assert web.arrival() not in ann.page.evaluate("localStorage.dripline"), "told once, and kept nowhere"
    ann.look()
    other.open("/kettle", AGREED.replace("pub_shop", PUBLIC))
    other.look()
    ann.click(BOBS)  # the same device: another visit, and nobody else's browser
    ann.look()
    forger.click(PROFILE, change=lambda found: found.replace(web.arrival()[:9], web.arrival()[:8] + "_"))
    forger.look()
    stale = ids.sign_arrival(PROFILE, NOW - timedelta(hours=2), web.cloud.secrets.link_keys)
    late.click(PROFILE, change=lambda found: found.replace(web.arrival(), stale))
    late.look()

    refuser.click(PROFILE, START)
    refuser.tell("consent", False)
    private.context.add_init_script("Object.defineProperty(navigator, 'globalPrivacyControl', {get: () => true})")
    private.click(PROFILE)
    private.page.wait_for_timeout(1_200)
    assert (refuser.kept, private.kept) == ([], [])
    refuser.tell("consent", True)
    refuser.look()
    waiting = Person(chromium, town)
    waiting.click(BOBS, START)
    waiting.tell("consent", True)
    waiting.look()
    visitors = (ann, other, forger, late, refuser, private, waiting)
    assert [each.faults for each in visitors] == [[]] * 7
    for each in visitors:
        each.context.close()
    clicks = [visit["properties"].get("dl_click") for visit in api.of("Visit Started")]
    bobs = web.arrival(BOBS)
    assert len(clicks) == 7, "none of the one whose browser says no to all"
    assert (clicks[0], clicks[2], clicks[4], clicks[6]) == (web.arrival(), bobs, stale, bobs)
    assert (clicks[1], clicks[5]) == (None, None), "no click; one whose no came first"

    for _ in range(2):  # a page posts again what it is not sure to have posted
        hand_in(town)
        jobs.fold_now(web.cloud, web.facts(), NOW)
    browsers = [visit["anonymousId"] for visit in api.of("Visit Started")]
    assert browsers[0] == browsers[2]
    assert len(set(browsers)) == 6
    assert {(fact.who["profile"], fact.who["anonymous"]) for fact in claims(web)} == {
        (PROFILE, browsers[0]), (BOBS, browsers[0]), (BOBS, browsers[6]),
    }  # fmt: skip
    assert len(claims(web)) == 3
    customers = [store.find(web.cloud, "anonymous", browser) for browser in browsers]
    assert [each.email for each in customers] == [ANN, "", ANN, "", "", "", BOB]
    assert [views_of(each) for each in customers] == [2, 1, 2, 1, 1, 1, 1]
    assert {store.find(web.cloud, "email", email).profile_id for email in (ANN, BOB)} == {PROFILE, BOBS}
