"""Shopify's products as JSON → news of products: the shop's own `/products.json`, and an Admin export.

Takes one object with `products`, a list, or one product a line; ids are kept
to the last digit. One product at a time is in memory. A file that ends early
raises BadInput after its products were read, so that nobody takes what is
missing for removed.
"""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from chalicelib import money
from chalicelib.catalogue.product import ProductChange
from chalicelib.catalogue.variants import Variant, stock_of, told_of
from chalicelib.collect import fields
from chalicelib.errors import BadInput
from cli.imports.products import SOURCE, News, RefusedProduct

CHUNK = 1 << 16
PRODUCT_LIMIT = 8 << 20
_OPENING = re.compile(r'\s*(?:\{\s*"products"\s*:\s*)?\[')
_BETWEEN = re.compile(r"[\s,]*")
_SPACE = re.compile(r"\s*")


class ProductFile:
    """Iterate for (place in the file, product); `position` is how far it was read, in characters."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.size = path.stat().st_size
        self.position = 0

    def __iter__(self) -> Iterator[tuple[int, Any]]:
        try:
            with self._path.open(encoding="utf-8-sig", errors="strict") as file:
                yield from self._read(file)
        except UnicodeDecodeError:
            raise BadInput(f"{self._path.name} is not UTF-8; save it as UTF-8 and try again") from None

    def _read(self, file: Any) -> Iterator[tuple[int, Any]]:
        decoder = json.JSONDecoder(parse_float=Decimal, parse_constant=_refuse_constant)
        buffer = file.read(CHUNK)
        opening = _OPENING.match(buffer)
        is_list = opening is not None
        buffer = buffer[opening.end() :] if opening else buffer
        place, ended = 0, False
        while True:
            between = _BETWEEN if is_list else _SPACE
            start = between.match(buffer).end()  # type: ignore[union-attr]
            buffer = buffer[start:]
            if is_list and buffer.startswith("]"):
                return
            try:
                if not buffer:
                    raise ValueError("more is needed")
                product, end = decoder.raw_decode(buffer)
                if end == len(buffer) and not ended:
                    raise ValueError("a number may go on")
            except (ValueError, RecursionError):
                more = file.read(max(CHUNK, len(buffer)))  # twice as much each time, so a large product stays linear
                self.position += len(more)
                ended = not more
                if ended and not buffer and not is_list:
                    return
                if (ended and not _decodes(decoder, buffer)) or len(buffer) > PRODUCT_LIMIT:
                    raise BadInput(f"{self._path.name} is no JSON of products, or ends before it is complete") from None
                buffer += more
                continue
            buffer = buffer[end:]
            place += 1
            yield place, product


def _decodes(decoder: json.JSONDecoder, buffer: str) -> bool:
    try:
        decoder.raw_decode(buffer)
    except (ValueError, RecursionError):
        return False
    return True


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def read(products: Iterator[tuple[int, Any]], *, told_at: datetime, currency: str, shop_url: str) -> Iterator[News]:
    """One change a product. The place of a refusal is the product's number in the file."""
    for place, data in products:
        product_id = fields.identifier(data.get("id")) if isinstance(data, Mapping) else ""
        try:
            if not product_id:
                raise BadInput("no product, or one without an id")
            yield _change(product_id, data, told_at, currency, shop_url)
        except BadInput as fault:
            yield RefusedProduct(place, str(fault), product_id=product_id)


def _change(product_id: str, data: Mapping[str, Any], told_at: datetime, currency: str, shop_url: str) -> ProductChange:
    told: dict[str, Any] = {
        "title": fields.text(data.get("title"), 300),
        "category": fields.text(data.get("product_type"), 200),
        "brand": fields.text(data.get("vendor"), 120),
        "tags": _tags(data.get("tags")),
        "image": _image(data),
        "deleted": data.get("status", "active") not in ("active", "ACTIVE") or data.get("published_at", "") is None,
    }
    if isinstance(data.get("body_html"), str):
        told["description"] = data["body_html"]
    handle = fields.text(data.get("handle"), 255)
    if shop_url and re.fullmatch(r"[\w%-]+", handle):
        told["url"] = f"{shop_url}/products/{handle}"
    told_variants: Any = data.get("variants")
    listed = [each for each in told_variants if isinstance(each, Mapping)] if isinstance(told_variants, list) else []
    variants = [_variant(each, currency) for each in listed]
    if variants:
        told |= told_of(variants)
    counted = [each for each in variants if each.piece and each.quantity is not None]
    stock: dict[str, int | None] | None = None
    if any("inventory_quantity" in each for each in listed):
        stock = stock_of(each for each in variants if each.piece)
    elif variants and not counted and not any(each.can_be_bought for each in variants):
        stock = {"": 0}  # the shop's own listing counts nothing, but says that none can be bought
    at = fields.instant(data.get("updated_at")) or told_at
    return ProductChange(product_id, at, SOURCE, told, stock, read_at=told_at)


def _variant(data: Mapping[str, Any], currency: str) -> Variant:
    def amount(name: str) -> money.Money | None:
        value = data.get(name)
        return None if value in (None, "") else money.parse(value, currency)

    is_counted = data.get("inventory_management", "shopify") is not None
    quantity = data.get("inventory_quantity")
    keeps_selling = data.get("inventory_policy") == "continue"
    return Variant(
        piece=fields.identifier(data.get("inventory_item_id")) or fields.identifier(data.get("id")),
        price=amount("price"),
        compare_at=amount("compare_at_price"),
        cost=amount("cost"),
        quantity=quantity if is_counted and not keeps_selling and type(quantity) is int else None,
        available=data["available"] if isinstance(data.get("available"), bool) else None,
    )


def _image(data: Mapping[str, Any]) -> str:
    images = data.get("images")
    first = data.get("image") or (images[0] if isinstance(images, list) and images else None)
    source = first.get("src") if isinstance(first, Mapping) else first
    return source if isinstance(source, str) else ""


def _tags(value: Any) -> list[str]:
    """A list in the shop's own listing, words with commas in the Admin's."""
    if isinstance(value, str):
        return [tag.strip() for tag in value.split(",")]
    return [tag for tag in value if isinstance(tag, str)] if isinstance(value, list) else []
