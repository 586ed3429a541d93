"""Products in the catalog table: written under optimistic versions, read one by one or shard by shard.

News of stock that name only a piece (a variant's inventory item) wait under
the piece until a product claims it, so neither need come first. A piece is the
product's that last named it, by when the sources said so. Refuses to
write a product that somebody else changed since it was read.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from chalicelib import clock
from chalicelib.aws.services import Services
from chalicelib.aws.table import PRODUCT_SHARDS, Item, Key, piece_key, product_key, product_shard
from chalicelib.catalogue.product import (
    Product,
    ProductChange,
    State,
    StockChange,
    merge_all,
    pieces_of,
    product_of,
    told_at,
)
from chalicelib.catalogue.stock import LOST
from chalicelib.errors import Unavailable

Change = ProductChange | StockChange
BLOCK = 500
AHEAD = timedelta(minutes=5)
"""How far a source's clock may be ahead of ours; news from further ahead count as told now."""
_TRIES = 8


def put(services: Services, changes: Iterable[Change], now: datetime) -> int:
    """Merge the news into their products; how many products became others. The same news again change nothing."""
    written = 0
    block: list[Change] = []
    for change in changes:
        block.append(_not_ahead(change, now))
        if len(block) >= BLOCK:
            written += _put_block(services, block)
            block = []
    return written + _put_block(services, block)


def _put_block(services: Services, changes: list[Change]) -> int:
    by_product: dict[str, list[Change]] = defaultdict(list)
    for change in changes:
        product_id = change.product_id or _owner_of(services, change)
        if product_id:
            by_product[product_id].append(change)
    items = _read(services, by_product)
    return sum(_put_one(services, each, news, items.get(each)) for each, news in by_product.items())


def _put_one(services: Services, product_id: str, changes: list[Change], item: Item | None) -> bool:
    for attempt in range(_TRIES):
        if attempt:
            item = services.catalog.get(product_key(product_id), consistent=True)
        before: State = json.loads(item["body"]) if item else {}
        after = merge_all(before, changes)
        if told_at(after) != told_at(before):
            after = merge_all(after, _claim(services, product_id, after))
        if after == before:
            return False
        version = item["version"] if item else 0
        attributes = {"body": _text(after), "version": version + 1}
        condition: dict[str, Any] = {"version": version} if item else {"pk": None}
        if services.catalog.put(product_key(product_id), attributes, only_if=condition):
            return True
    raise Unavailable(f"a product was changed by others {_TRIES} times in a row")


def _claim(services: Services, product_id: str, state: State) -> list[StockChange]:
    """Say whose these pieces are; the news of their stock that waited for it.

    The news stay under the piece: a crash before they are in the product loses
    none, and merging them again changes nothing.
    """
    keys = {piece_key(piece): piece for piece in sorted(pieces_of(state))}
    held = {item["pk"]: item for item in services.catalog.get_many(keys, consistent=True)}
    waited: list[StockChange] = []
    for key, piece in keys.items():
        item = _claim_one(services, key, held.get(key.pk), (told_at(state), product_id), piece)
        for place, levels in json.loads(item.get("waiting", "{}")).items():
            for at, source, quantity in levels:
                if quantity != LOST:
                    waited.append(StockChange(piece, quantity, clock.parse(at), source, place, product_id))
    return waited


def _claim_one(services: Services, key: Key, item: Item | None, claim: tuple[str, str], piece: str) -> Item:
    """The piece's item once it is ours, or nothing where another product still names the piece and was told later."""
    for _ in range(_TRIES):
        owner = item.get("product_id", "") if item else ""
        if item and owner == claim[1]:
            return item
        if owner:
            other = services.catalog.get(product_key(owner), consistent=True)
            state: State = json.loads(other["body"]) if other else {}
            if piece in pieces_of(state) and (told_at(state), owner) > claim:
                return {}
        only_if = {"product_id": owner or None, "version": item.get("version")} if item else {"pk": None}
        if services.catalog.update(key, set={"product_id": claim[1]}, only_if=only_if):
            return item or {}
        item = services.catalog.get(key, consistent=True)
    raise Unavailable(f"a piece was claimed by others {_TRIES} times in a row")


def _owner_of(services: Services, change: Change) -> str:
    """The product a piece belongs to; '' when nobody knows yet, and then the news wait under the piece."""
    if not isinstance(change, StockChange):
        return change.product_id
    for _ in range(_TRIES):
        item = services.catalog.get(piece_key(change.piece), consistent=True)
        if item and item.get("product_id"):
            return item["product_id"]
        version = item["version"] if item else 0
        held = {"levels": {change.piece: json.loads(item["waiting"])}} if item else None
        waiting = merge_all(held, [change])["levels"][change.piece]
        attributes = {"waiting": _text(waiting), "version": version + 1}
        condition: dict[str, Any] = {"version": version, "product_id": None} if item else {"pk": None}
        if services.catalog.put(piece_key(change.piece), attributes, only_if=condition):
            return ""
    raise Unavailable(f"stock of a piece was changed by others {_TRIES} times in a row")


def get(services: Services, product_id: str) -> Product | None:
    """The product of that id as last written, a deleted one too; None when nothing was ever told of it."""
    item = services.catalog.get(product_key(product_id), consistent=True)
    return _product(item) if item else None


def get_many(services: Services, product_ids: Iterable[str]) -> dict[str, Product]:
    """Id → product, for those that are known; eventually consistent."""
    keys = map(product_key, product_ids)
    return {item["sk"]: _product(item) for item in services.catalog.get_many(keys, attributes=("sk", "body"))}


def all_products(services: Services) -> Iterator[Product]:
    """Every product, deleted ones too, by shard and id, read page by page as they are consumed."""
    for shard in range(PRODUCT_SHARDS):
        for item in services.catalog.query(product_shard(shard), attributes=("sk", "body")):
            yield _product(item)


def _read(services: Services, product_ids: Iterable[str]) -> dict[str, Item]:
    return {item["sk"]: item for item in services.catalog.get_many(map(product_key, product_ids), consistent=True)}


def _product(item: Item) -> Product:
    return product_of(item["sk"], json.loads(item["body"]))


def _not_ahead(change: Change, now: datetime) -> Change:
    if change.updated_at <= now + AHEAD:
        return change
    values = {name: getattr(change, name) for name in change.__dataclass_fields__}
    return type(change)(**values | {"updated_at": now})


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
