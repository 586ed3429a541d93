"""Which facts of a store's orders the log lacks, and those written: each once, as the webhook would have.

A stage counts as told when its fact is in the log, under the webhook's own id,
or when the customer's order already shows it (an import may have told it). What
an order says beside its stages (its content, its buyer) is written where it is
newer than what was told, or where a stage was missing. Refuses to write
anything that a webhook would not have.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

from chalicelib import events
from chalicelib.aws.services import Services
from chalicelib.aws.table import event_key
from chalicelib.collect.delivery import Delivery, DropReason, Source
from chalicelib.errors import BadInput
from chalicelib.events import (
    Event,
    OrderCancelled,
    OrderCompleted,
    OrderCreated,
    OrderFulfilled,
    OrderRefunded,
    OrderUpdated,
)
from chalicelib.profile import log, store
from cli.reconcile.stores import Topics

BLOCK = 200
SHOWN = 20
STAGES = (OrderCreated, OrderCompleted, OrderCancelled, OrderFulfilled, OrderRefunded)


@dataclass
class Report:
    """`lost` orders lacked a stage; `stale` ones lacked only their newest content."""

    orders: int = 0
    lost: int = 0
    stale: int = 0
    unusable: int = 0
    written: dict[str, int] = field(default_factory=dict)
    lost_orders: list[str] = field(default_factory=list)
    dry_run: bool = False

    def to_json(self) -> dict[str, Any]:
        return {
            "dry_run": self.dry_run,
            "orders": self.orders,
            "lost": self.lost,
            "stale": self.stale,
            "unusable": self.unusable,
            "written": dict(sorted(self.written.items())),
            "lost_orders": self.lost_orders,
        }


def reconcile(
    services: Services,
    adapter: Source,
    name: str,
    told: Iterable[Topics],
    *,
    settings: Mapping[str, Any],
    now: datetime,
    dry_run: bool = False,
) -> Report:
    """Compare every order with the log and write what it lacks. Raises Unavailable."""
    report = Report(dry_run=dry_run)
    waiting = iter(told)
    while block := list(islice(waiting, BLOCK)):
        orders = []
        for topics in block:
            report.orders += 1
            facts = list(_facts(adapter, name, topics, settings, now))
            report.unusable += not facts
            orders.append(facts)
        missing = [fact for facts in _compare(services, orders, report) for fact in facts]
        if not dry_run:
            log.append_many(services, missing)
        for fact in missing:
            report.written[fact.name] = report.written.get(fact.name, 0) + 1
    return report


def _facts(adapter: Source, name: str, topics: Topics, settings: Mapping[str, Any], now: datetime) -> Iterator[Event]:
    """What the adapter makes of an order's deliveries; each fact once."""
    seen: set[str] = set()
    for topic, body in topics:
        headers = {"x-wc-webhook-topic": topic, "x-shopify-topic": topic}
        delivery = Delivery(name, headers, b"", (), now, settings=settings, data=body)
        try:
            found = adapter.translate(delivery)
        except BadInput:
            continue
        for fact in () if isinstance(found, DropReason) else found:
            if isinstance(fact, Event) and fact.id not in seen:
                seen.add(fact.id)
                yield fact


def _compare(services: Services, orders: list[list[Event]], report: Report) -> Iterator[list[Event]]:
    keys = [event_key(fact.partition, fact.id) for facts in orders for fact in facts]
    stored = {
        item["sk"]: events.parse(json.loads(item["body"]))
        for item in services.events.get_many(keys, attributes=("sk", "body"))
    }
    for facts in orders:
        absent = [fact for fact in facts if fact.id not in stored]
        stages = [fact for fact in absent if _is_stage(fact)]
        if any(isinstance(stored.get(fact.id), OrderCompleted) for fact in facts):
            stages = [fact for fact in stages if type(fact) is not OrderCreated]
        stages = _not_shown(services, stages) if stages else []
        if stages:
            report.lost += 1
            if len(report.lost_orders) < SHOWN:
                report.lost_orders.append(str(stages[0].order_id))  # type: ignore[attr-defined]
            yield [fact for fact in absent if fact in stages or not _is_stage(fact)]
        elif _is_newer(absent, [stored[fact.id] for fact in facts if fact.id in stored]):
            report.stale += 1
            yield [fact for fact in absent if not _is_stage(fact)]


def _is_stage(fact: Event) -> bool:
    return isinstance(fact, STAGES) and not isinstance(fact, OrderUpdated)


def _not_shown(services: Services, stages: list[Event]) -> list[Event]:
    """Without those that the customer's order shows all the same."""
    order_id = str(stages[0].order_id)  # type: ignore[attr-defined]
    kinds = ({"order": order_id}, *(fact.who for fact in stages))
    named = {(kind, value) for who in kinds for kind, value in who.items() if kind in ("order", "email", "customer")}
    for kind, value in sorted(named):
        customer = store.find(services, kind, value)
        order = customer.orders.get(order_id) if customer else None
        if order is not None:
            shown = {
                OrderCreated: True,
                OrderCompleted: order.paid_at is not None,
                OrderCancelled: order.cancelled_at is not None,
                OrderFulfilled: order.fulfilled_at is not None,
                OrderRefunded: False,
            }
            return [fact for fact in stages if not shown[type(fact)]]
    return stages


def _is_newer(absent: list[Event], stored: list[Event]) -> bool:
    """Whether the order's content is newer than any that the log holds under the ids at hand."""
    content = [fact for fact in absent if isinstance(fact, OrderUpdated)]
    known = [fact.updated_at for fact in stored if isinstance(fact, OrderCreated)]
    return bool(content) and (not known or content[0].updated_at > max(known))
