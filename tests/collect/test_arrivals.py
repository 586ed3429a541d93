"""A click in a mail that arrives in the shop makes the browser its reader's, if nobody's before, and no more."""

import json
from dataclasses import fields
from datetime import timedelta

from chalicelib import clock, ids
from chalicelib.aws.attributes import marshal
from chalicelib.collect import arrivals
from chalicelib.events import CustomerUpdated, PreferencesChanged, Said
from chalicelib.ids import Purpose, Token
from chalicelib.profile import jobs, store
from tests.collect.conftest import HOME, NOW, PROFILE
from tests.collect.test_tracker import CHROME
from tests.conftest import SECRETS_JSON

COMMON = {"id", "occurred_at", "received_at", "source", "who"}
PUBLIC = "pub_aurora_storefront"
ANN, BOB = "ann@mail.example", "bob@mail.example"
SCANNER = {"User-Agent": "Mozilla/5.0 (compatible; Barracuda Link Protection; +https://www.barracuda.com/)"}


def know(web, who, fact=CustomerUpdated, **told):
    """What the shop's own data tell of somebody, days before."""
    at = NOW - timedelta(days=3)
    made = fact(id=ids.event_id("t", *who.values(), fact.name), who=who, occurred_at=at, received_at=at,
                source="shopify", **told)  # fmt: skip
    jobs.fold_now(web.cloud, [made], NOW)


def beacon(web, *messages, agent=CHROME, key=PUBLIC):
    body = json.dumps({"writeKey": key, "sentAt": clock.to_text(clock.now()), "batch": list(messages)}).encode()
    return web.call("POST", "/v1/batch", {"Content-Type": "text/plain", "Origin": HOME, **agent}, body)


def visit(token, browser, number=0, **given):
    properties = {"visit_id": f"v{number}", "dl_click": token}
    return {"type": "track", "event": "Visit Started", "messageId": f"{browser}-{number}", "anonymousId": browser,
            "properties": properties} | given  # fmt: skip


def viewed(browser, number):
    return {"type": "track", "event": "Product Viewed", "messageId": f"{browser}-view-{number}",
            "anonymousId": browser, "properties": {"product_id": "P-7"}}  # fmt: skip


def views_of(customer):
    return customer.count("Product Viewed", within=None, now=NOW)


def claims(web):
    return [fact for fact in web.facts("Customer Updated") if "profile" in fact.who]


def stored(web):
    """All bytes that the tables and the bucket hold."""
    shared = web.cloud
    tables = [json.dumps(marshal(item)) for table in (shared.events, shared.profiles, shared.agenda, shared.catalog)
              for item in table.scan().items]  # fmt: skip
    return "".join(tables) + "".join(
        shared.data.get(key)[0].decode("utf-8", "replace") for key in shared.data.list("") if "playbook" not in key
    )


def test_the_browser_of_a_click_is_hers_once_and_nothing_else_of_her_changes(web, capfd, caplog):
    published = web.cloud.data.get_json("playbook/bundles/test.json")
    published["settings"]["custom_events"] = ["Quiz Finished"]
    web.cloud.data.put_json("playbook/bundles/test.json", published)
    know(web, {"customer": "shopify:77"}, first_name="Ann", language="de", country="DE")
    before = ids.identity_key("customer", "shopify:77")
    token = web.arrival(before)  # the mail went out before her address was known
    know(web, {"customer": "shopify:77", "email": ANN}, phone="")
    know(web, {"email": ANN})
    capfd.readouterr()
    assert beacon(web, viewed("b-1", 1)).status == 200
    clock.set_source(lambda: NOW + timedelta(minutes=4))
    traits = {"firstName": "Win at casino.example", "phone": "+4915112345678", "email": "eve@mail.example"}
    told = visit(token, "b-1", userId="78", context={"traits": traits}, traits=traits)
    told["timestamp"] = "2020-01-01T00:00:00Z"
    for message in (told, told, visit(token, "b-1", 1), visit(web.arrival(before), "b-1", 2)):
        assert json.loads(beacon(web, message).text) == {"success": True}
    landed = f"{HOME}/p?utm_source=dripline&dl_click={token}"
    page = {"url": landed, "referrer": landed, "path": f"/p?dl_click={token}", "search": f"?dl_click={token}"}
    beacon(
        web,
        {"type": "page", "anonymousId": "b-1", "context": {"page": page, "campaign": {"name": "x"}}},
        viewed("b-1", 3) | {"event": "Checkout Started", "properties": {"url": landed}},
        viewed("b-1", 4) | {"event": "Quiz Finished", "properties": {"page_location": landed, "dl_click": token}},
        viewed("b-1", 5) | {"event": "Unheard of", "properties": {"page_location": landed}},
    )
    assert web.facts("Checkout Started")[0].url == f"{HOME}/p?utm_source=dripline"
    (quiz,) = web.facts("Custom Event Tracked")
    assert [each.key for each in quiz.properties] == ["page_location"]
    assert web.drops() == {"unused_topic": 1}
    clock.set_source(lambda: NOW + timedelta(days=9))
    assert beacon(web, viewed("b-1", 2)).status == 200
    (claim,) = claims(web)
    assert (claim.who, claim.occurred_at) == ({"profile": before, "anonymous": "b-1"}, NOW + timedelta(minutes=4))
    assert {field.name for field in fields(claim) if getattr(claim, field.name)} == COMMON, "it tells nothing else"
    jobs.fold_now(web.cloud, web.facts(), clock.now())
    ann = store.find(web.cloud, "email", ANN)
    assert store.find(web.cloud, "anonymous", "b-1").profile_id == ann.profile_id
    assert ann.count("Product Viewed", within=None, now=clock.now()) == 2
    assert (ann.first_name, ann.phone, ann.country) == ("Ann", "", "DE")
    assert ann.consent_of("email").state == "never"
    assert store.find(web.cloud, "email", "eve@mail.example") is None
    logged = "".join(capfd.readouterr()) + caplog.text
    assert [each for each in (token, before, ann.profile_id) if each in logged] == []
    assert token not in stored(web)


def test_on_a_shared_device_a_second_persons_click_merges_nobody_in_any_order_of_arrival(web):
    for number, email in enumerate((ANN, BOB)):
        know(web, {"email": email, "customer": f"shopify:{number}"}, email=email, first_name=email[:3])
    pids = {email: ids.identity_key("email", email) for email in (ANN, BOB)}
    for number, order in enumerate(((0, 1, 2), (1, 0, 2), (2, 1, 0))):
        browser = f"shared-{number}"
        start = NOW + timedelta(minutes=number)
        clock.set_source(lambda start=start: start)
        beacon(web, visit(web.arrival(pids[ANN]), browser, 1))
        clock.set_source(lambda start=start: start + timedelta(seconds=20))
        beacon(web, visit(web.arrival(pids[BOB]), browser, 2))
        beacon(web, viewed(browser, 3))
        found = [fact for fact in web.facts() if fact.who.get("anonymous") == browser]
        ann, bob = (next(fact for fact in found if fact.who.get("profile") == pid) for pid in pids.values())
        rest = [fact for fact in found if fact not in (ann, bob)]
        for place in order:
            jobs.fold_now(web.cloud, ([ann], [bob], rest)[place], NOW)
        assert store.find(web.cloud, "anonymous", browser).profile_id == pids[ANN], order
    ann, bob = (store.find(web.cloud, "email", email) for email in (ANN, BOB))
    assert {each.profile_id for each in (ann, bob)} == set(pids.values())
    assert (ann.first_name, bob.first_name) == ("ann", "bob")
    assert (views_of(ann), views_of(bob)) == (3, 0)
    assert store.find(web.cloud, "customer", "shopify:1").profile_id == bob.profile_id


def test_what_joins_nobody(web, record_property):
    know(web, {"email": ANN})
    for email, country in ((BOB, ""), ("fleur@mail.example", "FR")):
        know(web, {"email": email}, country=country)
    know(web, {"email": BOB}, PreferencesChanged, topics=(Said("tracking", "no"),))
    good = web.arrival()
    keys = web.cloud.secrets.link_keys
    hour = ids.read_token(good, Purpose.ARRIVAL, keys).message_id
    declined, unasked, unknown = (
        web.arrival(ids.identity_key("email", email)) for email in (BOB, "fleur@mail.example", "nobody@mail.example")
    )
    late = ids.sign_arrival(PROFILE, NOW - timedelta(hours=2), keys)
    others = [ids.sign_token(Token(purpose, PROFILE, hour), keys) for purpose in Purpose if purpose != Purpose.ARRIVAL]
    foreign = ids.sign_token(Token(Purpose.ARRIVAL, PROFILE, hour), {1: b"another-store's-key-of-32-bytes!"})
    flipped = [good[:place] + ("A" if good[place] != "A" else "B") + good[place + 1 :] for place in range(52)]
    tokens = [*others, *flipped, foreign, late, declined, unasked, unknown, "", "x" * 9_000, None, 7, {"a": good}]
    answer = beacon(web, *(visit(token, f"b-{number}", number) for number, token in enumerate(tokens)))
    assert json.loads(answer.text) == {"success": True}, "to whoever asks, the answer is the same"
    beacon(web, visit(good, "signup:ann", 1), visit(good, "", 2))
    beacon(web, visit(good, "gateway"), agent=SCANNER)
    web.address = "40.92.0.9"
    beacon(web, visit(good, "gateway-2"))
    web.address = "192.0.2.7"
    server = json.loads(SECRETS_JSON)["api_key_backend"]
    beacon(web, visit(good, "server"), key=server)
    beacon(web, visit(good, "b-x", event="Product Viewed", properties={"product_id": "1", "dl_click": good}))
    beacon(web, {"type": "identify", "anonymousId": "b-x", "properties": {"dl_click": good}})
    assert claims(web) == []
    assert len(web.facts("Visit Started")) == len(tokens) + 3
    record_property("promise", f"P24: {len(tokens)} arrivals with a token not theirs, late or forged joined 0 browsers")
    beacon(web, visit(good, "her-own"))
    assert len(claims(web)) == 1, "the same token is good in her own browser"


def test_a_person_cannot_be_given_browsers_until_their_profile_is_full(web):
    know(web, {"email": ANN})
    hers = store.find(web.cloud, "email", ANN).profile_id
    profile = store.read(web.cloud, hers)
    profile.identities |= {ids.identity_key("anonymous", f"b-{number}") for number in range(arrivals.MOST_IDENTITIES)}
    assert store.write(web.cloud, profile)
    identified = {"type": "identify", "anonymousId": "b-x", "traits": {"email": ANN}}
    answer = beacon(web, visit(web.arrival(hers), "b-y"), identified)
    assert json.loads(answer.text) == {"success": True}, "to whoever asks, the answer is the same"
    assert [fact.who for fact in web.facts("Customer Updated")] == [{"email": ANN}]
    assert len(web.facts("Visit Started")) == 1


def test_an_address_in_a_message_loses_the_token_however_it_is_written():
    token = ids.sign_arrival(PROFILE, NOW, {1: b"k" * 32})
    landed = f"{HOME}/p?utm_source=dripline&dl_click={token}#top"
    nested = f"https://login.example/?next=%2Fp%3Fa%3Db%26dl_click%3D{token}&lang=de"
    written = json.dumps([landed, nested, f"/p?dl_click={token}", "\\", '"'])
    escaped = written.replace("&", "\\u0026").replace("=", "\\u003d")
    assert json.loads(arrivals.without_tokens(written.encode())) == [
        f"{HOME}/p?utm_source=dripline#top", "https://login.example/?next=%2Fp%3Fa%3Db%26&lang=de", "/p?", "\\", '"',
    ]  # fmt: skip
    assert token not in (kept := str(json.loads(arrivals.without_tokens(escaped.encode()))))
    assert f"{HOME}/p?utm_source=dripline&#top" in kept
    assert arrivals.address_with(landed, "new") == f"{HOME}/p?utm_source=dripline&dl_click=new#top"
    assert arrivals.without_tokens(b'{"dl_click": "x", "a": "b=c"}') == b'{"dl_click": "x", "a": "b=c"}'
