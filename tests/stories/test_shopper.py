"""A shopper's story from sign-up to unsubscribe, through HTTP-shaped events and the functions app.py registers."""

from contextlib import contextmanager
from datetime import timedelta
from functools import cache
from urllib.parse import urlencode, urlsplit

import pytest

from chalicelib import clock
from chalicelib.aws.table import message_key
from chalicelib.profile import store
from cli.demo.browser import Page
from cli.demo.journey import Item
from cli.demo.people import Person
from cli.demo.storefront import Order, order_webhook
from cli.local import gateway
from cli.local.cloud import LocalCloud
from cli.publish.compile import bundle_of
from cli.publish.release import publish

START = clock.parse("2026-11-02T12:00:00Z")
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148"
# Neither number is among the twentieth of customers that a flow holds out.
TOKYO = Person(74, "JP", "en", "Asia/Tokyo", "Yui", False, "shopify")
SAO_PAULO = Person(72, "BR", "en", "America/Sao_Paulo", "João", False, "shopify")
KETTLE = (Item("1041", "Kettle", "Kitchen", 1, "49.50"),)
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class Store:
    """The local cloud with the hands a shopper and a storefront have."""

    def __init__(self, cloud):
        self.cloud = cloud

    def ask(self, method, url, *, body=b"", headers=None, agent=PHONE):
        parts = urlsplit(url)
        given = [("Host", "127.0.0.1"), ("User-Agent", agent), ("Accept", "*/*"), *(headers or {}).items()]
        path = parts.path.removeprefix("/api")
        event = gateway.proxy_event(self.cloud.routes, method, path, parts.query, given, body, "127.0.0.1")
        assert event is not None, f"no route for {method} {path}"
        answer = gateway.read_answer(self.cloud.request(event))
        location = dict(answer.headers).get("Location", "")
        return Page(answer.status, answer.body.decode("utf-8", "replace"), location)

    def submit(self, url, **values):
        return self.ask("POST", url, body=urlencode(values).encode(), headers=FORM)

    def webhook(self, order):
        post = order_webhook(order, self.cloud.now())
        page = self.ask("POST", f"/webhooks/{post.source}", body=post.body, headers=post.headers)
        assert page.status == 200, page
        self.cloud.pump()

    def pass_until(self, text):
        """Time goes on; what was mailed meanwhile is reported sent and delivered."""
        until, known = clock.parse(text), len(self.cloud.post.posted)
        self.cloud.advance(until)
        for posted in self.cloud.post.posted[known:]:
            for kind in ("Send", "Delivery"):
                self.cloud.post.report(posted, kind)
        self.cloud.pump()

    def mails_to(self, person):
        return [posted for posted in self.cloud.post.posted if posted.mail.recipient == person.email]

    def sign_up(self, person):
        """Fill in the form, open the mail, press the button; the address and the page that thanks for it."""
        (form,) = self.ask("GET", "/signup").forms()
        self.cloud.clock.move_to(self.cloud.now() + timedelta(seconds=30))
        given = {"email": person.email, "first_name": person.first_name, "time_zone": person.zone}
        assert self.submit("/signup", **form.fields | given).status == 200
        self.cloud.pump()
        (mail,) = self.mails_to(person)
        link = next(link for link in Page(200, mail.body("html")).links() if "/confirm/" in link)
        (form,) = self.ask("GET", link).forms()[:1]
        assert self.consent_of(person) == "pending"
        confirmed = self.submit(link, **form.fields)
        self.cloud.pump()
        return link, confirmed

    def consent_of(self, person):
        return store.find(self.cloud.services, "email", person.email).consent_of("email").state

    def became(self, posted_or_ids):
        profile_id, message_id = posted_or_ids
        return self.cloud.services.agenda.get(message_key(profile_id, message_id))


default_bundle = cache(bundle_of)


@contextmanager
def open_store(kind=Store, start=START, **stretch):
    """A local cloud with the default playbook; what need not run often runs seldom, or as `stretch` says."""
    seldom = {"launch_campaigns": timedelta(hours=1), "start_segments": timedelta(days=1)}
    seldom |= {"aggregate_metrics": timedelta(days=1)}
    with LocalCloud(start, stretch=seldom | stretch) as cloud:
        publish(cloud.services.data, default_bundle(), cloud.now())
        cloud.verify_sender(default_bundle().settings["sender"]["address"])
        yield kind(cloud)


@pytest.fixture
def shop():
    with open_store() as shop:
        yield shop


def _local(posted, person):
    return posted.sent_at.astimezone(clock.zone(person.zone))


def _subject_links(posted, kind):
    return [link for link in Page(200, posted.body("html")).links() if f"/{kind}/" in link]


def test_a_shopper_from_sign_up_to_unsubscribe(shop):
    cloud = shop.cloud
    for person in (TOKYO, SAO_PAULO):
        shop.sign_up(person)
        assert shop.consent_of(person) == "subscribed"

    shop.pass_until("2026-11-03T03:00:00Z")
    for person in (TOKYO, SAO_PAULO):
        _, welcome = shop.mails_to(person)
        at = _local(welcome, person)
        assert (at.hour, at.minute) == (10, 0), at
        assert "WELCOME10" in welcome.body("html")
    welcome = shop.mails_to(TOKYO)[1]

    cloud.advance(cloud.now() + timedelta(minutes=5))
    click = shop.ask("GET", _subject_links(welcome, "c")[0])
    assert click.status == 302
    assert urlsplit(click.location).hostname == "shop.example"
    cloud.pump()

    shop.pass_until("2026-11-04T05:00:00Z")
    order = Order("5001", TOKYO, KETTLE, "49.50", cloud.now())
    shop.webhook(order)
    shop.pass_until("2026-11-06T00:30:00Z")
    assert len(shop.mails_to(TOKYO)) == 2, "the reminder waits for a day and for 10:00"
    shop.pass_until("2026-11-06T02:00:00Z")
    reminder = shop.mails_to(TOKYO)[2]
    assert (_local(reminder, TOKYO).hour, _local(reminder, TOKYO).minute) == (10, 0)

    cloud.advance(cloud.now() + timedelta(minutes=5))
    shop.ask("GET", _subject_links(reminder, "c")[0])
    cloud.pump()
    cloud.advance(cloud.now() + timedelta(minutes=20))
    shop.webhook(order.pay(cloud.now()))
    shop.pass_until("2026-11-16T00:00:00Z")
    assert len(shop.mails_to(TOKYO)) == 3, "paid: no second reminder"

    second = Order("5002", TOKYO, KETTLE, "49.50", cloud.now())
    shop.webhook(second)
    cloud.advance(clock.parse("2026-11-17T00:59:30Z"))
    cloud.clock.move_to(clock.parse("2026-11-17T01:00:00Z"))
    cloud.run("move_due")
    cloud.pump(without=("deliver_messages",))
    leave = reminder.message["List-Unsubscribe"].strip("<>")
    left = shop.ask("POST", leave, body=b"List-Unsubscribe=One-Click", headers=FORM)
    assert left.status == 200
    (asking,) = [form for form in left.forms() if "reason" in form.choices]
    shop.submit(leave, **asking.fields, reason="too_many")
    assert shop.consent_of(TOKYO) == "unsubscribed"
    queued = [
        item
        for item in cloud.services.agenda.query(reminder.profile_id, begins_with="message#")
        if item["status"] == "planned"
    ]
    assert len(queued) == 1, "a reminder was planned and lay in the queue"
    cloud.pump()
    shop.pass_until("2026-11-30T12:00:00Z")
    assert len(shop.mails_to(TOKYO)) == 3, "nothing after the unsubscribe, not even what was queued"
    after = cloud.services.agenda.get(message_key(reminder.profile_id, queued[0]["sk"].removeprefix("message#")))
    assert after["status"] == "skipped"
    assert cloud.dead_letters == []

    cloud.run("aggregate_metrics")
    manifest = cloud.services.dashboard.get_json("manifest.json")
    overview = cloud.services.dashboard.get_json(manifest["files"]["overview"])
    assert sum(overview["series"]["attributed_orders"]) == 1
    assert sum(overview["series"]["revenue_flows"]) == 4950
    counted = [week["counts"] for week in overview["reasons"]["weeks"] if week["counts"]]
    assert counted == [{"other": 1}], "counted, and folded: a reason fewer than ten people gave is nobody's to read"
