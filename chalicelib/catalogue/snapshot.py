"""The catalogue once an hour as objects in the data bucket, so that scheduled work need not read the table.

`take` reads all products, compares them with what was watched the hour before
and writes two objects: `snapshot.json` (every product and what is remembered of
it) and `changes.json` (the few products that lately changed, for the slices).
Changes go first and name their run: a crash between the two writes is made
good by the repetition. Refuses to run for a store that never told of a product.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from chalicelib import clock
from chalicelib.aws.services import Services
from chalicelib.catalogue import changes, store
from chalicelib.catalogue.changes import Changed, Thresholds, Watch
from chalicelib.catalogue.product import Product

SNAPSHOT = "catalogue/snapshot.json"
CHANGES = "catalogue/changes.json"
TOLD_FOR = timedelta(hours=6)
"""How long a change is handed to the slices; they tell it once, so more only helps a slice that comes late."""


def take(services: Services, now: datetime, thresholds: Thresholds) -> dict[str, int]:
    """Write both objects; how many products there are and how many of them changed within `TOLD_FOR`."""
    run = changes.run_of(now)
    held = services.data.get_json(SNAPSHOT) or {}
    watched: Mapping[str, Any] = held.get("watched", {})
    products: list[dict[str, Any]] = []
    watches: dict[str, Any] = {}
    changed: list[dict[str, Any]] = []
    for product in store.all_products(services):
        before = watched.get(product.product_id)
        watch = changes.follow(changes.watch_from(before) if before is not None else None, product, run, thresholds)
        watches[product.product_id] = changes.to_json(watch)
        products.append(changes.to_json(product))
        news = changes.changed_since(product, watch, run - TOLD_FOR)
        if news is not None:
            changed.append(changes.to_json(news))
    if not products and not held:
        return {"products": 0, "changed": 0}
    taken_at = clock.to_text(now)
    services.data.put_json(CHANGES, {"taken_at": taken_at, "changed": changed})
    services.data.put_json(SNAPSHOT, {"taken_at": taken_at, "products": products, "watched": watches})
    return {"products": len(products), "changed": len(changed)}


def load(services: Services) -> dict[str, Product]:
    """Id → product as of the last run, deleted ones too; empty before the first."""
    held = services.data.get_json(SNAPSHOT) or {}
    return {data["product_id"]: changes.product_from(data) for data in held.get("products", ())}


def load_watch(services: Services, product_id: str) -> Watch | None:
    """What the last run remembered of one product."""
    held = services.data.get_json(SNAPSHOT) or {}
    found = held.get("watched", {}).get(product_id)
    return changes.watch_from(found) if found is not None else None


def load_changed(services: Services, now: datetime, within: timedelta = TOLD_FOR) -> tuple[Changed, ...]:
    """The products that changed since then, as the last run found them; nothing once that run is too long ago."""
    held = services.data.get_json(CHANGES)
    if held is None or clock.parse(held["taken_at"]) < now - within:
        return ()
    return tuple(changes.changed_from(data) for data in held["changed"])
