"""Facts for the tests of profiles, on one timeline, and what the log's stream makes of them."""

from datetime import UTC, datetime, timedelta

from chalicelib import events, ids
from chalicelib.aws.attributes import marshal
from chalicelib.aws.table import event_key
from chalicelib.money import Money
from chalicelib.profile import jobs, log

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ADA = {"email": "ada@shop.example"}
ADA_ID = ids.identity_key("email", ADA["email"])


def on(day=0, hour=0, minute=0, second=0):
    return START + timedelta(days=day, hours=hour, minutes=minute, seconds=second)


def fact(cls, when=START, who=ADA, *, received=None, source="shopify", key="", **content):
    """An event of `cls` at `when`, received a second later unless said; its id follows from all of it."""
    named = ids.event_id(
        source, cls.name, when.isoformat(), repr(sorted(who.items())), repr(sorted(content.items())), key
    )
    return cls(
        id=named,
        occurred_at=when,
        received_at=received or when + timedelta(seconds=1),
        source=source,
        who=who,
        **content,
    )


def usd(amount):
    return Money(amount, "USD")


def order(cls, when=START, who=ADA, *, order_id="1001", total=5000, updated=None, **content):
    return fact(cls, when, who, order_id=order_id, total=usd(total), updated_at=updated or when, **content)


def life_of_an_order(who=ADA, order_id="1001", day=0):
    """Every fact of one order: placed, paid, changed, sent, two part refunds, called off; and a stale copy."""
    lines = (events.Line("p1", "Kettle", 2, usd(2500), "kitchen"),)
    return [
        order(events.OrderCreated, on(day), who, order_id=order_id, lines=lines, pay_url="https://shop.example/pay"),
        order(events.OrderCompleted, on(day, 2), who, order_id=order_id, total=4500, lines=lines, placed_at=on(day)),
        order(events.OrderUpdated, on(day, 3), who, order_id=order_id, total=4400, lines=lines, number="#1001"),
        order(events.OrderUpdated, on(day, 4), who, order_id=order_id, total=9900, updated=on(day, 1)),
        fact(events.OrderFulfilled, on(day, 5), who, order_id=order_id),
        fact(events.OrderRefunded, on(day, 6), who, order_id=order_id, refund_id="r1", amount=usd(400)),
        fact(events.OrderRefunded, on(day, 7), who, order_id=order_id, refund_id="r2", amount=usd(600)),
        fact(events.OrderCancelled, on(day, 8), who, order_id=order_id, reason="too late"),
    ]


def message(cls, when, message_id="m1", who=None, **content):
    return fact(cls, when, who or {"profile": ADA_ID}, source="ses", message_id=message_id, **content)


def sent(when, message_id="m1", who=None, **content):
    given = {"channel": "email", "definition": "flow:welcome", "template": "welcome"} | content
    return message(events.MessageSent, when, message_id, who, **given)


def record_of(event, number=1):
    key = event_key(event.partition, event.id)
    image = {name: marshal(value) for name, value in log.to_item(event).items()}
    image |= {"pk": {"S": key.pk}, "sk": {"S": key.sk}}
    return {
        "eventID": event.id,
        "eventName": "INSERT",
        "dynamodb": {"SequenceNumber": str(number), "Keys": {}, "NewImage": image},
    }


def stream(services, facts, now=None):
    """Write the facts to the log and hand them to the job as one batch of the stream."""
    facts = list(facts)
    for event in facts:
        log.append(services, event)
    records = [record_of(event, number) for number, event in enumerate(facts, 1)]
    return jobs.fold_events(services, records, now or max(event.received_at for event in facts))


def stored_profiles(services):
    """Profile id → what is stored of it, without what tells of the way there; frozen ones left out."""
    found = {}
    for item in services.profiles.scan().items:
        if item["sk"] == "profile" and "merged_into" not in item:
            found[item["pk"]] = {name: item[name] for name in ("body", "folded", "identities")}
    return found


def owners(services):
    """Identity key → id of the profile it leads to in the end, and who claimed it."""
    from chalicelib.profile import store

    return {
        item["pk"]: (store.load(services, item["profile_id"]).profile_id, item.get("claim"))
        for item in services.profiles.scan().items
        if item["sk"] == "alias"
    }
