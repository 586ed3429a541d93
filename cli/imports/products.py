"""Rows of a product file → news of products: our own CSV columns, and those that shops export.

Pure: `(rows, told at) → changes and refusals`. A row tells only the columns that
the file has: an empty cell of price or brand says there is none, a column that
is absent says nothing. Refuses a row without an id, and a price without a
currency.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from chalicelib.catalogue.product import ProductChange
from chalicelib.errors import BadInput
from cli.imports import cells
from cli.imports.origin import SOURCE, Origin
from cli.imports.sheet import Refusal, Row

COLUMNS = {
    "product_id": ("id", "product", "item id"),
    "title": ("name", "product name", "product title"),
    "description": ("body", "body html", "short description"),
    "url": ("link", "permalink", "product url"),
    "image": ("image url", "image link", "image src", "images"),
    "category": ("product category", "product type", "categories", "google product category"),
    "brand": ("vendor", "brands", "manufacturer"),
    "price": ("regular price", "variant price", "unit price"),
    "sale_price": ("special price", "offer price"),
    "compare_at": ("compare at price", "variant compare at price", "former price"),
    "currency": ("currency code",),
    "cost": ("cost per item", "cost of goods sold", "purchase price"),
    "stock": ("quantity", "inventory", "variant inventory qty", "stock quantity", "qty"),
    "target_gender": ("gender",),
    "target_age": ("age group", "age"),
    "consumable": ("is consumable",),
    "tags": ("labels",),
    "published": ("active", "is published"),
    "updated_at": ("date modified", "modified at"),
}
NEEDED = (
    ("product_id",),
    ("title", "price", "sale_price", "stock", "cost", "target_gender", "target_age", "consumable"),
)


@dataclass(frozen=True)
class RefusedProduct(Refusal):
    """A refused line whose product is known: it is in the file, so a full import does not take it for removed."""

    product_id: str = ""


News = ProductChange | Refusal


def read(
    rows: Iterable[Row | Refusal],
    origin: Origin,
    *,
    columns: Callable[[], Iterable[str]],
    currency: str = "",
) -> Iterator[News]:
    """One change a row, in the file's order.

    `columns` says which of ours the file has, once its first row was read;
    `currency` is that of amounts which name none.
    """
    present: frozenset[str] | None = None
    for row in rows:
        if isinstance(row, Refusal):
            yield row
            continue
        present = frozenset(columns()) if present is None else present
        product_id = ""
        try:
            product_id = cells.identifier(row.get("product_id"))
            if not product_id:
                raise BadInput("no product id")
            yield _change(product_id, row, present, origin, currency)
        except BadInput as fault:
            yield RefusedProduct(row.line, str(fault), product_id=product_id)


def _change(product_id: str, row: Row, present: frozenset[str], origin: Origin, currency: str) -> ProductChange:
    told: dict[str, Any] = {"deleted": False}
    for name in ("title", "description", "url", "category", "brand", "target_gender", "target_age"):
        if name in present:
            told[name] = row.get(name)
    if "image" in present:
        told["image"] = row.get("image").split(",")[0].strip()
    if "tags" in present:
        told["tags"] = [tag.strip() for tag in row.get("tags").split(",")]
    if "consumable" in present:
        told["consumable"] = cells.answer(row.get("consumable"))
    if "published" in present:
        told["deleted"] = row.get("published").strip() == "-1" or cells.answer(row.get("published")) is False
    told |= _amounts(row, present, origin, currency)
    stock = {"": _stock(row.get("stock"), origin)} if "stock" in present and row.get("stock") else None
    at = origin.instant(row.get("updated_at")) if "updated_at" in present else None
    return ProductChange(product_id, at or origin.at, SOURCE, told, stock, read_at=origin.at)


def _amounts(row: Row, present: frozenset[str], origin: Origin, currency: str) -> dict[str, Any]:
    unit = row.get("currency") or currency
    amounts: dict[str, Any] = {
        name: origin.amount(row.get(name), unit) if row.get(name) else None
        for name in ("price", "sale_price", "compare_at", "cost")
        if name in present
    }
    reduced = amounts.pop("sale_price", None)
    if reduced is not None:
        amounts = amounts | {"compare_at": amounts.get("price"), "price": reduced}
    elif "sale_price" in present and "price" in present and "compare_at" not in present:
        amounts["compare_at"] = None
    return amounts


def _stock(cell: str, origin: Origin) -> int:
    try:
        return int(cell.removesuffix(f"{origin.decimal}0"))
    except ValueError:
        raise BadInput("a stock must be a whole number") from None
