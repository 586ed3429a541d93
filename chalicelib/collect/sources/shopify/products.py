"""Shopify's products and stock → changes of the catalogue. Nothing here is about a person.

A product carries no currency: its prices are in the shop's, which the playbook
names. Stock is told by piece, which is a variant's inventory item; one that is
not counted, or is sold beyond what there is, has no number. What is drafted,
archived or not published counts as deleted until it is told otherwise.
"""

from collections.abc import Mapping
from typing import Any

from chalicelib.catalogue.product import ProductChange, StockChange
from chalicelib.collect import fields
from chalicelib.collect.delivery import DropReason
from chalicelib.collect.sources.sender import Sender
from chalicelib.collect.sources.shopify.orders import updated_at
from chalicelib.errors import BadInput

_VARIANTS = 2000


def read_product(data: Mapping[str, Any], sender: Sender) -> list[ProductChange]:
    variants = fields.parts(data.get("variants"), _VARIANTS)
    priced = [(price, each) for each in variants if (price := sender.price(each.get("price"))) is not None]
    told: dict[str, Any] = {
        "title": fields.text(data.get("title"), 240),
        "description": data.get("body_html") if isinstance(data.get("body_html"), str) else "",
        "image": _image_of(data),
        "category": fields.text(data.get("product_type"), 80),
        "brand": fields.text(data.get("vendor"), 80),
        "tags": [tag.strip() for tag in fields.text(data.get("tags"), 4000).split(",") if tag.strip()],
        "deleted": data.get("status", "active") != "active" or data.get("published_at", "") is None,
    }
    handle = fields.text(data.get("handle"), 240)
    if sender.url and handle:
        told["url"] = fields.link(f"{sender.url}/products/{handle}")
    if priced:
        there = [each for each in priced if _can_be_bought(each[1])] or priced
        told["price"], cheapest = min(there, key=lambda each: each[0].amount)
        was = sender.price(cheapest.get("compare_at_price"))
        told["compare_at"] = was if was and was.amount > told["price"].amount else None
    at, stock = updated_at(data, sender), _stock_of(variants)
    return [ProductChange(_id_of(data), at, sender.name, told, stock, read_at=sender.now)]


def read_deleted_product(data: Mapping[str, Any], sender: Sender) -> list[ProductChange]:
    return [ProductChange(_id_of(data), sender.now, sender.name, {"deleted": True})]


def read_level(data: Mapping[str, Any], sender: Sender) -> list[StockChange]:
    """How many of a piece are in one place; `available` is null for what is not counted there."""
    return [_level(data, _count(data.get("available")), sender)]


def read_gone_level(data: Mapping[str, Any], sender: Sender) -> list[StockChange]:
    return [_level(data, 0, sender)]


def read_item(data: Mapping[str, Any], sender: Sender) -> list[StockChange] | DropReason:
    """That a piece is no longer counted; that it is counted again is told by its product and its levels."""
    item = fields.part(data, "inventory_item") or data
    if item.get("tracked") not in (False, "false"):
        return DropReason.NO_CHANGE
    return [StockChange(fields.identifier(item.get("id")), None, updated_at(item, sender), sender.name)]


def _level(data: Mapping[str, Any], quantity: int | None, sender: Sender) -> StockChange:
    piece, place = fields.identifier(data.get("inventory_item_id")), fields.identifier(data.get("location_id"))
    return StockChange(piece, quantity, updated_at(data, sender), sender.name, place)


def _stock_of(variants: list[Mapping[str, Any]]) -> dict[str, int | None] | None:
    """Piece → quantity; variants without an inventory item are one piece together. None where nothing is told."""
    found: dict[str, int | None] = {}
    for each in variants:
        counted = each.get("inventory_management") is not None and each.get("inventory_policy") != "continue"
        quantity = _count(each.get("inventory_quantity")) if counted else None
        piece = fields.identifier(each.get("inventory_item_id"))
        before = found.get(piece, 0)
        found[piece] = None if quantity is None or before is None else before + quantity
    return found or None


def _can_be_bought(variant: Mapping[str, Any]) -> bool:
    counted = variant.get("inventory_management") is not None and variant.get("inventory_policy") != "continue"
    quantity = _count(variant.get("inventory_quantity"))
    return not counted or quantity is None or quantity > 0


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**9 else None


def _image_of(data: Mapping[str, Any]) -> str:
    images = fields.parts(data.get("images"), 1)
    return fields.image(fields.part(data, "image").get("src") or (images[0].get("src") if images else ""))


def _id_of(data: Mapping[str, Any]) -> str:
    found = fields.identifier(data.get("id"))
    if not found:
        raise BadInput("a product without an id")
    return found
