"""What goes with a product and what is like it, for the shop's pages and for mails: one item a product.

Written by the daily computation of insights, where changed; read by id. Refuses
to hold what may not be shown when it is computed; whoever shows it asks the catalogue whether it still may be.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from chalicelib.aws.services import Services
from chalicelib.aws.table import PRODUCT_SHARDS, Item, Key, related_key, related_shard


@dataclass(frozen=True)
class Related:
    """Product ids, the best first."""

    with_cart: tuple[str, ...] = ()
    alike: tuple[str, ...] = ()


def get_many(services: Services, product_ids: Iterable[str]) -> dict[str, Related]:
    """Id → what is related to it, for those of whom anything is known; eventually consistent."""
    return {item["sk"]: _related(item) for item in services.catalog.get_many(map(related_key, product_ids))}


def with_cart(found: Mapping[str, Related], cart: Iterable[str]) -> tuple[str, ...]:
    """What goes with all that is in a cart: each product names its best, the first counting most."""
    inside = list(dict.fromkeys(cart))
    votes: dict[str, float] = {}
    for product in inside:
        for place, other in enumerate(found.get(product, Related()).with_cart):
            if other not in inside:
                votes[other] = votes.get(other, 0.0) + 1 / (place + 1)
    return tuple(sorted(votes, key=lambda each: (-votes[each], each)))


def keep(services: Services, found: Mapping[str, Related]) -> int:
    """Store these and remove all others; how many items were written or removed."""
    held: dict[Key, Related] = {}
    for shard in range(PRODUCT_SHARDS):
        for item in services.catalog.query(related_shard(shard)):
            held[Key(item["pk"], item["sk"])] = _related(item)
    wanted = {related_key(product): related for product, related in found.items()}
    changed = {key: each for key, each in wanted.items() if held.get(key) != each}
    items: dict[Key, Item] = {
        key: {"with_cart": list(each.with_cart), "alike": list(each.alike)} for key, each in changed.items()
    }
    gone = held.keys() - wanted.keys()
    services.catalog.delete_many(sorted(gone))
    return services.catalog.put_many(items.items()) + len(gone)


def _related(item: Item) -> Related:
    return Related(tuple(item["with_cart"]), tuple(item["alike"]))
