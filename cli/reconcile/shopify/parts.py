"""Everything of a shop that changed since a time, one part after another, as its webhooks would have told it.

What a thing's webhooks would have been is told by its state: a paid order was
created, paid and updated. Deletions are not told, since the API no longer
knows what is gone.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from chalicelib.collect import fields
from chalicelib.errors import DriplineError
from cli.reconcile.shopify import queries, shapes
from cli.reconcile.shopify.admin import Admin
from cli.reconcile.told import PARTS, Told, Topics

_RECENT = timedelta(days=60)
_LONGEST = 2_000
_PAID = ("paid", "partially_refunded", "refunded")
_LISTS = {each.name: each for each in queries.LISTS}
Node = Mapping[str, Any]


def read(admin: Admin, since: datetime, parts: Sequence[str], now: datetime) -> Iterator[Told]:
    """Raises DriplineError before anything is read where the app lacks a scope that the parts need."""
    wanted = [part for part in PARTS if part in parts]
    _check(admin.scopes(), wanted, since, now)
    changed = f"updated_at:>='{since.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}'"
    for name in wanted:
        if name == "stock":
            yield from _read_stock(admin, changed)
            continue
        part = _LISTS[name]
        for node in admin.nodes(part.query, part.field, first=part.first, query=changed):
            whole = {**node, **_whole(admin, node, part.rest)} if part.rest else node
            reached = fields.instant(node.get("updatedAt")) if part.by_change else None
            yield Told(name, list(_deliveries(admin, name, whole)), reached)


def _check(scopes: set[str], wanted: list[str], since: datetime, now: datetime) -> None:
    needs = {name: _LISTS[name].scopes if name in _LISTS else queries.STOCK_SCOPES for name in wanted}
    lacking = {name: [scope for scope in needs[name] if scope not in scopes] for name in wanted}
    if any(lacking.values()):
        told = "; ".join(f"{name} needs {', '.join(named)}" for name, named in lacking.items() if named)
        raise DriplineError(
            f"the app may not read all of this: {told}. Add the scopes and install the app again, "
            "or name with --only what it may read"
        )
    if "orders" in wanted and now - since > _RECENT and "read_all_orders" not in scopes:
        raise DriplineError(
            "orders of more than 60 days ago need the scope read_all_orders, which the app has not; "
            "without it begin at --since 60d"
        )


def _deliveries(admin: Admin, name: str, node: Node) -> Iterator[tuple[str, Node]]:
    if name == "orders":
        yield from _order(node)
        for refund in _refunds(admin, node):
            yield "refunds/create", shapes.refund(refund, node.get("legacyResourceId"))
    elif name == "customers":
        yield "customers/update", shapes.customer(node)
    elif name == "products":
        yield "products/update", shapes.product(node)
    elif fields.part(node, "customer", "defaultEmailAddress"):  # a checkout names nobody but its customer
        yield "checkouts/update", shapes.checkout(node)


def _order(node: Node) -> Topics:
    """A snapshot as the deliveries that led to it, each dated by what the snapshot says of its stage."""
    order = shapes.order(node)
    found: Topics = [("orders/create", order)]
    if order["financial_status"] in _PAID:
        found.append(("orders/paid", {**order, "updated_at": shapes.paid_at(node)}))
    if order["fulfillment_status"] == "fulfilled":
        found.append(("orders/fulfilled", {**order, "updated_at": shapes.sent_at(node)}))
    if order["cancelled_at"]:
        found.append(("orders/cancelled", order))
    return [*found, ("orders/updated", order)]


def _refunds(admin: Admin, node: Node) -> Iterator[Node]:
    """Each refund with all its lines, asked for one by one: their lists lie too deep for the question for orders."""
    if not fields.parts(node.get("refunds")):
        return
    order = fields.part(admin.ask(queries.REFUNDS, id=node.get("id")), "order")
    for named in fields.parts(order.get("refunds"), 250):
        yield _refund(admin, named.get("id"))


def _refund(admin: Admin, refund_id: Any) -> Node:
    def ask(after: Any) -> Node:
        return fields.part(admin.ask(queries.REFUND, id=refund_id, after=after), "refund")

    refund, lines = ask(None), "refundLineItems"
    nodes = _to_the_end(fields.part(refund, lines), lambda after: fields.part(ask(after), lines))
    return {**refund, lines: {"nodes": nodes}}


def _whole(admin: Admin, node: Node, name: str) -> dict[str, Any]:
    """A list within a node, to its end."""
    kind = "AbandonedCheckout" if "AbandonedCheckout" in str(node.get("id")) else queries.REST[name][0]

    def ask(after: Any) -> Node:
        return fields.part(admin.ask(queries.rest_of(name, kind), id=node.get("id"), after=after), "node", name)

    return {name: {"nodes": _to_the_end(fields.part(node, name), ask)}}


def _to_the_end(listed: Node, ask: Callable[[Any], Node]) -> list[Node]:
    """The nodes of a list and of the pages after it, as many as an adapter reads."""
    nodes = fields.parts(listed.get("nodes"), 250)
    while fields.part(listed, "pageInfo").get("hasNextPage") and len(nodes) < _LONGEST:
        listed = ask(fields.part(listed, "pageInfo").get("endCursor"))
        more = fields.parts(listed.get("nodes"), 250)
        if not more:
            break
        nodes += more
    return nodes


def _read_stock(admin: Admin, changed: str) -> Iterator[Told]:
    """Levels that changed, place by place."""
    for place in list(admin.nodes(queries.LOCATIONS, "locations", first=100)):
        named = shapes.number(place.get("id"))
        path = ("location", "inventoryLevels")
        for node in admin.nodes(queries.LEVELS, *path, first=150, id=place.get("id"), query=changed):
            yield Told("stock", [("inventory_levels/update", shapes.level(node, named))])
