"""Ten thousand webhooks, three in ten of them again, shuffled, from eight senders at once, folded meanwhile."""

import base64
import hashlib
import hmac
import json
import random
import threading
from collections import Counter
from datetime import timedelta

from chalicelib import clock
from chalicelib.aws.services import Services
from chalicelib.collect import reception
from chalicelib.profile import jobs, store
from cli.local.dynamodb import ACCOUNT, REGION

START = clock.parse("2026-11-23T08:00:00Z")
DELIVERIES, DUPLICATES = 10_000, 0.3


def _order(number, dice):
    """(what a store would post about one order, what must come of it)."""
    customer = number % 900
    placed = START - timedelta(hours=dice.randrange(1, 60))
    total, refunds = dice.randrange(500, 90_000), {}
    order = {
        "id": 820982911946150000 + number,
        "email": f"customer-{customer}@shopper.example",
        "customer": {"id": 115310627314720000 + customer},
        "created_at": clock.to_text(placed),
        "updated_at": clock.to_text(placed),
        "currency": "EUR",
        "total_price": f"{total / 100:.2f}",
        "line_items": [{"product_id": 7, "title": "Kettle", "quantity": 2, "price": "9.50"}],
    }
    posts = [("orders/create", order)]
    paid = cancelled = False
    if dice.random() < 0.7:
        paid = True
        at = clock.to_text(placed + timedelta(minutes=9))
        posts.append(("orders/paid", order | {"updated_at": at, "processed_at": at, "financial_status": "paid"}))
    if dice.random() < 0.4:
        total += 100  # an update changes the total, and is newer than all else
        at = clock.to_text(placed + timedelta(minutes=30))
        posts.append(("orders/updated", order | {"updated_at": at, "total_price": f"{total / 100:.2f}"}))
    if dice.random() < 0.15:
        cancelled = True
        at = clock.to_text(placed + timedelta(minutes=20))
        posts.append(("orders/cancelled", order | {"updated_at": at, "cancelled_at": at, "cancel_reason": "customer"}))
    for part in range(dice.randrange(3) if paid else 0):
        refunds[part] = 100 + part
        transaction = {"kind": "refund", "status": "success", "amount": f"{refunds[part] / 100:.2f}", "currency": "EUR"}
        posts.append(
            (
                "refunds/create",
                {
                    "id": number * 10 + part,
                    "order_id": order["id"],
                    "created_at": clock.to_text(placed + timedelta(minutes=40 + part)),
                    "transactions": [transaction],
                },
            )
        )
    expected = {"total": total, "paid": paid, "cancelled": cancelled, "refunded": sum(refunds.values())}
    return customer, f"shopify:{order['id']}", posts, expected


class _Heard:
    """A queue that counts what it is sent; nobody reacts in this story."""

    def __init__(self):
        self.facts = 0

    def send(self, bodies, *, delay=0):
        self.facts += sum(len(body["events"]) for body in bodies)


class _WithoutReactions(Services):
    def __init__(self, cloud):
        super().__init__(over_wire=False)
        self.dynamodb, self.data = cloud.dynamodb, cloud.data
        self.heard = _Heard()

    def queue(self, name):
        return self.heard


def _stream(services, place):
    """Up to 500 records of the log's stream, from `place`."""
    from moto.dynamodb.models import dynamodb_backends

    shard = dynamodb_backends[ACCOUNT][REGION].get_table(services.events.name).stream_shard
    return [item.to_json() for item in shard.items[place : place + 500]]


def _post(services, topic, data):
    body = json.dumps(data).encode()
    signed = base64.b64encode(hmac.digest(b"shopify-secret", body, "sha256")).decode()
    headers = {
        "x-shopify-hmac-sha256": signed,
        "x-shopify-topic": topic,
        "x-shopify-shop-domain": "shop.example",
        "x-shopify-webhook-id": hashlib.sha256(body).hexdigest(),
    }
    return reception.receive(services, "shopify", headers, body, clock.now())


def test_profiles_equal_the_oracle_and_nothing_is_lost_or_counted_twice(cloud, record_property):
    dice = random.Random(20261123)
    oracle: dict[int, dict[str, dict]] = {}
    posts: list[tuple[str, dict]] = []
    number = 0
    while len(posts) < DELIVERIES * (1 - DUPLICATES):
        customer, order_id, of_order, expected = _order(number, dice)
        oracle.setdefault(customer, {})[order_id] = expected
        posts += of_order
        number += 1
    distinct = len(posts)
    posts += dice.choices(posts, k=DELIVERIES - distinct)
    dice.shuffle(posts)

    services = _WithoutReactions(cloud)
    clock.set_source(lambda: START)
    answers: list[int] = []  # appending is one step; two threads that count up would lose one

    def send(mine):
        for topic, data in mine:
            answers.append(_post(services, topic, data).status)

    def fold(place):
        """Fold what is new in the stream from `place`, as its poller does; the first failed record comes again."""
        records = _stream(services, place)
        numbers = [record["dynamodb"]["SequenceNumber"] for record in records]
        failed = [each["itemIdentifier"] for each in jobs.fold_events(services, records, START)["batchItemFailures"]]
        return place + (numbers.index(failed[0]) if failed else len(records)), bool(records)

    senders = [threading.Thread(target=send, args=(posts[place::8],)) for place in range(8)]
    for sender in senders:
        sender.start()
    place, sending, went_on = 0, True, True
    while went_on or sending:
        sending = any(sender.is_alive() for sender in senders)  # asked first: what the last one sent is still folded
        place, went_on = fold(place)
    fold(place // 2)  # a batch that comes again changes nothing
    customers = {number: store.find(services, "email", f"customer-{number}@shopper.example") for number in oracle}

    assert Counter(answers) == {200: len(posts)}
    wrong = []
    for number, orders in oracle.items():
        found = {
            order_id: {
                "total": order.total.amount,
                "paid": order.paid_at is not None,
                "cancelled": order.cancelled_at is not None,
                "refunded": order.refunded,
            }
            for order_id, order in customers[number].orders.items()
        }
        if found != orders:
            wrong.append(number)
    expected_paid = sum(order["paid"] for orders in oracle.values() for order in orders.values())
    counted_paid = sum(
        customer.count("Order Completed", within=None, now=START) for customer in customers.values() if customer
    )
    record_property(
        "promise",
        f"P5: {len(posts)} deliveries ({distinct} distinct, 8 senders): {len(oracle)} profiles,"
        f" {len(wrong)} unlike the oracle; {expected_paid} payments, counted {counted_paid}",
    )
    assert not wrong
    assert counted_paid == expected_paid
