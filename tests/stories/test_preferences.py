"""What a shopper says of themselves holds: a coupon once for answering twice, a pause that reminders keep to, and
leaving in the middle of a campaign, through HTTP-shaped events and the functions app.py registers."""

from datetime import timedelta
from urllib.parse import urljoin

import pytest

from chalicelib import clock, events
from chalicelib.profile import log, store
from cli.demo.browser import Page
from cli.demo.people import Person
from cli.demo.storefront import Order
from tests.stories.test_shopper import FORM, KETTLE, TOKYO, Store, open_store

OSAKA = Person(75, "JP", "en", "Asia/Tokyo", "Ren", False, "shopify")


class Household(Store):
    """A store with a shopper who answers, pauses and leaves."""

    def link_of(self, posted, part):
        return next(link for link in Page(200, posted.body("html")).links() if part in link)

    def customer(self, person):
        return store.find(self.cloud.services, "email", person.email)

    def facts(self, person, kind):
        said = log.read(self.cloud.services, self.customer(person).profile_id)
        return [fact for fact in said if isinstance(fact, kind)]

    def messages(self, person, status):
        items = self.cloud.services.agenda.query(self.customer(person).profile_id, begins_with="message#")
        return [item for item in items if item["status"] == status]

    def codes(self, person):
        return sorted(coupon.code for coupon in self.customer(person).coupons)

    def overview(self):
        self.cloud.run("aggregate_metrics")
        manifest = self.cloud.services.dashboard.get_json("manifest.json")
        return self.cloud.services.dashboard.get_json(manifest["files"]["overview"])


@pytest.fixture
def opened(request):
    start = clock.parse(getattr(request, "param", "2026-11-02T12:00:00Z"))
    seldom = {"gather_archive": timedelta(days=1), "work_off_privacy": timedelta(days=1)}
    with open_store(Household, start, **seldom) as shop:
        yield shop
        assert shop.cloud.dead_letters == []


def test_rewards_come_once_and_reminders_wait_for_the_end_of_a_pause(opened):
    shop, cloud = opened, opened.cloud
    address, confirmed = shop.sign_up(TOKYO)
    assert "WELCOME10" in confirmed.text, "the reward for signing up"
    assert shop.codes(TOKYO) == ["WELCOME10"]

    survey = urljoin(address, next(link for link in confirmed.links() if "survey/" in link))
    tabs = [shop.ask("GET", survey) for _ in range(2)]
    for number, tab in enumerate(tabs):
        (form,) = [form for form in tab.forms() if "occupation" in form.fields]
        cloud.advance(cloud.now() + timedelta(seconds=20))
        thanks = shop.submit(survey, **form.fields | {"gender": "female", "occupation": ("nurse", "teacher")[number]})
        assert (thanks.status, "THANKS10" in thanks.text) == (200, True), "both tabs show it"
        cloud.pump()
    assert shop.codes(TOKYO) == ["THANKS10", "WELCOME10"]
    assert [fact.code for fact in shop.facts(TOKYO, events.CouponGranted)].count("THANKS10") == 1
    assert dict(shop.customer(TOKYO).surveys["about_you"].said) == {"gender": "female", "occupation": "teacher"}

    shop.pass_until("2026-11-03T03:00:00Z")
    _, welcome = shop.mails_to(TOKYO)
    centre = shop.link_of(welcome, "/p/")
    (form,) = [form for form in shop.ask("GET", centre).forms() if "pause" in form.choices]
    topics = {name: "yes" for name in form.choices if name.startswith("topic.")}
    wish = form.fields | topics | {"channel.email": "yes", "frequency": "often", "pause": "30"}
    assert shop.submit(centre, **wish).status == 200
    assert shop.customer(TOKYO).preferences.paused_until == cloud.now() + timedelta(days=30)
    assert shop.consent_of(TOKYO) == "subscribed", "pausing is not leaving"

    shop.pass_until("2026-11-04T05:00:00Z")
    shop.webhook(Order("5001", TOKYO, KETTLE, "49.50", cloud.now()))
    shop.pass_until("2026-12-03T02:00:00Z")
    assert shop.mails_to(TOKYO)[2:] == [], "a day and a week after the order: nothing while paused"
    skipped = [(fact.definition, fact.reason) for fact in shop.facts(TOKYO, events.MessageSkipped)]
    assert sorted(skipped) == [("campaign:black_friday_2026", "paused"), *[("flow:unpaid_order", "paused")] * 2]
    assert shop.overview()["periods"]["90"]["current"]["skipped"] == {"paused": 3}
    assert shop.customer(TOKYO).points == 0, "what a mail was to announce is not given without it"

    shop.pass_until("2026-12-20T12:00:00Z")
    (reminder,) = shop.mails_to(TOKYO)[2:]
    local = reminder.sent_at.astimezone(clock.zone(TOKYO.zone))
    assert (local.hour, local.minute) == (10, 0)
    assert reminder.sent_at > clock.parse("2026-12-03T03:00:00Z")
    assert "SAVE5" in reminder.body("html"), "the month's reminder, not those of the pause"


@pytest.mark.parametrize("opened", ["2026-11-16T12:00:00Z"], indirect=True)
def test_leaving_in_the_middle_of_a_campaign_stops_what_is_queued(opened):
    shop, cloud = opened, opened.cloud
    for person in (TOKYO, OSAKA):
        shop.sign_up(person)
    shop.pass_until("2026-11-27T00:59:30Z")
    before = {person: len(shop.mails_to(person)) for person in (TOKYO, OSAKA)}
    leave = shop.mails_to(OSAKA)[-1].message["List-Unsubscribe"].strip("<>")
    cloud.clock.move_to(clock.parse("2026-11-27T02:00:00Z"))
    cloud.run("move_due")
    cloud.pump(without=("deliver_messages",))
    assert [len(shop.messages(person, "planned")) for person in (TOKYO, OSAKA)] == [1, 1], "both wait to be sent"

    for _ in range(2):
        assert shop.ask("POST", leave, body=b"List-Unsubscribe=One-Click", headers=FORM).status == 200
    shop.pass_until("2026-12-12T12:00:00Z")
    assert len(shop.mails_to(TOKYO)) == before[TOKYO] + 1
    assert len(shop.mails_to(OSAKA)) == before[OSAKA], "not even what was on its way"
    assert len(shop.facts(OSAKA, events.Unsubscribed)) == 1
    (skipped,) = shop.facts(OSAKA, events.MessageSkipped)
    assert (skipped.definition, skipped.reason) == ("campaign:black_friday_2026", "no_consent")
    assert shop.overview()["periods"]["30"]["current"]["skipped"] == {"no_consent": 1}
