"""Which products may be shown as a recommendation, and which are bought but once.

Pure: the catalogue as it is known, and the store's wish. A store that never
told of its products has nothing forbidden; one that did shows only what it told of. Refuses
what is gone, out of stock, without a picture or a page, or below the margin
that the store asks for; an unknown margin is not held against a product.
"""

from collections.abc import Iterable, Mapping

from chalicelib.catalogue.product import Product

SELDOM = 0.1
"""A product that less than this share of its buyers bought again is taken for durable, unless the store said."""


def barred(products: Mapping[str, Product], asked: Iterable[str], *, margin_floor: float = 0.0) -> frozenset[str]:
    """Those of `asked` that may be shown to nobody; `margin_floor` is a share of the price."""
    if not products:
        return frozenset()
    return frozenset(
        each for each in asked if each not in products or not may_be_shown(products[each], margin_floor=margin_floor)
    )


def may_be_shown(product: Product, *, margin_floor: float = 0.0) -> bool:
    if product.deleted or product.stock == 0 or not product.image or not product.url:
        return False
    margin = product.margin
    if margin is None or product.price is None or product.price.amount <= 0:
        return True
    return margin.amount >= margin_floor * product.price.amount


def is_durable(product: Product | None, repeated: float) -> bool:
    """Whether somebody who has it wants no second one; `repeated` is the share of buyers who bought it again."""
    if product is not None and product.consumable is not None:
        return not product.consumable
    return repeated < SELDOM
