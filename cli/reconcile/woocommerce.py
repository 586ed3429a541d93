"""Everything of a WooCommerce shop that changed since a time, page by page, as its webhooks would have told it.

REST API v3, ordered by id, so that what changes meanwhile moves nothing to a
page that was read. Orders and products are asked for by when they changed;
customers cannot be, so all of them are read and the older ones left out.
Coupons are not asked for, since their webhooks tell nothing either.
"""

import base64
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from chalicelib.collect import fields
from cli.reconcile.listing import Onward, data_of, listed
from cli.reconcile.told import Told
from cli.reconcile.web import Web

PAGE = 100
PAGES = 100_000
_TOPICS = {"orders": "order.updated", "customers": "customer.updated", "products": "product.updated"}
PARTS = tuple(_TOPICS)


def read(web: Web, credential: str, since: datetime, parts: Sequence[str]) -> Iterator[Told]:
    """`credential` is `consumer key:consumer secret`."""
    headers = {"Authorization": f"Basic {base64.b64encode(credential.encode()).decode()}"}
    ordered = {"orderby": "id", "order": "asc", "per_page": PAGE}
    changed = {
        "modified_after": since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S"),
        "dates_are_gmt": "true",
        "status": "any",
    }
    for part in (each for each in PARTS if each in parts):
        asked = ordered | ({} if part == "customers" else changed)
        for each in _pages(web, headers, part, asked):
            if part != "customers" or (_changed_at(each) or since) >= since:
                yield Told(part, [(_TOPICS[part], each)])


def _pages(web: Web, headers: Mapping[str, str], part: str, asked: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    onward = Onward(part)
    for page in range(1, PAGES):
        answer = web.ask(f"/wp-json/wc/v3/{part}?{urlencode({**asked, 'page': page})}", headers)
        things = listed(data_of(answer, part), part)
        if things:
            onward.to(tuple(fields.identifier(each.get("id")) for each in things))
        yield from things
        pages = answer.headers.get("x-wp-totalpages", "")
        if not things or (pages.isdecimal() and page >= int(pages)):
            return


def _changed_at(customer: Mapping[str, Any]) -> datetime | None:
    told = customer.get("date_modified_gmt") or customer.get("date_created_gmt")
    return fields.instant(told, utc=True)
