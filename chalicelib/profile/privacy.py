"""Works off what people and storefronts ask for: data requests, redactions, erasures at work.

A request is an item of the catalog: `topic` (customers/data_request,
customers/redact, shop/redact), `source`, `shop`, `customer_id`, `email`, `phone`,
`orders`, `received_at`, `status` (open, working, done). A data request becomes
an export under `privacy/` in the data bucket, for the operator to hand over, gone
after 30 days; a redaction becomes an erasure, and the request loses everything
that names the person. A shop's redaction erases its customers, page by page, but
for those whom another shop of the platform told of or another storefront sold to. Refuses to answer a
storefront: the webhook did that.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

from chalicelib import ids
from chalicelib.aws import telemetry
from chalicelib.aws.services import Services
from chalicelib.aws.table import Item, Key, alias_key, privacy_request_key
from chalicelib.errors import DriplineError
from chalicelib.events import OrderCreated
from chalicelib.profile import erasure, export, replay, store, suppression, whereabouts
from chalicelib.profile.customer import Customer
from chalicelib.profile.erasure import Holder
from chalicelib.profile.whereabouts import Person

DATA_REQUEST, REDACT, REDACT_SHOP = "customers/data_request", "customers/redact", "shop/redact"
UNCONFIRMED = timedelta(days=30)
"""An erased person who signed up again and has not confirmed it for so long is erased again."""

_PEOPLE = 200
"""Customers of a shop that one run begins to erase."""

_NAMES = (("email", "email"), ("customer", "customer_id"), ("phone", "phone"))
_KEPT = ("topic", "shop", "received_at")


def export_object(request: str) -> str:
    return f"privacy/{request}.json"


def work_off(
    services: Services, now: datetime, holder: Holder, has_time: Callable[[], bool] = lambda: True
) -> dict[str, int]:
    """Everything that is open and due, while there is time; one request's fault is not another's.

    Raises the last fault at the end.
    """
    done = {"requests": 0, "looks": 0}
    fault: DriplineError | None = None
    for item in requests(services):
        if item.get("status") in ("open", "working"):
            try:
                _work(services, item, now, holder)
                done["requests"] += 1
            except DriplineError as failed:
                telemetry.log_fault("a privacy request was not worked off", failed, topic=item.get("topic", ""))
                fault = failed
    for identity in list(suppression.unconfirmed(services, now - UNCONFIRMED)):
        erasure.begin(services, whereabouts.named(services, [("profile", identity)]), "unconfirmed", now)
    for each in erasure.due(services, now):
        if not has_time():
            break
        try:
            erasure.look(services, each, now, holder)
            done["looks"] += 1
        except DriplineError as failed:
            telemetry.log_fault("an erasure was not carried on", failed)
            fault = failed
    if fault:
        raise fault
    return done


def requests(services: Services) -> Iterator[Item]:
    """Every request on record."""
    return services.catalog.query(privacy_request_key("").pk, consistent=True)


def person_of(services: Services, item: Item) -> Person | None:
    """Whom a request is about; None when it names nobody (any more)."""
    identifiers = [(kind, str(item.get(name) or "")) for kind, name in _NAMES]
    if not any(value for _, value in identifiers):
        return None
    person = whereabouts.named(services, identifiers)
    orders = {ids.identity_key("order", str(order)) for order in item.get("orders") or ()}
    others = {
        alias["pk"]
        for alias in services.profiles.get_many(map(alias_key, sorted(orders)), consistent=True)
        if alias["profile_id"] not in person.profile_ids
    }
    person.keys |= orders - others
    return person


def _work(services: Services, item: Item, now: datetime, holder: Holder) -> None:
    topic, key = item.get("topic"), Key(item["pk"], item["sk"])
    if topic == REDACT_SHOP:
        _redact_shop(services, item, now)
        return
    person = person_of(services, item)
    if topic == REDACT and person:
        reference = erasure.begin(services, person, REDACT, now)
        _close(services, item, erasure=reference)
    elif topic == DATA_REQUEST and person:
        document = export.export(services, person, now, holder)
        services.data.put(export_object(key.sk), export.to_json(document))
        _close(services, item, object=export_object(key.sk))
    else:
        _close(services, item, outcome="names nobody")


def _close(services: Services, item: Item, **outcome: str) -> None:
    kept: dict[str, Any] = {name: item[name] for name in _KEPT if name in item}
    services.catalog.put(Key(item["pk"], item["sk"]), kept | {"status": "done", **outcome})


def _redact_shop(services: Services, item: Item, now: datetime) -> None:
    """Begin to erase the customers of one shop that the next pages hold; the item remembers how far it came."""
    source, shop = item.get("source") or "shopify", item.get("shop") or ""
    begun, after = 0, Key(*item["after"]) if item.get("after") else None
    while begun < _PEOPLE:
        customers, after = store.scan(services, after=after)
        for customer in customers:
            if _is_of(services, customer, source, shop, now):
                person = whereabouts.named(services, [("profile", customer.profile_id)])
                erasure.begin(services, person, REDACT_SHOP, now)
                begun += 1
        if after is None:
            _close(services, item)
            return
    services.catalog.update(Key(item["pk"], item["sk"]), set={"status": "working", "after": list(after or ())})


def _is_of(services: Services, customer: Customer, source: str, shop: str, now: datetime) -> bool:
    """Whether that shop told of them, no other of its platform did, and they bought in no other storefront.

    A fact that names no shop is any one's of its platform.
    """
    profile = store.read(services, customer.profile_id)
    facts = replay.facts_of(services, profile, now) if profile else []
    shops = {fact.shop for fact in facts if fact.source == source}
    orders = {fact.order_id for fact in facts if isinstance(fact, OrderCreated)}
    return bool(shops) and shops <= {shop, ""} and all(each.startswith(f"{source}:") for each in orders)
