"""Logs name nobody, every send can show a consent, and an erased shopper is gone from the whole system."""

import json
from datetime import timedelta

import pytest

from chalicelib import clock, events, settings
from chalicelib.measure import erasure as numbers
from chalicelib.profile import erasure, log, store, whereabouts
from cli.demo.people import Person
from cli.demo.storefront import Order
from cli.local.cloud import SECRETS
from tests.stories.test_shopper import KETTLE, SAO_PAULO, TOKYO, open_store

PEOPLE = (TOKYO, SAO_PAULO)
STRANGERS = tuple(Person(number, "JP", "en", "Asia/Tokyo", "Ren", False, "shopify") for number in (75, 76, 78))
"""They order and never subscribe; the first signs up and does not confirm."""


@pytest.fixture
def shop():
    seldom = {"launch_campaigns": timedelta(hours=6), "gather_archive": timedelta(days=1)}
    with open_store(work_off_privacy=timedelta(hours=1), **seldom) as shop:
        yield shop


def live(shop):
    for person in PEOPLE:
        shop.sign_up(person)
    shop.pass_until("2026-11-03T03:00:00Z")
    for number, person in enumerate(PEOPLE):
        shop.webhook(Order(str(5001 + number), person, KETTLE, "49.50", shop.cloud.now()))
    for source, body in (
        ("shopify", b"{"),
        ("woocommerce", json.dumps({"email": TOKYO.email}).encode()),
        ("none", b""),
    ):
        shop.ask("POST", f"/webhooks/{source}", body=body, headers={"Content-Type": "application/json"})
    shop.ask("POST", "/signup", body=f"email={TOKYO.email}%00".encode())
    shop.cloud.services.queue("reactions").send([{"profile_id": TOKYO.email, "events": [{"email": TOKYO.email}]}])
    shop.cloud.services.queue("outbox").send([{"profile_id": TOKYO.email}])
    shop.cloud.services.queue("feedback").send([{"Type": TOKYO.email}])
    shop.pass_until("2026-11-06T03:00:00Z")
    shop.cloud.run("aggregate_metrics")


def test_logs_name_nobody_and_hold_no_secret(shop, capfd, caplog, record_property):
    live(shop)
    told = "".join(capfd.readouterr()) + caplog.text
    assert shop.cloud.dead_letters, "what failed was logged"
    assert "a queue message failed" in told
    secrets = [*SECRETS.values(), *(each.email for each in PEOPLE), *(each.first_name for each in PEOPLE)]
    secrets += [store.find(shop.cloud.services, "email", each.email).profile_id for each in PEOPLE]
    found = [each for each in secrets if each in told]
    assert found == []
    record_property(
        "promise",
        f"P32: {len(told.splitlines())} lines logged, {len(secrets)} names and secrets looked for, {len(found)} found",
    )


def marketing_mails_to(shop, person):
    customer = store.find(shop.cloud.services, "email", person.email)
    told = log.read(shop.cloud.services, customer.profile_id)
    return [fact for fact in told if isinstance(fact, events.MessageSent) and fact.marketing]


def test_every_marketing_mail_can_show_its_consent(shop, record_property):
    for number, person in enumerate(STRANGERS):
        shop.webhook(Order(str(4001 + number), person, KETTLE, "49.50", shop.cloud.now()))
    (form,) = shop.ask("GET", "/signup").forms()
    shop.cloud.advance(shop.cloud.now() + timedelta(seconds=30))
    shop.submit("/signup", **form.fields | {"email": STRANGERS[0].email})
    live(shop)
    assert shop.consent_of(STRANGERS[0]) == "pending"
    assert len(shop.mails_to(STRANGERS[0])) == 1, "the question whether it was them"
    unasked = sum(len(marketing_mails_to(shop, person)) for person in STRANGERS)
    sent, proven = 0, 0
    for person in PEOPLE:
        customer = store.find(shop.cloud.services, "email", person.email)
        ledger = {entry["sk"].partition("#")[2]: entry for entry in store.consent_ledger(shop.cloud.services, customer)}
        for fact in marketing_mails_to(shop, person):
            sent += 1
            entry = ledger.get(fact.consent_id, {})
            proven += bool(entry.get("at") and entry.get("source") and entry.get("wording"))
    assert sent >= 2
    assert proven == sent
    assert unasked == 0
    record_property(
        "promise",
        f"P29: {sent} marketing mails, {proven} with who, when, where and which wording on record;"
        f" {unasked} to {len(STRANGERS)} people without such a record, who ordered too",
    )


def test_an_erased_shopper_is_gone_from_all_that_ran(shop):
    live(shop)
    cloud, services = shop.cloud, shop.cloud.services
    gone = store.find(services, "email", TOKYO.email).profile_id
    erasure.begin(services, whereabouts.named(services, [("email", TOKYO.email)]), "operator", cloud.now())
    erasure.look(services, next(iter(erasure.due(services, cloud.now()))), cloud.now(), numbers)
    mails = len(shop.mails_to(TOKYO))
    shop.pass_until("2026-11-09T03:00:00Z")
    shop.webhook(Order("5001", TOKYO, KETTLE, "49.50", clock.parse("2026-11-03T03:00:00Z")).pay(cloud.now()))
    (proof,) = erasure.proofs(services)
    assert erasure.is_genuine(services, proof)
    assert len(shop.mails_to(TOKYO)) == mails, "nothing more is sent"
    texts = [json.dumps(item) for name in ("events", "profiles", "agenda", "catalog")
             for item in services.dynamodb("Scan", {"TableName": settings.table_name(name)})["Items"]]  # fmt: skip
    texts += [
        key + bucket.get(key)[0].decode() for bucket in (services.data, services.dashboard) for key in bucket.list("")
    ]
    assert [text[:200] for text in texts if TOKYO.email in text or gone in text] == []
    assert store.find(services, "email", SAO_PAULO.email) is not None
