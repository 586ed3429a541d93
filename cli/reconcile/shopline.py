"""Everything of a SHOPLINE shop that changed since a time, as its webhooks would have told it.

SHOPLINE's Admin REST API, version v20260301 (developer.shopline.com: get
orders, query all refunds of an order, get customers, get products, batch query
inventory, paging mechanism, rate limiting): the token as a bearer's, pages by
`page_info` of the header `link`. Orders are asked for once for each state of
shipping and of filing, since those are the filters' defaults and not "any".
Levels of stock are asked for by the pieces of all products: they cannot be told
by when they changed. Deletions are not told, nor carts and checkouts.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice, product
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from chalicelib.collect import fields
from cli.reconcile.listing import Onward, data_of, listed
from cli.reconcile.told import Told, Topics
from cli.reconcile.web import Web

VERSION = "v20260301"
PARTS = ("orders", "customers", "products", "stock")
ORDERS, OTHERS, REFUNDS, PIECES = 100, 250, 250, 50
_SHIPPING = ("unshipped", "partial", "shipped")
_PAID = ("paid", "partially_refunded", "refunded")
_PATHS = {"orders": "orders", "customers": "v2/customers", "products": "products/products"}
_NEXT = re.compile(r'<([^<>]{1,4000})>\s*;\s*rel="next"')
Thing = Mapping[str, Any]


def read(web: Web, credential: str, since: datetime, parts: Sequence[str]) -> Iterator[Told]:
    """`credential` is the access token of an app installed in the shop."""
    api = _Api(web, credential)
    changed = {"updated_at_min": since.astimezone(UTC).isoformat(timespec="seconds")}
    for part in (each for each in PARTS if each in parts):
        if part == "orders":
            yield from _orders(api, changed)
        elif part == "stock":
            yield from _stock(api, since)
        else:
            for each in api.pages(part, changed | {"limit": OTHERS}):
                yield Told(part, [(f"{part}/update", each)])


class _Api:
    def __init__(self, web: Web, credential: str) -> None:
        self._web = web
        self._headers = {
            "Authorization": f"Bearer {credential}",
            "Content-Type": "application/json; charset=utf-8",
        }

    def pages(self, part: str, asked: Mapping[str, Any]) -> Iterator[Thing]:
        """Everything of a list, page after page: the next one's question is what the last one's header says of it."""
        onward = Onward(part)
        while asked:
            answer = self._web.ask(f"/admin/openapi/{VERSION}/{_PATHS[part]}.json?{urlencode(asked)}", self._headers)
            yield from listed(data_of(answer, part), part, part)
            link = _NEXT.search(answer.headers.get("link", ""))
            page = parse_qs(urlsplit(link[1]).query).get("page_info", [""])[0] if link else ""
            asked = {"limit": asked["limit"], "page_info": onward.to(page)} if page else {}

    def one(self, path: str, name: str, part: str, **asked: Any) -> list[Thing]:
        """A list that comes in one answer."""
        answer = self._web.ask(f"/admin/openapi/{VERSION}/{path}.json?{urlencode(asked)}", self._headers)
        return listed(data_of(answer, part), part, name)


def _orders(api: _Api, changed: Mapping[str, str]) -> Iterator[Told]:
    told = set()
    for shipping, filed in product(_SHIPPING, ("false", "true")):
        asked = {"status": "any", "fulfillment_status": shipping, "hidden_order": filed, "limit": ORDERS}
        for order in api.pages("orders", {**changed, **asked}):
            version = (fields.identifier(order.get("id")), fields.text(order.get("updated_at")))
            if version not in told:
                told.add(version)
                yield Told("orders", [*_stages(order), *_refunds(api, order)])


def _stages(order: Thing) -> Topics:
    """A snapshot as the deliveries that led to it."""
    found: Topics = [("orders/create", order)]
    if order.get("financial_status") in _PAID:
        found.append(("orders/paid", order))
    if order.get("fulfillment_status") in ("shipped", "fulfilled"):
        found.append(("orders/fulfilled", order))
    if order.get("cancelled_at"):
        found.append(("orders/cancelled", order))
    return [*found, ("orders/updated", order)]


def _refunds(api: _Api, order: Thing) -> Topics:
    """Each refund by itself, which names the order only by where it was asked for."""
    order_id = fields.identifier(order.get("id"))
    is_refunded = order.get("financial_status") in ("partially_refunded", "refunded") or order.get("refunds")
    if not is_refunded or not order_id:
        return []
    refunds = api.one(f"orders/{quote(order_id, safe='')}/refunds", "refunds", "orders", limit=REFUNDS)
    return [("refunds/create", {**each, "order_id": order_id}) for each in refunds]


def _stock(api: _Api, since: datetime) -> Iterator[Told]:
    pieces = (
        fields.identifier(variant.get("inventory_item_id"))
        for each in api.pages("products", {"fields": "id,variants", "limit": OTHERS})
        for variant in fields.parts(each.get("variants"), 2000)
    )
    known = (piece for piece in pieces if piece)
    while block := list(islice(known, PIECES)):
        for level in api.one("inventory_levels", "inventory_levels", "stock", inventory_item_ids=",".join(block)):
            if (fields.instant(level.get("updated_at")) or since) >= since:
                yield Told("stock", [("inventory_levels/update", level)])
