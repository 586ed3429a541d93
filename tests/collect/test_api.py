"""The API as its clients meet it: keys, sizes, rates, clocks, duplicates, and what is refused and why."""

import base64
import gzip
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from chalicelib import clock, events, ids
from chalicelib.collect import strict_json
from chalicelib.collect.api import limits, message, names, reception
from chalicelib.collect.api.translate import translate
from chalicelib.collect.delivery import DropReason
from chalicelib.errors import BadInput
from chalicelib.profile import jobs, store
from chalicelib.profile.lifts import lift
from tests.collect.conftest import HOME, MATERIAL, NOW, PROFILE, needs_material
from tests.conftest import SECRETS_JSON

PUBLIC = "pub_aurora_storefront"
SECRET = json.loads(SECRETS_JSON)["api_key_backend"]
BROWSER = "6d1e2f30-browser"
EVENTS = sorted({fact.name for fact in (*names.BROWSING, *names.TOLD)})


class Api:
    """A client of the API: messages in, the answer's status and JSON out."""

    def __init__(self, web):
        self.web = web

    def post(self, call, data, key=SECRET, **headers):
        body = data if isinstance(data, bytes) else json.dumps(data).encode()
        head = {"Content-Type": "application/json"} | headers
        if key:
            head["Authorization"] = "Basic " + base64.b64encode(f"{key}:".encode()).decode()
        return self.web.call("POST", f"/v1/{call}", head, body)

    def beacon(self, *messages, origin=HOME, **around):
        """As navigator.sendBeacon posts: a text, with the public key in the body."""
        body = json.dumps({"writeKey": PUBLIC, "batch": list(messages), **around}).encode()
        return self.web.call("POST", "/v1/batch", {"Content-Type": "text/plain;charset=UTF-8", "Origin": origin}, body)

    def customer(self, email):
        jobs.fold_now(self.web.cloud, self.web.facts(), clock.now())
        return store.find(self.web.cloud, "email", email)


@pytest.fixture
def api(web):
    return Api(web)


def track(event, number=0, **given):
    return {"type": "track", "event": event, "messageId": f"{event}-{number}", "anonymousId": BROWSER} | given


def reasons(answer):
    return [each["reason"] for each in json.loads(answer.text).get("refused", [])]


def viewed(number=0, **given):
    return track("Product Viewed", number, properties={"product_id": "P-7", "price": 49.9, "currency": "EUR"}, **given)


ORDER = {"order_id": "1001", "total": "99.80", "currency": "EUR", "products": [
    {"product_id": "P-7", "name": "Linen shirt", "category": "Shirts", "price": 49.9, "quantity": 2},
]}  # fmt: skip


def test_a_visitor_browses_identifies_and_orders_and_is_one_customer(api):
    visit = {"timezone": "Europe/Paris", "locale": "fr-FR", "campaign": {"source": "news", "name": "autumn"}}
    page = {"path": "/products/linen?size=m", "url": f"{HOME}/products/linen", "title": "Linen shirt"}
    first = api.beacon(
        {"type": "page", "messageId": "p1", "anonymousId": BROWSER, "context": {"page": page}},
        viewed(1),
        track("product_added_to_cart", 2, properties={"cartLine": {"quantity": 2, "merchandise": {
            "price": {"amount": 49.9, "currencyCode": "EUR"},
            "product": {"id": "gid://shopify/Product/7", "title": "Linen shirt", "type": "Shirts"}}}}),
        context=visit,
        sentAt=clock.to_text(NOW),
    )  # fmt: skip
    assert (first.status, json.loads(first.text)) == (200, {"success": True})
    signed_up = {"type": "identify", "messageId": "i1", "anonymousId": BROWSER}
    assert api.beacon(signed_up | {"traits": {"email": "Mia@mail.example", "firstName": "Mia"}}).status == 200
    told = {"type": "track", "event": "Order Completed", "messageId": "o1", "userId": "77", "properties": ORDER}
    assert api.post("track", told | {"context": {"traits": {"email": "mia@mail.example"}}}).status == 200
    mia = api.customer("mia@mail.example")
    assert (mia.first_name, mia.language, mia.zone.name, mia.zone.source) == (
        "Mia", "fr-FR", "Europe/Paris", "browser",
    )  # fmt: skip
    assert [mia.count(name, within=None, now=NOW) for name in ("Page Viewed", "Product Viewed", "Product Added")] == [
        1, 1, 1,
    ]  # fmt: skip
    (order,) = mia.orders.values()
    assert (order.order_id, order.status, order.total.amount) == ("api:1001", "paid", 9980)
    (visit_fact,) = api.web.facts("Visit Started")
    assert (visit_fact.utm_source, visit_fact.utm_campaign) == ("news", "autumn")
    (page_fact,) = api.web.facts("Page Viewed")
    assert page_fact.path == "/products/linen"
    (added,) = api.web.facts("Product Added")
    assert (added.product_id, added.quantity, added.price.amount, added.category) == ("7", 2, 4990, "Shirts")
    assert {fact.source for fact in api.web.facts()} == {"browser", "api"}


@pytest.mark.parametrize(
    ("event", "properties"),
    [
        ("Consent Recorded", {"channel": "email", "subscribed": True, "wording": "w", "email": "ann@mail.example"}),
        ("Unsubscribed", {"channel": "email", "email": "ann@mail.example"}),
        ("Subscribed to Email Marketing", {"wording": "w", "email": "ann@mail.example"}),
        ("Signed Up", {"email": "ann@mail.example", "wording": "w"}),
        ("sign_up", {"email": "ann@mail.example"}),
        ("Order Completed", ORDER),
        ("purchase", {"transaction_id": "1", "value": 5, "currency": "EUR"}),
        ("checkout_completed", {"checkout": {"order": {"id": "1"}, "totalPrice": {"amount": 1}}}),
        ("Points Changed", {"delta": 500}),
        ("Product Reviewed", {"product_id": "P-7", "rating": 5}),
        ("Account Deleted", {}),
    ],
)
def test_what_a_browser_may_not_say_is_refused_and_counted(api, event, properties):
    said = {"event": event, "userId": "ann@mail.example", "anonymousId": BROWSER, "properties": properties}
    answer = api.post("track", said, key=PUBLIC, Origin=HOME)
    assert (answer.status, reasons(answer)) == (403, ["not_allowed"])
    assert api.web.facts() == []
    assert api.web.drops() == {str(DropReason.NOT_ALLOWED): 1}


@pytest.mark.parametrize("call", ["alias", "group"])
def test_a_browser_ties_nobody_to_anybody(api, call):
    said = {"userId": "77", "previousId": BROWSER, "anonymousId": BROWSER, "groupId": "g"}
    assert api.post(call, said, key=PUBLIC).status == 403
    assert api.web.facts() == []


def test_a_browser_changes_nothing_of_a_customer_who_is_known(api):
    address = {"country": "DE", "city": "Köln"}
    told = {"email": "ann@mail.example", "name": "Ann Lee", "phone": "+4915112345678", "address": address}
    api.post("identify", {"userId": "77", "messageId": "s1", "traits": told | {"occupation": "nurse"}})
    api.customer("ann@mail.example")
    clock.set_source(lambda: NOW + timedelta(minutes=5))
    traits = {"email": "ann@mail.example", "firstName": "Win at casino.example", "phone": "+15550100", "language": "xx"}
    stranger = {"anonymousId": "stranger", "userId": "78", "traits": traits}
    assert api.post("identify", stranger | {"messageId": "x1"}, key=PUBLIC).status == 200
    api.beacon(viewed(5, anonymousId="stranger", userId="77", context={"traits": {"firstName": "Mallory"}}))
    ann = api.customer("ann@mail.example")
    assert (ann.first_name, ann.last_name, ann.phone) == ("Ann", "Lee", "+4915112345678")
    assert ann.language != "xx"
    assert ann.consent_of("email").state == "never"
    assert store.find(api.web.cloud, "customer", "api:78") is None
    (view,) = api.web.facts("Product Viewed")
    assert dict(view.who) == {"anonymous": "stranger"}


def test_traits_without_an_address_are_not_kept_of_a_browser(api):
    answer = api.post("identify", {"anonymousId": BROWSER, "traits": {"firstName": "X"}}, key=PUBLIC)
    assert (answer.status, reasons(answer)) == (400, ["nobody"])
    answer = api.post("identify", {"userId": "77", "anonymousId": BROWSER, "traits": {"firstName": "X"}}, key=PUBLIC)
    assert reasons(answer) == ["nobody"]
    assert api.web.facts() == []


def test_an_alias_of_a_server_makes_the_visitor_the_customer(api):
    api.beacon(viewed(1))
    assert api.post("alias", {"previousId": BROWSER, "userId": "ann@mail.example", "messageId": "a"}).status == 200
    assert api.customer("ann@mail.example").count("Product Viewed", within=None, now=NOW) == 1


def test_consent_is_a_servers_to_tell_and_names_its_wording(api):
    who = {"userId": "77", "context": {"traits": {"email": "ann@mail.example"}}}
    told = {"channel": "email", "subscribed": True}
    assert api.post("track", who | {"event": "Consent Recorded", "properties": told}).status == 400
    told["wording"] = "signup-2026-11"
    said = who | {"event": "Consent Recorded", "properties": told, "messageId": "c1"}
    assert api.post("track", said).status == 200
    assert api.customer("ann@mail.example").consent_of("email").state == "subscribed"
    clock.set_source(lambda: NOW + timedelta(minutes=1))
    api.post("track", who | {"event": "Unsubscribed from Email Marketing", "messageId": "c2"})
    assert api.customer("ann@mail.example").consent_of("email").state == "unsubscribed"


def test_fifty_deliveries_at_once_of_one_message_are_one_fact(api):
    body = json.dumps({"writeKey": PUBLIC, "batch": [viewed(1), viewed(2)]}).encode()
    headers = {"authorization": "", "origin": HOME}
    request = reception.Request("batch", headers, body, "192.0.2.7")
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: reception.take(api.web.cloud, request, NOW), range(50)))
    assert {answer.status for answer in answers} == {200}
    assert len(api.web.facts()) == 2


def test_a_message_without_an_id_is_known_by_what_it_says(api):
    said = {"userId": "77", "event": "Cart Viewed", "timestamp": clock.to_text(NOW)}
    for _ in range(2):
        api.post("track", said | {"sentAt": clock.to_text(clock.now())})
        clock.set_source(lambda: NOW + timedelta(hours=3))
    assert len(api.web.facts()) == 1
    api.post("track", said | {"timestamp": clock.to_text(NOW + timedelta(seconds=1))})
    assert len(api.web.facts()) == 2


def test_one_message_id_under_two_keys_is_two_messages(api):
    api.post("track", viewed(1))
    api.post("track", viewed(1), key=PUBLIC)
    assert len(api.web.facts()) == 2


@pytest.mark.parametrize(
    ("timestamp", "sent_at", "ago"),
    [
        ("2026-11-23T09:50:00.000Z", "2026-11-23T09:55:00.000Z", 300),  # a clock five minutes slow
        ("2031-01-01T00:00:00.000Z", "2031-01-01T00:01:00.000Z", 60),  # years fast
        ("2026-11-23T09:00:00", "2026-11-23T10:00:00", 3600),  # no offset: UTC, as Segment has it
        ("2026-11-22T10:00:00.000Z", None, 86_400),
        ("2027-11-22T10:00:00.000Z", None, 0),
        ("2026-11-23T10:05:00.000Z", "2026-11-23T10:00:00.000Z", 0),  # after it was sent
        (None, "2026-11-23T09:00:00.000Z", 0),
        ("yesterday", None, 0),
        ("9999-12-31T23:59:59.999Z", "2000-01-01T00:00:00.000Z", 0),
        ("2000-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z", (NOW - limits.fields.EARLIEST).total_seconds()),
    ],
)
def test_a_senders_wrong_clock_cancels_out(api, timestamp, sent_at, ago):
    api.post("track", viewed() | {"timestamp": timestamp, "sentAt": sent_at})
    (fact,) = api.web.facts()
    assert (NOW - fact.occurred_at).total_seconds() == ago


def test_one_bad_message_keeps_no_other_back(api):
    large = viewed(4, context={"page": {"title": "x" * limits.MESSAGE_LIMIT}})
    answer = api.post(
        "batch",
        {"batch": [viewed(1), track("Product Viewed", 2), 7, track("Moon Landed", 3), large, {"type": "page"},
                   track("Ordered Product", 5), viewed(6)]},
    )  # fmt: skip
    assert answer.status == 200
    refused = json.loads(answer.text)["refused"]
    assert [(each["index"], each["reason"]) for each in refused] == [
        (1, "unusable"), (2, "unusable"), (3, "unused_topic"), (4, "too_large"), (5, "nobody"), (6, "no_change"),
    ]  # fmt: skip
    assert refused[0]["messageId"] == "Product Viewed-2"
    assert len(api.web.facts()) == 2
    assert api.web.drops() == {"unusable": 2, "unused_topic": 1, "too_large": 1, "nobody": 1, "no_change": 1}
    (kept,) = api.web.cloud.data.list("unused/api/")
    assert b"Moon Landed" in api.web.cloud.data.get(kept)[0]


def test_a_name_of_the_shops_own_is_taken_once_it_is_listed(api):
    said = track("Size Guide Opened", properties={"size": "m", "times": 2, "of": {"a": 1}})
    assert reasons(api.post("track", said)) == ["unused_topic"]
    version = json.loads(api.web.cloud.data.get("playbook/bundles/test.json")[0])
    version["settings"]["custom_events"] = ["size_guide_opened"]
    api.web.cloud.data.put("playbook/bundles/test.json", json.dumps(version).encode())
    reception.bundle.forget()
    assert reasons(api.beacon(said)) == []
    (fact,) = api.web.facts()
    assert (fact.event, fact.properties) == ("Size Guide Opened", (("size", "m"), ("times", "2")))


def test_a_key_is_known_or_nothing_is_taken(api):
    for key in ("", "nobody", "short", SECRETS_JSON):
        answer = api.post("track", viewed(), key=key)
        assert (answer.status, json.loads(answer.text)) == (401, {"success": False, "reason": "unknown_key"})
    assert api.post("track", viewed() | {"writeKey": SECRET}, key="").status == 200
    assert api.web.call("POST", "/v1/track", {"Authorization": "Basic %%%"}, b"{}").status == 401
    assert api.web.drops() == {str(DropReason.UNKNOWN_KEY): 5}


def test_two_browsers_that_count_their_messages_do_not_share_them(api):
    api.beacon(viewed(1, anonymousId="one", messageId="1"), viewed(1, anonymousId="two", messageId="1"))
    assert len({fact.id for fact in api.web.facts()}) == 2


def test_a_key_that_is_rotated_is_one_key(api):
    values = json.loads(SECRETS_JSON) | {"api_key_backend_new": "another-secret-of-the-backend-31"}
    api.web.cloud.secrets._values.update(values)
    shared = reception.keys.find_server_key("another-secret-of-the-backend-31", api.web.cloud.secrets.api_keys)
    assert shared == reception.keys.find_server_key(SECRET, api.web.cloud.secrets.api_keys)
    assert shared is not None


def test_a_browser_key_speaks_from_its_own_pages_only(api):
    assert api.beacon(viewed(1), origin="https://evil.example").status == 403
    assert api.web.drops() == {str(DropReason.FOREIGN_ORIGIN): 1}
    taken = api.beacon(viewed(1), origin="https://www.shop.example")
    assert taken.status == 200
    assert taken.headers["access-control-allow-origin"] == "https://www.shop.example"
    assert taken.headers["vary"] == "Origin"


def test_a_preflight_is_answered_to_our_pages_and_to_no_others(api):
    asked = {"Access-Control-Request-Method": "POST"}
    ours = api.web.call("OPTIONS", "/v1/batch", asked | {"Origin": HOME})
    assert (ours.status, ours.headers["access-control-allow-origin"]) == (204, HOME)
    assert "Authorization" in ours.headers["access-control-allow-headers"]
    theirs = api.web.call("OPTIONS", "/v1/batch", asked | {"Origin": "https://evil.example"})
    assert theirs.status == 403
    assert "access-control-allow-origin" not in theirs.headers


def test_zipped_is_as_good_as_plain_and_a_bomb_is_not(api):
    body = json.dumps({"batch": [viewed(1)]}).encode()
    assert api.post("batch", gzip.compress(body), **{"Content-Encoding": "gzip"}).status == 200
    assert len(api.web.facts()) == 1
    bomb = gzip.compress(b" " * 50_000_000)
    assert reasons_of_all(api.post("batch", bomb)) == "too_large"
    assert reasons_of_all(api.post("batch", gzip.compress(body)[:-9])) == "broken_json"


def reasons_of_all(answer):
    assert answer.status == 400
    return json.loads(answer.text)["reason"]


def test_what_is_too_large_is_refused_before_it_is_read(api):
    assert reasons_of_all(api.post("track", b" " * (limits.MESSAGE_LIMIT + 1))) == "too_large"
    assert reasons_of_all(api.post("batch", b" " * (limits.BATCH_LIMIT + 1))) == "too_large"
    assert reasons_of_all(api.post("batch", {"batch": [0] * (limits.MESSAGES + 1)})) == "too_large"
    assert reasons_of_all(api.post("batch", {"batch": "all"})) == "unusable"
    nothing = api.post("batch", {"batch": []})
    assert (nothing.status, json.loads(nothing.text)) == (200, {"success": True})


def test_a_key_that_sends_too_much_waits_for_the_next_minute(api):
    shared = {"api": {"per_minute": {"browser_key": 5, "server_key": 5, "browser": 3}}}
    at = NOW + timedelta(seconds=42)
    public, server = reception.Key("browser:a", public=True), reception.Key("backend", public=False)
    cloud = api.web.cloud
    assert limits.seconds_to_wait(cloud, public, "192.0.2.7", 3, shared, at) == 0
    assert limits.seconds_to_wait(cloud, public, "192.0.2.7", 1, shared, at) == 18
    assert limits.seconds_to_wait(cloud, public, "192.0.2.8", 2, shared, at) == 0
    assert limits.seconds_to_wait(cloud, public, "192.0.2.9", 1, shared, at) == 18
    assert limits.seconds_to_wait(cloud, server, "192.0.2.7", 5, shared, at) == 0
    assert limits.seconds_to_wait(cloud, server, "192.0.2.7", 1, shared, at) == 18
    assert limits.seconds_to_wait(cloud, server, "192.0.2.7", 1, shared, at + timedelta(seconds=18)) == 0
    assert "192.0.2" not in str(list(cloud.agenda.scan().items))


def test_too_often_is_said_with_when_to_come_again(api):
    version = json.loads(api.web.cloud.data.get("playbook/bundles/test.json")[0])
    version["settings"]["api"]["per_minute"] = {"browser": 2}
    api.web.cloud.data.put("playbook/bundles/test.json", json.dumps(version).encode())
    answers = [api.beacon(viewed(number)) for number in range(4)]
    assert [answer.status for answer in answers] == [200, 200, 429, 429]
    assert answers[-1].headers["retry-after"] == "60"
    assert api.web.drops() == {"too_often": 2}


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"7", b"null", b'{"a": NaN}', b'{"a": 1, "a": 2}', b"[" * 100_000, b"\xff\xfe", b"{", b"\x1f\x8bnot"],
)
def test_what_is_not_strict_json_is_the_senders_fault(api, body):
    answer = api.post("batch", body)
    assert (answer.status, json.loads(answer.text)["reason"]) == (400, "broken_json")


HOSTILE = ["\ud800", "\x00", "=cmd", "<script>", "1" * 9_000, 10**400, -1, 0, True, None, [], {}, [[]], {"a": {}}]
ENVELOPE = ("type", "event", "userId", "anonymousId", "messageId", "timestamp", "sentAt", "properties", "traits")
NESTED = ("product_id", "price", "currency", "order_id", "total", "products", "email", "quantity", "rating", "answers")
PERSON = ("email", "phone", "birthday", "name", "timezone", "address", "gender", "anything")


def hostile(value):
    yield from (viewed(1) | {field: value} for field in (*ENVELOPE, "context", "name", "groupId", "previousId"))
    yield from (track(name, properties={**ORDER, field: value}) for name in EVENTS for field in NESTED)
    for kind in ("identify", "group", "alias"):
        yield {"type": kind, "userId": "7", "groupId": "g", "previousId": "p", "traits": dict.fromkeys(PERSON, value)}


@pytest.mark.parametrize("value", HOSTILE, ids=lambda value: repr(value)[:12])
def test_no_value_anywhere_is_a_fault_of_ours(value):
    """Every message of every kind is either facts that the log and the profile take, or refused as the sender's."""
    taken = 0
    for raw in hostile(strict_json.read(json.dumps(value).encode())):
        around = {"context": value, "sentAt": value}
        read = message.read(raw, around, "", message.Key("backend", public=False), message.Shop("EUR"), NOW)
        try:
            facts = translate(read) if read else []
        except BadInput:
            continue
        for fact in [] if isinstance(facts, DropReason) else facts:
            parsed = events.parse(json.loads(events.to_json(fact)))
            assert parsed == fact
            lift(parsed)
            taken += 1
    assert taken > 30


def test_hostile_values_are_answered_and_not_a_fault(api):
    batch = [each for value in HOSTILE for each in list(hostile(value))[:6] if len(json.dumps(value)) < 1000]
    answer = api.post("batch", {"batch": batch})
    assert answer.status == 200
    assert set(reasons(answer)) <= {"unusable", "nobody", "unused_topic"}


def test_a_number_beyond_reason_costs_nothing(api):
    absurd = b'{"batch": [{"type": "identify", "userId": 1e999999, "traits": {"email": "a@b.example", '
    absurd += b", ".join(b'"t%d": 1e999999' % number for number in range(1500)) + b"}}]}"
    assert api.post("batch", absurd).status == 200
    (fact,) = api.web.facts()
    assert fact.said == ()


@needs_material
def test_every_naughty_string_is_a_customer_like_any_other(api):
    naughty = json.loads((MATERIAL / "hostile" / "blns.json").read_text())
    messages = [
        track("Products Searched", index, userId=text, properties={"query": text, "coupon": text})
        for index, text in enumerate(naughty)
    ]
    answer = api.post("batch", {"batch": messages})
    assert answer.status == 200
    assert set(reasons(answer)) <= {"unusable"}
    assert len(api.web.facts()) + len(reasons(answer)) == len(naughty)


def test_only_an_aws_that_does_not_answer_is_a_503(api, calls):
    api.post("track", viewed(1))
    calls.failing.append("PutItem")
    answer = api.post("track", viewed(2))
    assert (answer.status, json.loads(answer.text)["reason"]) == (503, "unavailable")
    calls.failing.clear()
    assert api.post("track", viewed(2)).status == 200
    assert len(api.web.facts()) == 2


def test_an_unknown_call_is_none(api):
    assert api.post("import", {}).status == 404
    assert api.web.drops() == {str(DropReason.UNUSED_CALL): 1}


def test_before_the_first_publish_servers_are_heard(api):
    api.web.cloud.data.delete("playbook/current.json")
    reception.bundle.forget()
    assert api.post("track", viewed(1)).status == 200
    assert api.post("track", viewed(2), key=PUBLIC).status == 401


def test_one_order_told_by_the_shop_and_by_the_api_is_one_order(api):
    version = json.loads(api.web.cloud.data.get("playbook/bundles/test.json")[0])
    version["settings"]["api"]["ids_of"] = "shopify"
    api.web.cloud.data.put("playbook/bundles/test.json", json.dumps(version).encode())
    reception.bundle.forget()
    said = {"event": "Placed Order", "userId": "5", "properties": ORDER, "messageId": "k"}
    api.post("track", said | {"context": {"traits": {"email": "ann@mail.example"}}})
    (told,) = api.web.facts("Order Completed")
    assert (told.id, told.who["customer"]) == (
        ids.event_id("shopify", "shopify:1001", "completed"), "shopify:5",
    )  # fmt: skip
    assert api.customer("ann@mail.example").profile_id == PROFILE
