"""A small store for decide's tests: publishes definitions, lets things happen, and lives through the days.

The outbox is emptied as deliver would, without sending: `sent` holds what would
have gone out, and when.
"""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from chalicelib import clock, events, ids
from chalicelib.aws.table import message_key
from chalicelib.decide import definitions, jobs, store
from chalicelib.money import Money
from chalicelib.playbook import bundle
from chalicelib.profile import log
from chalicelib.profile import store as profiles
from chalicelib.profile.fold import fold_all

SETTINGS = {
    "store": {
        "name": "Shop",
        "timezone": "America/New_York",
        "currency": "USD",
        "country": "US",
        "languages": ["en"],
    },
    "caps": {"email": {"every": "16h", "retry": "48h"}},
    "holdout": "0%",
    "offers": {
        "welcome10": {"code": "WELCOME10", "percent": 10, "expires": "14d"},
        "save5": {"code": "SAVE5", "amount": 5, "expires": "7d"},
        "save20": {"code": "SAVE20", "amount": 20, "expires": "7d"},
    },
}
WELCOME = {
    "enter": {"event": "Subscription Confirmed", "who": {"orders_count": 0}, "again_after": "365d"},
    "exit": [{"event": "Order Completed"}],
    "goal": {"event": "Order Completed", "within": "14d"},
    "priority": 80,
    "steps": [{"until": "10:00"}, {"email": "welcome", "coupon": "welcome10"}],
}
UNPAID = {
    "enter": {"event": "Order Created", "who": {"paid": False}, "again_after": "1d"},
    "exit": [{"event": "Order Completed"}, {"event": "Order Cancelled"}],
    "goal": {"event": "Order Completed", "within": "5d"},
    "priority": 90,
    "steps": [
        {"wait": "1d", "until": "10:00"},
        {"email": "unpaid_1"},
        {"wait": "6d", "until": "10:00"},
        {"email": "unpaid_2", "points": {"grant": 100}},
        {"wait": "23d", "until": "10:00"},
        {
            "branch": [
                {"if": {"order_total": {"gte": 200}}, "steps": [{"email": "unpaid_3", "coupon": "save20"}]},
                {"else": True, "steps": [{"email": "unpaid_3", "coupon": "save5"}]},
            ]
        },
    ],
}
CONFIRM = {
    "enter": {"event": "Signed Up", "again_after": "10m"},
    "exit": [{"event": "Subscription Confirmed"}],
    "priority": 100,
    "steps": [{"email": "confirm"}],
}
FLOWS = {"welcome": WELCOME, "unpaid_order": UNPAID, "confirm_subscription": CONFIRM}


def bundle_json(flows: dict[str, Any], campaigns: dict[str, Any], settings: dict[str, Any]) -> dict[str, Any]:
    body = {
        "settings": SETTINGS | settings,
        "segments": {},
        "flows": flows,
        "campaigns": campaigns,
        "templates": {
            name: {"class": "transactional" if name == "confirm" else "marketing", "locales": {}}
            for name in ("welcome", "unpaid_1", "unpaid_2", "unpaid_3", "news", "letter", "confirm")
        },
        "pages": {},
        "sources": {},
    }
    return body | {"version": ids.digest(json.dumps(body, sort_keys=True))}


def read_definitions(flows=None, campaigns=None, settings=None) -> definitions.Definitions:
    """Parsed without a cloud, for the pure rooms' tests."""
    data = bundle_json(FLOWS if flows is None else flows, campaigns or {}, settings or {})
    return definitions.read(bundle.Bundle.from_json(data))


@dataclass
class Sent:
    at: datetime
    profile_id: str
    message_id: str
    item: dict[str, Any]

    @property
    def template(self) -> str:
        return self.item["template"]


class Shop:
    def __init__(self, cloud, start: str, *, flows=None, campaigns=None, **settings: Any) -> None:
        self.cloud = cloud
        self.plain = cloud
        self.now = clock.parse(start)
        self.sent: list[Sent] = []
        self._number = 0
        self.publish(FLOWS if flows is None else flows, campaigns or {}, settings)

    def publish(self, flows, campaigns=None, settings=None) -> None:
        data = bundle_json(flows, campaigns or {}, settings or {})
        self.plain.data.put_json(bundle.bundle_object(data["version"]), data)
        self.plain.data.put_json(bundle.POINTER, {"version": data["version"]})
        bundle.forget()

    # what happens to people

    def pid(self, name: str) -> str:
        return ids.identity_key("email", f"{name}@example.com")

    def fact(self, kind: type, name: str, **fields: Any):
        self._number += 1
        at = fields.pop("at", self.now)
        return kind(
            id=fields.pop("id", ids.event_id("test", str(self._number))),
            occurred_at=at,
            received_at=self.now,
            source="test",
            who={"email": f"{name}@example.com"},
            **fields,
        )

    def record(self, *facts) -> str:
        """Log and fold, without a reaction; returns the customer's id."""
        for fact in facts:
            log.append(self.plain, fact)
        profile_id = facts[0].partition
        self.fold(profile_id)
        return profile_id

    def fold(self, profile_id: str) -> None:
        profile = fold_all(profile_id, log.read(self.plain, profile_id))
        before = profiles.read(self.plain, profile_id)
        profile.version = before.version if before else 0
        assert profiles.write(self.plain, profile)

    def happen(self, *facts) -> None:
        profile_id = self.record(*facts)
        self.react(profile_id, [events.serialise(fact) for fact in facts])
        self.drain()

    def react(self, profile_id: str, facts: list[dict[str, Any]]) -> None:
        jobs.react(self.cloud, profile_id, facts, self.now)

    def subscribe(self, name: str, zone: str = "", **fields: Any) -> str:
        person = self.fact(events.CustomerUpdated, name, email=f"{name}@example.com", time_zone=zone, **fields)
        self.record(person)
        self.happen(self.fact(events.SubscriptionConfirmed, name, channel="email", wording="w"))
        return person.partition

    def know(self, name: str, zone: str = "") -> str:
        """A subscriber who was there before any flow was."""
        return self.record(
            self.fact(events.CustomerUpdated, name, email=f"{name}@example.com", time_zone=zone),
            self.fact(events.ConsentRecorded, name, channel="email", subscribed=True, wording="w"),
        )

    def order(self, name: str, order_id: str, total: int = 5000, at: datetime | None = None):
        return self._order(events.OrderCreated, name, order_id, total, at)

    def paid(self, name: str, order_id: str, total: int = 5000, at: datetime | None = None):
        return self._order(events.OrderCompleted, name, order_id, total, at)

    def _order(self, kind, name: str, order_id: str, total: int, at: datetime | None):
        at = at or self.now
        money = Money(total, "USD")
        return self.fact(
            kind,
            name,
            at=at,
            id=ids.event_id("shop", kind.name, order_id),
            order_id=order_id,
            total=money,
            updated_at=at,
        )

    # how time passes

    def until(self, instant: str | datetime) -> None:
        """Live up to `instant`: everything that comes due on the way is handed out and done."""
        end = clock.parse(instant) if isinstance(instant, str) else instant
        while True:
            due = min((item["due_at"] for item in self.agenda() if "due_at" in item), default=None)
            if due is None or clock.parse(due) > end:
                break
            self.now = max(self.now, clock.parse(due))
            self._skip_idle_hours()
            self.sweep()
            self.drain()
        self.now = max(self.now, end)

    def pass_days(self, days: float) -> None:
        self.until(self.now + timedelta(days=days))

    def _skip_idle_hours(self) -> None:
        """Leave the cursor where a sweep every minute would have left it: nothing was due until now."""
        _, stored = store.read_cursor(self.plain, self.now)
        store.move_cursor(self.plain, stored, store.start_of_bucket(self.now - store.OVERLAP))

    def sweep(self) -> None:
        jobs.move_due(self.cloud, self.now)

    def drain(self) -> None:
        while True:
            bodies = [(name, body) for name in ("steps", "campaign_slices", "outbox") for body in self.take(name)]
            if not bodies:
                return
            for name, body in bodies:
                self.handle(name, body)

    def handle(self, queue: str, body: dict[str, Any]) -> None:
        if queue == "steps":
            jobs.advance(self.cloud, body, self.now)
        elif queue == "campaign_slices":
            jobs.plan_campaign_slice(self.cloud, body, self.now)
        else:
            self._deliver(body)

    def _deliver(self, body: dict[str, Any]) -> None:
        key = message_key(body["profile_id"], body["message_id"])
        item = self.plain.agenda.get(key)
        if self.plain.agenda.update(
            key, set={"status": "sent"}, remove=("due_bucket", "due_at"), only_if={"status": "planned"}
        ):
            self.sent.append(Sent(self.now, body["profile_id"], body["message_id"], item))

    def take(self, queue: str) -> list[dict[str, Any]]:
        """The bodies that lie in the queue, taken off it."""
        messages = self.plain.queue(queue).receive()
        for message in messages:
            self.plain.queue(queue).delete(message)
        return [json.loads(message.body) for message in messages]

    # what there is to see

    def agenda(self, kind: str = "") -> list[dict[str, Any]]:
        items, after = [], None
        while True:
            page = self.plain.agenda.scan(after=after)
            items += page.items
            after = page.next_key
            if after is None:
                return [item for item in items if item["sk"].startswith(kind)]

    def run(self, name: str, flow: str) -> dict[str, Any]:
        (found,) = (item for item in self.agenda(f"run#{flow}#") if item["pk"] == self.pid(name))
        return found

    def facts(self, name: str, kind: type) -> list[Any]:
        found = [fact for fact in log.read(self.plain, self.pid(name)) if isinstance(fact, kind)]
        return sorted(found, key=lambda fact: fact.order_key)

    def timeline(self, name: str, zone: str = "UTC") -> list[str]:
        """What went to a person and when on their clock: `Tue 2026-11-24 10:00 welcome`."""
        return [
            f"{sent.at.astimezone(clock.zone(zone)):%a %Y-%m-%d %H:%M} {sent.template}"
            for sent in self.sent
            if sent.profile_id == self.pid(name)
        ]
