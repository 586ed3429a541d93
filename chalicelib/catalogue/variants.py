"""A product sold in variants → what is told of it as one: the lowest price it can be bought at, stock by piece.

Pure. Refuses to mix currencies or to sum what is not counted.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from chalicelib.money import Money


@dataclass(frozen=True)
class Variant:
    """`piece` names its stock (Shopify's inventory item id). `quantity` None: sold without being counted.

    `available`: whether it can be bought; None where the source does not say, which is then read from `quantity`.
    """

    piece: str
    price: Money | None
    compare_at: Money | None = None
    cost: Money | None = None
    quantity: int | None = None
    available: bool | None = None

    @property
    def can_be_bought(self) -> bool:
        return self.available if self.available is not None else self.quantity is None or self.quantity > 0


def told_of(variants: Iterable[Variant]) -> dict[str, Any]:
    """Fields of a ProductChange: price, compare_at and cost of the cheapest variant that can be bought.

    Where none can be, the cheapest of all. A former price counts only above the present one.
    """
    priced = [each for each in variants if each.price is not None]
    chosen = [each for each in priced if each.can_be_bought] or priced
    if not chosen:
        return {"price": None, "compare_at": None}
    cheapest = min(chosen, key=lambda each: (each.price, each.piece))
    price, before = cheapest.price, cheapest.compare_at
    is_reduced = before is not None and price is not None and before.currency == price.currency and before > price
    told: dict[str, Any] = {"price": price, "compare_at": before if is_reduced else None}
    if cheapest.cost is not None:
        told["cost"] = cheapest.cost
    return told


def stock_of(variants: Iterable[Variant]) -> dict[str, int | None]:
    """Piece → quantity, as a ProductChange takes it."""
    return {each.piece: each.quantity for each in variants}
