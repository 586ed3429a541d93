"""Everything of a Shoplazza shop that changed since a time, as its webhooks would have told it.

Shoplazza's REST API, version 2022-01 (shoplazza.dev: OpenAPI 202201, order
list, customer list, product list, cursor pagination): the token in the header
`access-token`, orders and customers by the number of the page, products by a
cursor, each by `updated_at_min`, and each thing with the fields that its
webhook has, which bears it under its name. An order that was not placed yet is
a checkout that is still open, and no webhook of it was lost. Deletions are not
told, nor refunds one by one.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import count
from typing import Any
from urllib.parse import urlencode

from chalicelib.collect import fields
from cli.reconcile.listing import Onward, data_of, listed
from cli.reconcile.told import Told
from cli.reconcile.web import Web

VERSION = "2022-01"
PAGE = 250
PRODUCTS = 50
PARTS = ("orders", "customers", "products")
Thing = Mapping[str, Any]


def read(web: Web, credential: str, since: datetime, parts: Sequence[str]) -> Iterator[Told]:
    """`credential` is the access token of an app installed in the shop."""
    headers = {"access-token": credential}
    changed = {"updated_at_min": since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")}
    for part in (each for each in PARTS if each in parts):
        pages = _by_cursor if part == "products" else _by_number
        for each in pages(web, headers, part, changed):
            if part != "orders" or fields.instant(each.get("placed_at")):
                yield Told(part, [(f"{part}/update", {part.removesuffix("s"): each})])


def _by_number(web: Web, headers: Mapping[str, str], part: str, changed: Mapping[str, str]) -> Iterator[Thing]:
    """Page by page, each thing once: what changes meanwhile may be moved to a page that comes later."""
    onward, told = Onward(part), set()
    for page in count(1):
        versions = {
            (fields.identifier(each.get("id")), fields.text(each.get("updated_at"))): each
            for each in listed(_ask(web, headers, part, {**changed, "limit": PAGE, "page": page}), part, part)
        }
        if not versions:
            return
        onward.to(tuple(versions))
        for version, each in versions.items():
            if version not in told:
                told.add(version)
                yield each


def _by_cursor(web: Web, headers: Mapping[str, str], part: str, changed: Mapping[str, str]) -> Iterator[Thing]:
    onward, cursor = Onward(part), ""
    while True:
        data = _ask(web, headers, part, {**changed, "per_page": PRODUCTS, **({"cursor": cursor} if cursor else {})})
        things = listed(data, part, part)
        yield from things
        cursor = fields.text(data.get("cursor"), 2000)
        if not things or not cursor or data.get("has_more") is False:
            return
        onward.to(cursor)


def _ask(web: Web, headers: Mapping[str, str], part: str, asked: Mapping[str, Any]) -> Any:
    return data_of(web.ask(f"/openapi/{VERSION}/{part}?{urlencode(asked)}", headers), part)
