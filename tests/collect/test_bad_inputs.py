"""Twenty-one bad inputs of webhooks, by their numbers, with what must become of each."""

import base64
import json
import os
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import count

import pytest
from click.testing import CliRunner

from chalicelib import clock, events, ids
from chalicelib.aws.clients import client
from chalicelib.aws.services import services
from chalicelib.aws.table import privacy_request_key
from chalicelib.aws.wire import Refused
from chalicelib.catalogue import store as catalogue
from chalicelib.collect import intake, reception
from chalicelib.collect.delivery import Delivery, DropReason
from chalicelib.errors import Unavailable
from chalicelib.measure import erasure as numbers
from chalicelib.playbook import bundle
from chalicelib.profile import erasure, jobs, privacy, rule, store
from chalicelib.profile.fold import fold_all
from cli.commands.playbook import publish
from tests.collect.conftest import NOW, playbook, shopify_headers, sign_base64
from tests.collect.test_shopify import order
from tests.collect.test_woocommerce import order as woo_order
from tests.conftest import SECRETS_JSON
from tests.profile.facts import record_of


def post(web, body, topic="orders/create", **more):
    return web.call("POST", "/webhooks/shopify", shopify_headers(body, topic) | more, body)


def folded(web):
    facts = web.facts()
    return fold_all(ids.identity_key("email", "ann@mail.example"), facts).customer


def fold(web, facts):
    """As the log's stream brings them."""
    records = [record_of(fact, number) for number, fact in enumerate(facts, 1)]
    assert jobs.fold_events(web.cloud, records, clock.now()) == {"batchItemFailures": []}


def bad_01_a_signature_in_hex(web):
    body = json.dumps(order()).encode()
    hexed = base64.b64decode(sign_base64(body, "shopify-secret")).hex()
    assert post(web, body, **{"X-Shopify-Hmac-SHA256": hexed}).status == 401
    assert web.facts() == []


def bad_02_a_signature_over_the_json_dumped_again(web):
    body = json.dumps(order(), indent=2).encode()
    again = json.dumps(order(), separators=(",", ":")).encode()
    assert post(web, body, **{"X-Shopify-Hmac-SHA256": sign_base64(again, "shopify-secret")}).status == 401
    assert web.facts() == []


def bad_03_no_signature_and_an_empty_secret(web):
    body = json.dumps(order()).encode()
    bare = {name: value for name, value in shopify_headers(body, "orders/create").items() if "Hmac" not in name}
    assert web.call("POST", "/webhooks/shopify", bare, body).status == 401
    given = {name.lower(): value for name, value in shopify_headers(body, "orders/create", "").items()}
    for secrets in ([], [b""]):
        assert intake.read(Delivery("shopify", given, body, secrets, NOW)) is DropReason.BAD_SIGNATURE
    empty = json.loads(SECRETS_JSON) | {"webhook_shopify": "", "webhook_shopify_old": " ", "webhook_woocommerce": None}
    empty |= {"webhook_generic": "whsec_", "api_key_till": "", "link_key_2": "short"}
    secretsmanager = client("secretsmanager")
    secretsmanager.put_secret_value(SecretId=os.environ["DRIPLINE_SECRETS"], SecretString=json.dumps(empty))
    del services().secrets
    for secret in ("", " ", "shopify-old-secret"):
        assert web.shopify("orders/create", order(), secret=secret).status == 401
        assert web.woo("order.created", woo_order(), secret=secret).status == 401
    assert web.call("POST", "/v1/track", {"Authorization": "Basic Og=="}, b'{"event": "x"}').status == 401
    unusable = ["api_key_till", "link_key_2", "webhook_shopify", "webhook_shopify_old", "webhook_woocommerce"]
    assert services().secrets.unusable == unusable
    assert web.facts() == []
    answer = CliRunner().invoke(publish, [])
    assert answer.exit_code == 1
    assert all(name in answer.stderr for name in unusable)
    assert web.cloud.data.get_json(bundle.POINTER) == {"version": "test"}, "nothing was published"


def bad_04_signed_bytes_that_are_no_json(web):
    assert post(web, b"{").status == 400
    assert len(list(web.cloud.data.list("quarantine/shopify/"))) == 1


def bad_05_a_hundred_thousand_brackets(web):
    assert post(web, b"[" * 100_000).status == 400


def bad_06_a_price_that_is_no_number(web):
    assert post(web, b'{"id": 1, "total_price": NaN, "currency": "EUR"}').status == 400
    assert post(web, json.dumps(order(total_price="NaN")).encode()).text == "unusable"
    assert web.facts() == []


def bad_07_one_delivery_fifty_times_at_once(web):
    body = json.dumps(order()).encode()
    given = {name.lower(): value for name, value in shopify_headers(body, "orders/create").items()}
    given["x-shopify-webhook-id"] = "w-1"
    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(lambda _: reception.receive(web.cloud, "shopify", given, body, NOW).status, range(50)))
    assert taken == [200] * 50
    assert len(web.facts("Order Created")) == len(web.facts("Customer Updated")) == 1


def bad_08_the_same_delivery_id_with_another_body(web):
    assert web.shopify("orders/create", order(), delivery="w-1").text == "ok"
    assert web.shopify("orders/create", order(), delivery="w-1").text == "ok"
    second = web.shopify("orders/create", order(id=2, total_price="0.01"), delivery="w-1")
    assert (second.status, second.text) == (200, "changed_repeat")
    assert web.shopify("orders/paid", order(), delivery="w-1").text == "ok"  # known under shop, topic and id
    assert [fact.order_id for fact in web.facts("Order Created")] == ["shopify:820982911946154508"]
    assert web.drops() == {DropReason.CHANGED_REPEAT: 1}
    assert len(list(web.cloud.data.list("quarantine/shopify/"))) == 1
    clock.set_source(lambda: NOW + timedelta(days=9))
    assert web.shopify("orders/create", order(id=3), delivery="w-1").text == "ok"
    at_the_same_moment(web)


def at_the_same_moment(web):
    """Another body arrives whenever the first one's handler reads or writes, while transactions are in conflict."""
    shared, alarms = services(), web.drops()[DropReason.CHANGED_REPEAT]
    real, second, number = shared.dynamodb, [], count(10)

    def connect(call):
        shared.__dict__["dynamodb"] = shared.agenda._call = shared.events._call = call

    def post(order_id, delivery):
        return web.shopify("orders/create", order(id=order_id, customer=None), delivery=delivery).text

    for step in count(1):
        steps, delivery, order_id = count(1), f"race-{step}", next(number)

        def racing(operation, request, step=step, steps=steps, delivery=delivery):
            if operation == "TransactWriteItems":
                raise Refused("TransactionCanceledException", "TransactionConflict")
            if next(steps) == step:
                second.append(post(next(number), delivery))
            return real(operation, request)

        connect(racing)
        first = post(order_id, delivery)
        connect(real)
        if len(second) < step:
            break
        assert sorted((first, second[-1])) == ["changed_repeat", "ok"]
        assert [post(order_id, delivery), post(order_id + 1, delivery)] == [first, second[-1]]
    assert step > 4
    stored = [fact.order_id for fact in web.facts("Order Created")]
    assert len(stored) == 2 + step
    clock.set_source(lambda: NOW)
    kept = sum(1 for _ in web.cloud.data.list("quarantine/shopify/"))
    assert kept == alarms + step - 1
    for step in range(1, len(second) + 1):  # a crash there instead, and the sender tries again
        steps, order_id = count(1), next(number)

        def crashing(operation, request, step=step, steps=steps):
            if operation == "TransactWriteItems":
                raise Refused("TransactionCanceledException", "TransactionConflict")
            if next(steps) == step:
                raise Unavailable("gone")
            return real(operation, request)

        connect(crashing)
        assert post(order_id, f"crash-{step}") == "try again"
        connect(real)
        assert post(order_id, f"crash-{step}") == "ok"
        assert post(next(number), f"crash-{step}") == "changed_repeat"
        assert f"shopify:{order_id}" in {fact.order_id for fact in web.facts("Order Created")}


def bad_09_two_orders_of_woocommerce_under_one_delivery_id(web):
    assert [web.woo("order.created", woo_order(id=number)).status for number in (1, 2)] == [200, 200]
    assert len(web.facts("Order Created")) == 2


def bad_10_the_form_that_saving_a_webhook_sends(web):
    assert web.post_form("/webhooks/woocommerce", {"webhook_id": "3"}).status == 200
    assert (web.facts(), web.drops()) == ([], {})


def bad_11_a_deleted_product_of_which_nothing_is_known(web):
    assert web.woo("product.created", {"id": 18, "name": "Mint", "price": "2", "status": "publish"}).text == "ok"
    assert web.woo("product.deleted", {"id": 18}).text == "ok"
    assert web.woo("product.deleted", {"id": 19}).text == "ok"
    assert catalogue.get(web.cloud, "18").deleted
    assert web.facts() == []


def bad_12_paid_before_it_was_created(web):
    assert web.shopify("orders/paid", order(updated_at="2026-11-22T10:00:00+01:00")).status == 200
    assert web.shopify("orders/create", order()).status == 200
    (found,) = folded(web).orders.values()
    assert found.status == "paid"


def bad_13_an_older_snapshot_four_hours_late(web):
    newer = order(updated_at="2026-11-22T10:00:00+01:00", total_price="40.00")
    assert web.shopify("orders/updated", newer).status == 200
    first = web.facts()
    fold(web, first)
    clock.set_source(lambda: NOW + timedelta(hours=4))
    assert web.shopify("orders/updated", order(total_price="1.00")).status == 200
    late = [fact for fact in web.facts() if fact not in first]
    for _ in range(2):
        fold(web, late)
    assert web.shopify("orders/updated", newer).status == 200
    fold(web, web.facts())
    (found,) = store.find(web.cloud, "email", "ann@mail.example").orders.values()
    assert found.total.amount == 4000
    assert web.drops() == {DropReason.STALE: 1}


def bad_14_a_checkout_told_after_its_order(web):
    checkout = {"id": 5, "email": "ann@mail.example", "currency": "EUR", "total_price": "36.99"}
    checkout |= {"line_items": [{"product_id": 1, "title": "Jersey", "quantity": 1, "price": "36.99"}]}
    checkout |= {
        "abandoned_checkout_url": "https://shop.example/checkouts/5",
        "created_at": "2026-11-22T08:50:00+01:00",
    }
    assert web.shopify("checkouts/update", checkout | {"updated_at": "2026-11-22T08:50:00+01:00"}).status == 200
    assert folded(web).cart is not None
    assert web.shopify("orders/create", order(checkout_id=5)).status == 200
    assert folded(web).cart is None
    assert web.shopify("checkouts/update", checkout | {"updated_at": "2026-11-22T09:30:00+01:00"}).status == 200
    assert folded(web).cart is None
    assert rule.matches({"cart_hours": {"gte": 0}}, folded(web), NOW) is False
    done = {"updated_at": "2026-11-22T09:40:01+01:00", "completed_at": "2026-11-22T09:40:01+01:00"}
    assert web.shopify("checkouts/update", checkout | done).status == 200
    assert folded(web).cart is None
    another = checkout | {"id": 6, "updated_at": "2026-11-22T10:00:00+01:00"}
    assert web.shopify("checkouts/update", another).status == 200
    assert folded(web).cart is not None


def bad_15_a_consent_without_a_state(web):
    empty = {"state": None, "opt_in_level": None, "consent_updated_at": None}
    data = {"customer_id": 7, "email_address": None, "email_marketing_consent": empty}
    assert web.shopify("customers_email_marketing_consent/update", data).text == "no_change"
    assert web.facts() == []


def bad_16_ids_beyond_what_javascript_can_count(web):
    assert web.shopify("orders/create", order(id=820982911946154508)).status == 200
    (created,) = web.facts("Order Created")
    assert created.order_id == "shopify:820982911946154508"
    assert isinstance(events.serialise(created)["order_id"], str)


def bad_17_a_body_that_is_too_large_and_an_order_with_no_end(web):
    assert post(web, json.dumps(order(note="x" * 6_000_000)).encode()).status == 413
    lines = [{"product_id": number, "title": "x", "quantity": 1, "price": "1"} for number in range(5000)]
    assert post(web, json.dumps(order(line_items=lines)).encode()).status == 200
    (created,) = web.facts("Order Created")
    assert len(events.to_json(created)) < 350 * 1024


def bad_18_another_shop_signed_with_our_secret(web):
    changed = playbook()
    changed["settings"]["store"]["shopify_shops"] = ["other.myshopify.com"]
    changed["version"] = "listed"
    web.cloud.data.put("playbook/bundles/listed.json", json.dumps(changed).encode())
    web.cloud.data.put_json(bundle.POINTER, {"version": "listed"})
    bundle.forget()
    assert web.shopify("orders/create", order()).status == 401
    assert web.facts() == []


def bad_19_a_topic_nobody_knows(web):
    assert web.shopify("planets/aligned", {"id": 1}).text == "unused_topic"
    assert web.drops() == {"unused_topic": 1}
    assert len(list(web.cloud.data.list("unused/shopify/"))) == 1


def bad_20_a_dynamodb_that_throttles(web, calls):
    for failing in ("TransactWriteItems", "PutItem", "BatchWriteItem"):
        calls.failing[:] = [failing]
        named = {"delivery": "w-1"} if failing == "TransactWriteItems" else {}
        answer = web.shopify("orders/create", order(), **named) if named or failing == "PutItem" else None
        assert answer is None or answer.status == 503
        calls.failing[:] = []
        assert web.facts() == []  # nothing half-written
    assert web.shopify("orders/create", order(), delivery="w-1").status == 200


def bad_21_a_redaction_of_somebody_unknown(web):
    asked = {"shop_domain": "aurora.myshopify.com", "customer": {"id": 191167, "email": "john@example.com"}}
    asked |= {"orders_to_redact": [299938]}
    for _ in range(2):
        assert web.shopify("customers/redact", asked, delivery="w-1").status == 200
    assert web.shopify("customers/redact", asked, secret="not-ours").status == 401
    (request,) = web.cloud.catalog.query(privacy_request_key("").pk)
    assert (request["topic"], request["status"], request["shop"]) == (
        "customers/redact",
        "open",
        "aurora.myshopify.com",
    )
    assert (request["customer_id"], request["email"]) == ("shopify:191167", "john@example.com")
    assert request["orders"] == ["shopify:299938"]
    redact(web)
    assert suppressed(web) == 3  # address, customer, order
    at = {"created_at": "2026-11-20T09:00:00Z", "updated_at": "2026-11-20T09:00:00Z"}
    john = {"id": 299938, "email": "john@example.com", "customer": {"id": 191167, "first_name": "John"}, "phone": None}
    for topic, changes in (
        ("orders/create", john),
        ("orders/updated", john | {"email": "j@other.example", "updated_at": "2026-11-23T10:00:00Z"}),
        ("orders/paid", {"id": 299938, "email": None, "customer": None}),
        ("customers/update", {"id": 191167, "email": "john@example.com", "first_name": "John"}),
    ):
        given = at | changes if topic == "customers/update" else order(**(at | changes))
        assert web.shopify(topic, given).status == 200
    told = web.facts()
    assert len(told) >= 5
    fold(web, told)
    nothing_of(web, "john@example.com", "j@other.example", "191167", "299938")
    assert web.drops() == {DropReason.BAD_SIGNATURE: 1, DropReason.ERASED: len(told)}

    assert web.shopify("orders/create", order()).status == 200
    fold(web, told := web.facts())
    assert store.find(web.cloud, "email", "ann@mail.example") is not None
    ann = {"customer": {"id": 115310627314723954, "email": "ann@mail.example"}, "orders_to_redact": [order()["id"]]}
    assert web.shopify("customers/redact", ann, delivery="w-2").status == 200
    redact(web)
    assert web.shopify("orders/create", order()).status == 200
    assert web.shopify("orders/paid", order()).status == 200
    fold(web, web.facts())
    nothing_of(web, "ann@mail.example", "115310627314723954", str(order()["id"]), "+4930123456", "Jersey")


def redact(web):
    """As the schedule does, until the second look found nothing."""
    for hours in (0, 3):
        clock.set_source(lambda hours=hours: NOW + timedelta(hours=hours))
        privacy.work_off(web.cloud, clock.now(), numbers)
    assert {item["status"] for item in privacy.requests(web.cloud)} == {"done"}
    assert list(erasure.at_work(web.cloud)) == []


def suppressed(web):
    return sum(item["sk"] == "suppression" for item in web.cloud.profiles.scan().items)


def nothing_of(web, *names):
    held = [json.dumps(item, default=str) for table in ("events", "profiles", "agenda", "catalog")
            for item in getattr(web.cloud, table).scan().items]  # fmt: skip
    held += [key + web.cloud.data.get(key)[0].decode() for key in web.cloud.data.list("") if "playbook/" not in key]
    assert [text for text in held if any(name in text for name in names)] == []


CASES = [case for name, case in sorted(globals().items()) if name.startswith("bad_")]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_bad_input(case, web, request):
    wanted = case.__code__.co_varnames[1 : case.__code__.co_argcount]
    case(web, *(request.getfixturevalue(name) for name in wanted))


def test_all_twenty_one_are_here():
    assert [int(case.__name__[4:6]) for case in CASES] == list(range(1, 22))
