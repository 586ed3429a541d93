"""Which facts of a store the log lacks, and those written: each once, as the webhook would have.

A stage of an order counts as told when its fact is in the log, under the
webhook's own id, or when the customer's order already shows it (an import may
have told it). What an order says beside its stages (its content, its buyer) is
written where it is newer than what was told, or where a stage was missing. A
yes to messages is left alone where the person has said no to us. Refuses to
write anything that a webhook would not have.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import groupby, islice
from typing import Any

from chalicelib import clock, events
from chalicelib.aws.services import Services
from chalicelib.aws.table import event_key, piece_key, product_key
from chalicelib.catalogue import store as catalogue
from chalicelib.catalogue.product import Product, ProductChange, StockChange, merge_all, pieces_of, product_of
from chalicelib.collect.delivery import Delivery, DropReason, Source
from chalicelib.errors import BadInput
from chalicelib.events import (
    CheckoutStarted,
    ConsentRecorded,
    CustomerUpdated,
    Event,
    OrderCancelled,
    OrderCompleted,
    OrderCreated,
    OrderFulfilled,
    OrderRefunded,
    OrderUpdated,
    ProductReturned,
)
from chalicelib.profile import log, store
from chalicelib.profile.customer import Customer
from cli.reconcile.told import Told

Change = ProductChange | StockChange
BLOCK = 200
SHOWN = 20
STAGES = (OrderCreated, OrderCompleted, OrderCancelled, OrderFulfilled, OrderRefunded, ProductReturned)


@dataclass
class Count:
    """`lost` ones lacked a stage, a consent or all of it; `stale` ones lacked only their newest content."""

    asked: int = 0
    lost: int = 0
    stale: int = 0
    unusable: int = 0


@dataclass
class Report:
    """`kept` yeses were not taken over, since the person said no to us. `part` and `reached` say how far it came."""

    parts: dict[str, Count] = field(default_factory=dict)
    written: dict[str, int] = field(default_factory=dict)
    lost_orders: list[str] = field(default_factory=list)
    kept: int = 0
    dry_run: bool = False
    part: str = ""
    reached: datetime | None = None

    def to_json(self) -> dict[str, Any]:
        return {
            "dry_run": self.dry_run,
            "parts": {name: vars(count) for name, count in self.parts.items()},
            "written": dict(sorted(self.written.items())),
            "lost_orders": self.lost_orders,
            "consents_left_alone": self.kept,
        }


def reconcile(
    services: Services,
    adapter: Source,
    name: str,
    told: Iterable[Told],
    report: Report,
    *,
    shop: str,
    settings: Mapping[str, Any],
    now: datetime,
    on_block: Callable[[], None] = lambda: None,
) -> None:
    """Compare everything told with what is known and write what it lacks; `report` says what was found so far.

    Raises DriplineError of the store, Unavailable of AWS: what was compared before is written.
    """
    for part, things in groupby(told, lambda each: each.part):
        report.part, report.reached = part, None
        count = report.parts.setdefault(part, Count())
        while block := list(islice(things, BLOCK)):
            found = [list(_findings(adapter, name, shop, each, settings, now)) for each in block]
            count.asked += len(block)
            count.unusable += sum(not each for each in found)
            if part in ("products", "stock"):
                _change_products(services, found, count, report, now)
            else:
                missing = [fact for facts in _missing(services, part, found, count, report) for fact in facts]
                if not report.dry_run:
                    log.append_many(services, missing)
                for fact in missing:
                    report.written[fact.name] = report.written.get(fact.name, 0) + 1
            report.reached = block[-1].reached
            on_block()
    report.part = ""


def _findings(
    adapter: Source, name: str, shop: str, told: Told, settings: Mapping[str, Any], now: datetime
) -> Iterator[Any]:
    """What the adapter makes of a thing's deliveries: each fact once, and the person of an order once."""
    seen: set[str] = set()
    for topic, body in told.topics:
        headers = {f"x-{named}-topic": topic for named in ("wc-webhook", "shopify", "shopline", "shoplazza")}
        headers[f"x-{name}-shop-domain"] = shop
        delivery = Delivery(name, headers, b"", (), now, settings=settings, data=body)
        try:
            found = adapter.translate(delivery)
        except BadInput:
            continue
        for each in () if isinstance(found, DropReason) else found:
            known = "person" if isinstance(each, CustomerUpdated) else getattr(each, "id", "")
            if not known or known not in seen:
                seen.add(known)
                yield each


def _missing(
    services: Services, part: str, found: list[list[Event]], count: Count, report: Report
) -> Iterator[list[Event]]:
    keys = [event_key(fact.partition, fact.id) for facts in found for fact in facts]
    items = services.events.get_many(keys, attributes=("sk", "body")) if keys else ()
    stored = {item["sk"]: events.parse(json.loads(item["body"])) for item in items}
    for facts in found:
        absent = [fact for fact in facts if fact.id not in stored]
        if not absent:
            continue
        if part == "orders":
            yield _of_order(services, facts, absent, stored, count, report)
        elif part == "checkouts":
            yield _of_checkout(services, absent, count)
        else:
            yield _of_customer(services, absent, count, report)


def _of_order(
    services: Services,
    facts: list[Event],
    absent: list[Event],
    stored: Mapping[str, Event],
    count: Count,
    report: Report,
) -> list[Event]:
    stages = [fact for fact in absent if _is_stage(fact)]
    if any(isinstance(stored.get(fact.id), OrderCompleted) for fact in facts):
        stages = [fact for fact in stages if type(fact) is not OrderCreated]
    stages = _not_shown(services, stages) if stages else []
    if stages:
        count.lost += 1
        if len(report.lost_orders) < SHOWN:
            report.lost_orders.append(str(stages[0].order_id))  # type: ignore[attr-defined]
        return [fact for fact in absent if fact in stages or not _is_stage(fact)]
    if _is_newer(absent, [stored[fact.id] for fact in facts if fact.id in stored]):
        count.stale += 1
        return [fact for fact in absent if not _is_stage(fact)]
    return []


def _of_checkout(services: Services, absent: list[Event], count: Count) -> list[Event]:
    """A checkout of whose customer a cart as new is known says nothing new, whatever told of that cart."""
    found: list[Event] = []
    for fact in absent:
        if isinstance(fact, CheckoutStarted):
            customer = _whose(services, {"order": fact.checkout_id, **fact.who})
            known = customer.facets.get("cart") if customer else None
            if not known or known[0] < clock.to_text(fact.updated_at):
                found.append(fact)
    count.lost += bool(found)
    return found


def _of_customer(services: Services, absent: list[Event], count: Count, report: Report) -> list[Event]:
    consents = [fact for fact in absent if isinstance(fact, ConsentRecorded)]
    customer = _whose(services, consents[0].who) if consents else None
    lost: list[Event] = []
    for fact in consents:
        known = customer.consent_of(fact.channel) if customer else None
        if known and known.event_id == fact.id:
            continue  # told by a delivery that names the person otherwise
        if known and fact.subscribed and known.state == "unsubscribed":
            report.kept += 1
            continue
        lost.append(fact)
    content = [fact for fact in absent if not isinstance(fact, ConsentRecorded)]
    count.lost += bool(lost)
    count.stale += bool(content) and not lost
    return [*content, *lost]


def _change_products(services: Services, found: list[list[Any]], count: Count, report: Report, now: datetime) -> None:
    """What the store says of its stock was so at some moment since it was begun to be asked."""
    read_at = max(now, clock.now())
    for changes in found:
        changes = [
            replace(each, stock_at=now, read_at=read_at) if isinstance(each, ProductChange) else each
            for each in changes
        ]
        if news := _news_of(services, changes):
            count.stale += 1
            if not report.dry_run:
                catalogue.put(services, news, now)


def _news_of(services: Services, changes: list[Change]) -> list[Change]:
    """Those of the changes that would make a product another.

    Stock of a piece that no product has claimed is no news: its product is not known here.
    """
    found: list[Change] = []
    for change in changes:
        product_id = change.product_id
        if not product_id and isinstance(change, StockChange):
            product_id = (services.catalog.get(piece_key(change.piece)) or {}).get("product_id", "")
        item = services.catalog.get(product_key(product_id)) if product_id else None
        before = json.loads(item["body"]) if item else {}
        after = merge_all(before, [change])
        is_other = isinstance(change, ProductChange) and _believed(product_id, after) != _believed(product_id, before)
        if is_other or (isinstance(change, StockChange) and product_id and after != before):
            found.append(change)
    return found


def _believed(product_id: str, state: dict[str, Any]) -> tuple[Product, set[str]]:
    """What a product is taken for, whenever that was told, and which pieces are its own."""
    return replace(product_of(product_id, state), updated_at=None), pieces_of(state)


def _is_stage(fact: Event) -> bool:
    return isinstance(fact, STAGES) and not isinstance(fact, OrderUpdated)


def _whose(services: Services, who: Mapping[str, str]) -> Customer | None:
    for kind in ("order", "email", "customer", "phone"):
        if who.get(kind) and (customer := store.find(services, kind, who[kind])):
            return customer
    return None


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
            }
            return [fact for fact in stages if not shown.get(type(fact), False)]
    return stages


def _is_newer(absent: list[Event], stored: list[Event]) -> bool:
    """Whether the order's content is newer than any that the log holds under the ids at hand."""
    content = [fact for fact in absent if isinstance(fact, OrderUpdated)]
    known = [fact.updated_at for fact in stored if isinstance(fact, OrderCreated)]
    return bool(content) and (not known or content[0].updated_at > max(known))
