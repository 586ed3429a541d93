"""Every order that a store changed since a time, page by page, as its webhooks would have told it.

WooCommerce: REST API v3, ordered by id, so that an order that changes meanwhile
moves no other to a page that was read. Shopify: Admin REST API, whose next page
is named by the answer's Link header. An order becomes the deliveries that its
webhooks would have been; what these mean is the adapters' business.
"""

import base64
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

from chalicelib.collect import fields, strict_json
from chalicelib.errors import BadJson, DriplineError
from cli.reconcile.web import Answer, Web

SHOPIFY_VERSION = "2026-01"
WOO_PAGE, SHOPIFY_PAGE = 100, 250
PAGES = 100_000
_NEXT = re.compile(r'<([^<>]+)>\s*;[^,<]*rel="?next"?')
Topics = list[tuple[str, Mapping[str, Any]]]
"""Topic and body of each delivery, in the order they would have come."""


def woocommerce(web: Web, credential: str, since: datetime) -> Iterator[Topics]:
    """`credential` is `consumer key:consumer secret`."""
    headers = {"Authorization": f"Basic {base64.b64encode(credential.encode()).decode()}"}
    asked = {
        "modified_after": since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S"),
        "dates_are_gmt": "true",
        "orderby": "id",
        "order": "asc",
        "status": "any",
        "per_page": WOO_PAGE,
    }
    before: list[Any] = []
    for page in range(1, PAGES):
        answer = web.get(f"/wp-json/wc/v3/orders?{urlencode(asked | {'page': page})}", headers)
        orders = _orders(answer, None)
        named = [order.get("id") for order in orders]
        if orders and named == before:
            raise DriplineError("the shop gives the same page of orders again, whichever page is asked for")
        before = named
        for order in orders:
            yield [("order.updated", order)]
        pages = answer.headers.get("x-wp-totalpages", "")
        if not orders or (pages.isdecimal() and page >= int(pages)):
            return


def shopify(web: Web, credential: str, since: datetime) -> Iterator[Topics]:
    """`credential` is an Admin API access token that may read orders."""
    headers = {"X-Shopify-Access-Token": credential}
    base = f"/admin/api/{SHOPIFY_VERSION}/orders.json"
    path = f"{base}?{urlencode({'status': 'any', 'updated_at_min': _iso(since), 'limit': SHOPIFY_PAGE})}"
    seen = {path}
    for _ in range(PAGES):
        answer = web.get(path, headers)
        for order in _orders(answer, "orders"):
            yield _as_webhooks(order)
        following = _NEXT.search(answer.headers.get("link", ""))
        if not following:
            return
        named = urlsplit(following[1])  # the host is always the shop's own, whatever the link says
        path = f"{named.path}?{named.query}"
        if named.path != base or path in seen:
            raise DriplineError("the shop's next page is no page of orders, or one that was read")
        seen.add(path)


def _as_webhooks(order: Mapping[str, Any]) -> Topics:
    """A snapshot as the deliveries that led to it, each dated by what the snapshot says of its stage."""
    found: Topics = [("orders/create", order)]
    if order.get("financial_status") in ("paid", "partially_refunded", "refunded"):
        found.append(("orders/paid", {**order, "updated_at": order.get("processed_at") or order.get("created_at")}))
    sent = fields.parts(order.get("fulfillments"))
    if order.get("fulfillment_status") == "fulfilled":
        at = sent[-1].get("created_at") if sent else None
        found.append(("orders/fulfilled", {**order, "updated_at": at or order.get("updated_at")}))
    if order.get("cancelled_at"):
        found.append(("orders/cancelled", order))
    found += [
        ("refunds/create", {"order_id": order.get("id"), **refund}) for refund in fields.parts(order.get("refunds"))
    ]
    return [*found, ("orders/updated", order)]


def _orders(answer: Answer, name: str | None) -> list[Mapping[str, Any]]:
    if answer.status in (401, 403):
        raise DriplineError("the shop refused the credential; it must be allowed to read orders")
    if answer.status != 200:
        raise DriplineError(f"the shop answered {answer.status} to the question for its orders")
    try:
        data: Any = strict_json.read(answer.body)
    except BadJson:
        raise DriplineError("the shop's answer is not JSON: is this the shop's own address?") from None
    listed = data.get(name) if name and isinstance(data, dict) else data
    if not isinstance(listed, list):
        raise DriplineError("the shop's answer holds no list of orders")
    return [each for each in listed if isinstance(each, dict)]


def _iso(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
