"""Erasing a person: nothing is left but hashes, whatever crashed, and they come back by their own hand only."""

import json
from datetime import timedelta
from itertools import count

import pytest
from botocore.exceptions import ClientError

from chalicelib import clock, events, ids, settings
from chalicelib.aws.clients import client
from chalicelib.aws.table import (
    Key,
    cadence_key,
    campaign_page_key,
    message_key,
    privacy_request_key,
    run_key,
)
from chalicelib.errors import Unavailable
from chalicelib.measure import erasure as numbers
from chalicelib.profile import archive, erasure, export, jobs, log, privacy, store, suppression, whereabouts
from tests.profile.facts import fact, life_of_an_order, message, on, order, record_of, sent, stream

EMAIL, PHONE, CUSTOMER, BROWSER = "vera.k@erase.example", "+4915112345678", "shopify:8800990011", "browser-of-vera"
VERA = {"email": EMAIL, "customer": CUSTOMER, "phone": PHONE}
VERA_ID = ids.identity_key("email", EMAIL)
BOB = {"email": "bob@keep.example", "customer": "shopify:77"}
HERS, HIS = VERA | {"order": "shopify:5001"}, BOB | {"order": "shopify:5002"}
NAMES = [EMAIL, PHONE.lstrip("+"), CUSTOMER, CUSTOMER.partition(":")[2], BROWSER]
KEYS = [ids.identity_key(kind, value) for kind, value in VERA.items()] + [ids.identity_key("anonymous", BROWSER)]


def live(cloud):
    """A customer as full as they get, and another who shares an order day, a browser's batch and a campaign page."""
    facts = [
        fact(events.ProductViewed, on(-1), {"anonymous": BROWSER}, product_id="p1"),
        fact(events.SignedUp, on(), {"email": EMAIL, "anonymous": BROWSER}, source="pages", email=EMAIL,
             channel="email", wording="w1", page="signup"),
        fact(events.CustomerUpdated, on(0, 1), VERA, email=EMAIL, phone=PHONE, first_name="Vera"),
        *life_of_an_order(HERS, "shopify:5001"),
        *life_of_an_order(HIS, "shopify:5002"),
        sent(on(1), "m1", {"profile": VERA_ID}),
        message(events.EmailOpened, on(1, 1), "m1", {"profile": VERA_ID}),
        fact(events.OrderRefunded, on(2), {"order": "shopify:5001"}, order_id="shopify:5001", refund_id="r9",
             amount=order(events.OrderCreated).total),
    ]  # fmt: skip
    assert stream(cloud, facts) == {"batchItemFailures": []}
    cloud.agenda.put(message_key(VERA_ID, "m1"), {"status": "sent", "channel": "email"})
    cloud.agenda.put(run_key(VERA_ID, "welcome", "x"), {"status": "active", "due_bucket": "b", "due_at": "d"})
    cloud.agenda.put(cadence_key(VERA_ID, "email"), {"last_at": "x"})
    cloud.agenda.put(message_key(ids.identity_key("customer", CUSTOMER), "m0"), {"status": "sent"})
    cloud.catalog.put(campaign_page_key("sale", 0, VERA_ID), {"counts": {"planned": 3}})
    cloud.catalog.put(Key("notice#p1", "waiting"), {"people": [VERA_ID, ids.identity_key("email", BOB["email"])]})
    cloud.catalog.put(privacy_request_key("q0"), {"topic": "customers/data_request", "email": EMAIL, "status": "done"})
    cloud.data.put("quarantine/shopify/2026-03-02/a.json", json.dumps({"email": EMAIL.upper()}).encode())
    cloud.data.put("quarantine/shopify/2026-03-02/b.json", json.dumps({"customer": {"id": 8800990011}}).encode())
    cloud.data.put("unused/shopify/2026-03-02/c.json", json.dumps({"phone": "+49 151 1234 5678"}).encode())
    cloud.data.put("unused/shopify/2026-03-02/d.json", json.dumps({"email": BOB["email"]}).encode())
    cloud.data.put("privacy/q0.json", json.dumps({"identifiers": {"email": [EMAIL]}}).encode())
    digest = {"objects": [], "facts": {"f1": ["paid", 1, VERA_ID, "shopify:5001", 5000, "USD", 2]}}
    digest["facts"]["f2"] = ["paid", 1, ids.identity_key("email", BOB["email"]), "shopify:5002", 5000, "USD", 2]
    cloud.data.put_json(f"metrics/facts/{on():%Y-%m-%d}.json", digest)
    book = {"shopify:5001": [VERA_ID, 1, 1, False, 5000, "USD", 1, {}, "", "", False]}
    cloud.data.put_json("metrics/orders.json", book)
    for body in ({"profile_id": VERA_ID, "events": [events.serialise(facts[2])]}, {"profile_id": "bob", "events": []}):
        cloud.dead_letters("reactions").send([body])


def everything(cloud):
    """(where, text) of every item of every table, every object of every bucket and every dead letter."""
    for name in ("events", "profiles", "agenda", "catalog"):
        for item in cloud.dynamodb("Scan", {"TableName": settings.table_name(name)})["Items"]:
            yield f"{name} {item['pk']['S']} {item['sk']['S']}", json.dumps(item)
    index = {"TableName": settings.table_name("agenda"), "IndexName": "due"}
    for item in client("dynamodb").scan(**index)["Items"]:
        yield f"due {item['pk']['S']}", json.dumps(item)
    for bucket in (cloud.data, cloud.dashboard):
        for key in bucket.list(""):
            yield f"object {key}", key + bucket.get(key)[0].decode("utf-8", "replace")
    for name in ("reactions", "stream"):
        for each in cloud.dead_letters(name).receive():
            cloud.dead_letters(name).show_again(each)
            yield f"dead letter {name}", each.body


def traces(cloud):
    needles = [each.lower() for each in (*NAMES, *KEYS, "151 1234 5678")]
    found = []
    for where, text in everything(cloud):
        named = [each for each in needles if each in text.lower()]
        if named:
            found.append((where, named))
    return found


def erase(cloud, now, *, looks=5):
    """Erase as the schedule does, look by look; the proof."""
    erasure.begin(cloud, whereabouts.named(cloud, [("email", EMAIL)]), "operator", now)
    for _ in range(looks):
        for each in erasure.due(cloud, now):
            proof = erasure.look(cloud, each, now, numbers)
            if proof:
                return proof
        now += erasure.LOOK_AGAIN
    return None


def test_nothing_is_left_but_hashes_and_the_export_held_all_of_it(cloud, record_property):
    live(cloud)
    before = traces(cloud)
    document = export.export(cloud, whereabouts.named(cloud, [("email", EMAIL)]), on(3), numbers)
    exported = {f"{table} {item['pk']} {item['sk']}" for table in ("profiles", "agenda", "catalog")
                for item in document[table]}  # fmt: skip
    exported |= {f"events {item['pk']} {item['sk']}" for item in document["log"]}
    exported |= {f"object {each['object']}" for part in ("archive", "objects", "numbers") for each in document[part]}
    exported |= {f"dead letter {each['queue']}" for each in document["dead_letters"]}
    exported |= {f"due {item['pk']}" for item in document["agenda"]}
    assert {where for where, _ in before} - exported == set()
    assert len(document["facts"]) == 14
    assert len(before) > 30

    proof = erase(cloud, on(3))
    after = traces(cloud)
    assert after == []
    assert len(proof["looks"]) == 2
    assert proof["looks"][0]["removed"] == {
        "profiles": 8, "events": 14, "agenda": 4, "catalog": 3, "archive": 14, "objects": 4, "renamed": 2,
        "dead_letters": 1,
    }  # fmt: skip
    assert not any(proof["looks"][1]["removed"].values())
    assert not any(each in json.dumps(proof) for each in (*NAMES, *KEYS))
    (kept,) = erasure.proofs(cloud)
    assert erasure.is_genuine(cloud, kept)
    assert not erasure.is_genuine(cloud, kept | {"body": kept["body"].replace("operator", "nobody")})
    record_property(
        "promise",
        f"P28: {len(before)} places named the person, the export held {len(before)}; after the erasure "
        f"{len(after)} do, {proof['suppressed']} hashes are left",
    )


def test_others_keep_what_is_theirs(cloud):
    live(cloud)
    bob = store.find(cloud, "email", BOB["email"])
    erase(cloud, on(3))
    assert store.find(cloud, "email", BOB["email"]).facets == bob.facets
    assert list(cloud.data.list("unused/")) == ["unused/shopify/2026-03-02/d.json"]
    lines = [line for key in cloud.data.list("archive/") for line in cloud.data.get(key)[0].splitlines()]
    assert len(lines) == 8
    assert cloud.catalog.get(Key("notice#p1", "waiting"))["people"] == [ids.identity_key("email", BOB["email"])]
    assert [page["counts"] for page in cloud.catalog.query("campaign#sale")] == [{"planned": 3}]
    digest = cloud.data.get_json(f"metrics/facts/{on():%Y-%m-%d}.json")["facts"]
    ((order_id, booking),) = cloud.data.get_json("metrics/orders.json").items()
    assert digest["f1"][2:4] == [booking[0], order_id], "an order still belongs to its facts"
    assert booking[4] == 5000
    assert len(list(cloud.dead_letters("reactions").receive())) == 1


@pytest.mark.parametrize("after", [1, 4, 9, 14, 20, 27, 35])
def test_a_crash_after_any_call_is_made_good(cloud, after):
    live(cloud)
    calls, plain = count(1), cloud.dynamodb

    def failing(operation, request):
        if next(calls) == after:
            raise Unavailable("gone")
        return plain(operation, request)

    for name in ("events", "profiles", "agenda", "catalog"):
        getattr(cloud, name)._call = failing
    try:
        erase(cloud, on(3), looks=1)
    except Unavailable:
        assert next(calls) > after
    assert erase(cloud, on(3) + timedelta(hours=3)) is not None
    assert traces(cloud) == []


def test_late_deliveries_imports_and_old_links_bring_nobody_back(cloud):
    live(cloud)
    again = life_of_an_order(HERS, "shopify:5001")
    erase(cloud, on(3))
    later = [
        *again,
        fact(events.OrderUpdated, on(4), {"order": "shopify:5001"}, order_id="shopify:5001",
             total=again[0].total, updated_at=on(4)),
        fact(events.ConsentRecorded, on(4), {"email": EMAIL}, source="import", channel="email", wording="",
             subscribed=True),
        fact(events.CustomerUpdated, on(4), {"email": "new@erase.example", "customer": CUSTOMER}, first_name="Vera"),
        message(events.EmailLinkClicked, on(4), "m1", {"profile": VERA_ID}, link=1),
        fact(events.ProductViewed, on(4), {"anonymous": BROWSER}, product_id="p2"),
    ]  # fmt: skip
    assert stream(cloud, later) == {"batchItemFailures": []}
    jobs.fold_now(
        cloud,
        [message(events.Unsubscribed, on(5), "m1", {"profile": VERA_ID}, channel="email", how="one_click")],
        on(5),
    )
    assert traces(cloud) == []
    dropped = {day["sk"]: day.get(suppression.DROPPED, 0) for day in cloud.catalog.query("drops")}
    assert sum(dropped.values()) == len(later) + 1


def test_a_phone_that_is_shared_does_not_hold_back_the_other(cloud):
    live(cloud)
    erase(cloud, on(3))
    stream(cloud, order_of_kim := life_of_an_order({"email": "kim@home.example", "phone": PHONE}, "6", day=4))
    assert len(store.find(cloud, "email", "kim@home.example").orders) == 1
    assert order_of_kim[0].who["phone"] == PHONE


def sign_up(when, source="pages"):
    return fact(
        events.SignedUp,
        when,
        {"email": EMAIL},
        source=source,
        email=EMAIL,
        channel="email",
        wording="w2",
        page="signup",
    )


def test_a_person_returns_by_their_own_sign_up_and_its_confirmation(cloud):
    live(cloud)
    erase(cloud, on(3))
    stream(cloud, [sign_up(on(5), source="import"), sign_up(on(2))])
    assert store.find(cloud, "email", EMAIL) is None, "an import is not their hand, an old sign-up no return"
    stream(cloud, [sign_up(on(5))])
    assert store.find(cloud, "email", EMAIL).consent_of("email").state == "pending"
    stream(cloud, [order(events.OrderCreated, on(6), VERA, order_id="shopify:1")])
    assert store.find(cloud, "email", EMAIL).orders == {}, "not before it is confirmed"
    confirmed = fact(
        events.SubscriptionConfirmed, on(7), {"profile": VERA_ID}, source="pages", channel="email", wording="w"
    )
    jobs.fold_now(cloud, [confirmed], on(7))
    stream(cloud, [order(events.OrderCreated, on(8), VERA, order_id="shopify:1")])
    assert len(store.find(cloud, "email", EMAIL).orders) == 1
    assert not [item for item in cloud.profiles.scan().items if item["sk"] == "suppression"]


def test_who_never_confirms_is_erased_again(cloud):
    live(cloud)
    erase(cloud, on(3))
    stream(cloud, [sign_up(on(5))])
    for day in (6, 34, 36, 37):
        privacy.work_off(cloud, on(day), numbers)
    assert traces(cloud) == []
    assert [json.loads(each["body"])["why"] for each in erasure.proofs(cloud)] == ["operator", "unconfirmed"]


def test_who_returned_between_two_looks_is_not_erased_again(cloud):
    live(cloud)
    erase(cloud, on(3), looks=1)
    stream(cloud, [sign_up(on(3, 1))])
    (each,) = erasure.due(cloud, on(4))
    assert erasure.look(cloud, each, on(4), numbers)["came_back"]
    assert store.find(cloud, "email", EMAIL) is not None


def test_what_a_handler_still_held_is_found_by_the_next_look(cloud):
    live(cloud)
    late = fact(events.ProductViewed, on(2, 5), {"email": EMAIL}, product_id="p3")
    erase(cloud, on(3), looks=1)
    log.append(cloud, late)
    cloud.profiles.put(Key(VERA_ID, "alias"), {"profile_id": VERA_ID, "kind": "email"})
    archive.write(cloud, {VERA_ID: [late]}, on(2, 5))
    proof = erase(cloud, on(3, 3))
    assert [bool(sum(each["removed"].values())) for each in proof["looks"]] == [True, True, False]
    assert traces(cloud) == []


def test_a_stream_batch_in_flight_folds_nothing_of_an_erased_person(cloud):
    live(cloud)
    held = fact(events.ProductViewed, on(2), {"email": EMAIL}, product_id="p3")
    log.append(cloud, held)
    erase(cloud, on(3))
    assert jobs.fold_events(cloud, [record_of(held)], on(3)) == {"batchItemFailures": []}
    assert traces(cloud) == []


def test_storefronts_requests_are_worked_off(cloud):
    live(cloud)
    about = {"shop": "s.myshopify.com", "customer_id": CUSTOMER, "email": EMAIL, "phone": PHONE, "status": "open"}
    about |= {"source": "shopify", "orders": ["shopify:5001"], "received_at": clock.to_text(on(3))}
    cloud.catalog.put(privacy_request_key("q1"), about | {"topic": "customers/data_request"})
    privacy.work_off(cloud, on(3), numbers)
    asked = cloud.catalog.get(privacy_request_key("q1"))
    assert asked["status"] == "done"
    assert "email" not in asked
    handed = json.loads(cloud.data.get(asked["object"])[0])
    assert EMAIL in handed["identifiers"]["email"]
    cloud.catalog.put(privacy_request_key("q2"), about | {"topic": "customers/redact"})
    cloud.catalog.put(privacy_request_key("q3"), {"topic": "customers/redact", "status": "open"})
    for hour in (1, 4, 7):
        privacy.work_off(cloud, on(3, hour), numbers)
    assert traces(cloud) == []
    assert [json.loads(each["body"])["why"] for each in erasure.proofs(cloud)] == ["customers/redact"]
    assert {item["status"] for item in privacy.requests(cloud)} == {"done"}


def test_a_shop_that_leaves_takes_its_customers_with_it(cloud):
    live(cloud)
    told = (
        ("woo@keep.example", "woocommerce", ""),
        ("gone@a.example", "shopify", "a.myshopify.com"),
        ("keep@b.example", "shopify", "b.myshopify.com"),
        ("both@keep.example", "shopify", "a.myshopify.com"),
        ("both@keep.example", "shopify", "b.myshopify.com"),
    )
    stream(
        cloud,
        [
            fact(events.CustomerUpdated, on(), {"email": email}, source=source, shop=shop, first_name="W")
            for email, source, shop in told
        ],
    )
    moved = [
        order(
            events.OrderCreated, on(), {"email": "moved@keep.example"}, order_id=f"{source}:1", source=source, shop=shop
        )
        for source, shop in (("shopify", "a.myshopify.com"), ("woocommerce", ""))
    ]
    stream(cloud, moved)
    asked = {"topic": "shop/redact", "source": "shopify", "shop": "a.myshopify.com", "status": "open"}
    cloud.catalog.put(privacy_request_key("q4"), asked)
    for hour in (1, 4, 7):
        privacy.work_off(cloud, on(3, hour), numbers)
    assert traces(cloud) == []
    assert store.find(cloud, "email", BOB["email"]) is None
    assert store.find(cloud, "email", "gone@a.example") is None
    for kept in ("woo@keep.example", "keep@b.example", "both@keep.example", "moved@keep.example"):
        assert store.find(cloud, "email", kept) is not None


def test_lines_of_a_batch_are_searched_each_and_a_longer_address_is_somebody_elses(cloud):
    live(cloud)
    hers = [{"type": "track", "userId": "8800990011", "event": "x"}, {"type": "track", "userId": "1", "event": "x"}]
    his = [{"type": "track", "context": {"traits": {"email": f"a{EMAIL}"}}}, {"email": f"{EMAIL}.au"}]
    for name, lines in (("hers", hers), ("his", his)):
        body = "".join(json.dumps(line) + "\n" for line in lines)
        cloud.data.put(f"unused/api/2026-03-02/{name}.jsonl", body.encode())
    cloud.dead_letters("late_facts").send([{"event": {"who": {"email": f"jo.{EMAIL}"}}}])
    assert erase(cloud, on(3)) is not None
    assert list(cloud.data.list("unused/api/")) == ["unused/api/2026-03-02/his.jsonl"]
    assert len(cloud.dead_letters("late_facts").receive()) == 1, "another person's facts wait there"


@pytest.mark.parametrize("known", ["ann@xn--bcher-kva.example", "Ann@B\u00fccher.example"])
def test_either_spelling_of_an_international_domain_is_found_and_erased(cloud, known):
    address = "Ann@B\u00fccher.example"
    stream(cloud, [fact(events.CustomerUpdated, on(), {"email": known.lower()}, email=known.lower())])
    theirs = {
        "utf8": json.dumps({"email": address}, ensure_ascii=False),
        "escaped": json.dumps({"email": address}),
        "decomposed": json.dumps({"note": f"from {address} today"}, ensure_ascii=False).replace("\u00fc", "u\u0308"),
        "ascii": json.dumps({"email": "ANN@xn--bcher-kva.example"}),
        "text": f"no JSON <{address}>, sorry",
    }
    others = {"longer": json.dumps({"email": f"jo{address}"}), "near": json.dumps({"email": "ann@bucher.example"})}
    for name, body in (theirs | others).items():
        cloud.data.put(f"quarantine/shopify/2026-03-02/{name}.json", body.encode())
    cloud.dead_letters("late_facts").send([{"event": {"who": {"email": address}}}])
    person = whereabouts.named(cloud, [("email", known.lower())])
    held = export.export(cloud, person, on(1), numbers)
    assert {each["object"].split("/")[-1] for each in held["objects"]} == {f"{name}.json" for name in theirs}
    assert len(held["dead_letters"]) == 1
    erasure.begin(cloud, person, "operator", on(1))
    looks = [
        erasure.look(cloud, each, on(1, hour), numbers) for hour in (0, 3) for each in erasure.due(cloud, on(1, hour))
    ]
    assert looks[-1] is not None
    assert {key.split("/")[-1] for key in cloud.data.list("quarantine/")} == {f"{name}.json" for name in others}
    assert cloud.dead_letters("late_facts").receive() == []


@pytest.mark.parametrize("operation", ["get_object", "put_object", "delete_object"])
def test_a_crash_at_any_call_of_the_bucket_is_made_good(cloud, operation):
    """Among them those for the archive and the quarantine; one proof at the end, of a look that found nothing."""
    live(cloud)
    client = cloud.data._client
    real, made = getattr(client, operation), count(1)

    def failing(after):
        def call(**request):
            if next(made) == after:
                raise ClientError({"Error": {"Code": "SlowDown", "Message": "gone"}}, operation)
            return real(**request)

        return call

    crashes, proof = 0, None
    for after in range(1, 60, 3):
        made = count(1)
        setattr(client, operation, failing(after))
        try:
            proof = erase(cloud, on(3) + timedelta(days=crashes), looks=1)
        except Unavailable:
            crashes += 1
            continue
        break
    setattr(client, operation, real)
    assert crashes >= 2
    proof = proof or erase(cloud, on(40))
    assert traces(cloud) == []
    assert not any(proof["looks"][-1]["removed"].values())
    (kept,) = erasure.proofs(cloud)
    assert erasure.is_genuine(cloud, kept)
    assert list(cloud.data.list("erasing/")) == []
