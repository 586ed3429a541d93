"""A published playbook, and facts put into the archive as the stream's folds do."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from chalicelib import events, ids
from chalicelib.money import Money
from chalicelib.playbook.bundle import POINTER, bundle_object

SETTINGS = {
    "store": {"name": "Aurora Home", "currency": "USD", "timezone": "America/New_York", "languages": ["en", "zh-CN"]},
    "attribution": {"email": "5d"},
    "unsubscribe_reasons": {
        "too_many": {"en": "Too many messages", "zh-CN": "邮件太多"},
        "prices": {"en": "Prices", "zh-CN": "价格"},
    },
}
FLOWS = {
    "welcome": {"name": {"en": "Welcome", "zh-CN": "欢迎"}, "goal": {"event": "Order Completed", "within": "14d"}},
    "unpaid_order": {"name": {"en": "Unpaid order", "zh-CN": "订单催付"}},
}
BUNDLE = {
    "version": "v1",
    "settings": SETTINGS,
    "segments": {},
    "flows": FLOWS,
    "campaigns": {"teaser": {"name": {"en": "Teaser", "zh-CN": "预告"}}},
    "templates": {},
    "pages": {},
    "sources": {},
}
START = datetime(2026, 11, 2, 15, 0, tzinfo=UTC)  # 10:00 in New York


def at(days: float = 0, hours: float = 0) -> datetime:
    return START + timedelta(days=days, hours=hours)


def person(name: str) -> str:
    return ids.identity_key("email", f"{name}@example.com")


def fact(cls, who: str, when: datetime, key: str = "", **values):
    """A fact about `who`; `key` distinguishes two of one kind at one time."""
    return cls(
        id=ids.event_id("test", cls.name, who, str(when), key, repr(sorted(values.items()))),
        occurred_at=when,
        received_at=when,
        source="test",
        who={"profile": person(who)},
        **values,
    )


def sent(who, when, definition="flow:welcome", step="1"):
    message_id = ids.message_id(person(who), definition, step)
    return fact(
        events.MessageSent, who, when, message_id=message_id, channel="email", definition=definition, template="welcome"
    )


def about(message, cls, when, key="", **values):
    """A fact about a message that was sent; `key` as in `fact`."""
    made = fact(cls, "x", when, key, message_id=message.message_id, **values)
    return replace(made, id=ids.event_id("test", made.id, message.message_id), who=message.who)


def paid(who, when, order_id, dollars, currency="USD"):
    total = Money(round(dollars * 100), currency)
    return fact(events.OrderCompleted, who, when, order_id=order_id, total=total, updated_at=when)


def archive(services, facts, *, batch=50):
    """Objects of `batch` lines each under the hour in which the first of them was received."""
    facts = list(facts)
    for start in range(0, len(facts), batch):
        part = facts[start : start + batch]
        lines = "".join(
            json.dumps({"profile_id": each.partition, "event": events.serialise(each)}) + "\n" for each in part
        )
        hour = part[0].received_at.strftime("%Y-%m-%d/%H")
        services.data.put(f"archive/{hour}/{ids.digest(*(each.id for each in part))}.jsonl", lines.encode())


def read_overview(services):
    manifest = services.dashboard.get_json("manifest.json")
    return services.dashboard.get_json(manifest["files"]["overview"])


@pytest.fixture
def store(cloud):
    """A cloud with the small playbook above published."""
    cloud.data.put_json(bundle_object("v1"), BUNDLE)
    cloud.data.put_json(POINTER, {"version": "v1"})
    return cloud
