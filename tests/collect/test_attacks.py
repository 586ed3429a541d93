"""What somebody tries who means harm and knows the public key, an address or a link: it changes nobody else's data."""

import base64
import json
import re
from datetime import timedelta

from chalicelib import clock, events, ids
from chalicelib.collect import guard
from chalicelib.collect.api import limits
from chalicelib.events import CustomerUpdated
from chalicelib.ids import Purpose
from chalicelib.profile import jobs, store
from tests.collect.conftest import HOME, NOW

PUBLIC = "pub_aurora_storefront"
VICTIM = "ann@mail.example"


def beacon(web, *messages, address=""):
    body = json.dumps({"writeKey": PUBLIC, "batch": list(messages)}).encode()
    web.address = address or "192.0.2.7"
    return web.call("POST", "/v1/batch", {"Content-Type": "text/plain", "Origin": HOME}, body)


def viewed(number, **given):
    return {"type": "track", "event": "Product Viewed", "messageId": f"v{number}", "anonymousId": "browser-of-eve",
            "properties": {"product_id": "P-7"}} | given  # fmt: skip


def later(minutes):
    at = clock.now() + timedelta(minutes=minutes)
    clock.set_source(lambda: at)


def fold(web):
    jobs.fold_now(web.cloud, web.facts(), clock.now())


def test_one_address_cannot_use_up_the_key_of_all_browsers(web):
    most = limits.PER_MINUTE["browser_key"]
    flood = [{"type": "nothing"}] * limits.MESSAGES
    for _ in range(most // limits.MESSAGES + 1):
        assert beacon(web, *flood, address="198.51.100.66").status == 429
    assert beacon(web, viewed(1), address="192.0.2.7").status == 200, "another visitor's browser"


def test_a_browser_cannot_make_a_customer_older_than_they_are(web):
    told = {"occurred_at": NOW - timedelta(days=3), "received_at": NOW - timedelta(days=3), "source": "shopify"}
    jobs.fold_now(web.cloud, [CustomerUpdated(id="u", who={"email": VICTIM}, email=VICTIM, **told)], NOW)
    before = store.find(web.cloud, "email", VICTIM)
    long_ago = {"timestamp": "2001-01-01T00:00:00Z", "sentAt": clock.to_text(NOW)}
    claim = {"type": "identify", "messageId": "i", "anonymousId": "browser-of-eve", "traits": {"email": VICTIM}}
    assert beacon(web, claim | long_ago, viewed(1, **long_ago)).status == 200
    fold(web)
    assert store.find(web.cloud, "email", VICTIM).facets["created"] == before.facets["created"]
    assert min(fact.occurred_at for fact in web.facts() if fact.source == "browser") > NOW - timedelta(days=3)


def test_whose_a_browser_is_counts_from_when_it_is_said(web):
    claim = {"type": "identify", "anonymousId": "shared-browser"}
    assert beacon(web, claim | {"messageId": "1", "traits": {"email": VICTIM}}).status == 200
    later(5)
    earlier = {"timestamp": clock.to_text(NOW - timedelta(days=1)), "sentAt": clock.to_text(clock.now())}
    assert beacon(web, claim | {"messageId": "2", "traits": {"email": "eve@mail.example"}} | earlier).status == 200
    fold(web)
    assert store.find(web.cloud, "anonymous", "shared-browser").email == VICTIM


def survey_link(web, email):
    """The link to the survey that the answer to a sign-up holds."""
    page = web.post_form("/signup", {"email": email} | web.stamp("signup"))
    return "/" + re.search(r'href="(survey/[^"?]+)', page.text)[1]


def confirm(web, email):
    fold(web)
    profile = store.find(web.cloud, "email", email).profile_id
    assert (
        web.post_form(f"/confirm/{web.token(Purpose.CONFIRM, profile_id=profile)}", {"action": "confirm"}).status == 200
    )


def test_answers_of_somebody_confirmed_are_not_changed_by_a_link_that_any_sign_up_gives(web):
    link = survey_link(web, VICTIM)
    assert web.post_form(link, {"gender": "female", "occupation": "nurse"}).status == 200
    confirm(web, VICTIM)
    assert store.find(web.cloud, "email", VICTIM).surveys["about_you"].said["occupation"] == "nurse"
    later(10)
    eves = survey_link(web, VICTIM)  # she signs the address up once more
    assert web.post_form(eves, {"gender": "male", "occupation": "thief"}).status == 200
    fold(web)
    ann = store.find(web.cloud, "email", VICTIM)
    assert ann.surveys["about_you"].said["occupation"] == "nurse"
    assert ann.attributes["gender"].value == "female"


def test_answers_before_the_confirmation_cannot_be_claimed_through_the_api(web):
    link = survey_link(web, VICTIM)
    raw = base64.urlsafe_b64decode(link.rpartition("/")[2])
    spelled = base64.b32encode(raw[12:22]).decode().lower()  # what the token says of whose answers they are
    visitor = guard.visitor_of(web.cloud, VICTIM)
    for number, name in enumerate({spelled, visitor, f" {visitor}"}):
        claim = {"type": "identify", "messageId": f"c{number}", "anonymousId": name}
        beacon(web, claim | {"traits": {"email": "eve@mail.example"}})
    fold(web)
    later(10)
    assert web.post_form(link, {"occupation": "nurse"}).status == 200
    confirm(web, VICTIM)
    eve = store.find(web.cloud, "email", "eve@mail.example")
    assert not eve or not eve.surveys
    assert store.find(web.cloud, "email", VICTIM).surveys["about_you"].said["occupation"] == "nurse"


def test_a_form_that_cannot_be_read_declines_no_topics(web):
    known = events.SubscriptionConfirmed(id="c", channel="email", wording="w", who={"email": VICTIM},
                                         occurred_at=NOW, received_at=NOW, source="t")  # fmt: skip
    jobs.fold_now(web.cloud, [known], NOW)
    link = f"/p/{web.token(Purpose.PREFERENCES, profile_id=ids.identity_key('email', VICTIM))}"
    for body in (b"", b"\xff\xfe", b"x" * 70_000):
        assert web.call("POST", link, {"Content-Type": "application/x-www-form-urlencoded"}, body).status == 200
    assert web.facts("Preferences Changed") == []
