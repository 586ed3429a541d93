"""One product, and how news of it are merged: any order of arrival gives the same product.

Every field is a register (`registers.py`) and the newest wins; what is told of
stock, as a whole and by place, is put together in `stock.py`.
Pure: `(state, news) → state`. Refuses fields that a product does not have, text
with no end and markup in descriptions; a field that nobody told stays unknown.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

from chalicelib import clock
from chalicelib.catalogue import stock
from chalicelib.catalogue.registers import Register, newest
from chalicelib.catalogue.wording import line, prose
from chalicelib.errors import BadInput
from chalicelib.money import Money

ID_LIMIT = 128
TAGS = 50
PIECES = 2_000
"""A product has at most so many variants: Shopify's own limit."""
STOCK_LIMIT = 10**12
State = dict[str, Any]
"""`told`: field → register; `whole`: a register of {piece: quantity}, and when it had been read; `levels`: piece →
place → registers of a quantity, oldest first."""


@dataclass(frozen=True)
class Product:
    """A product as all news of it say; '' and None are unknown. `stock` is the sum of all of its pieces.

    `uncounted`: a piece of it is sold without being counted, so that there is no such sum.
    """

    product_id: str
    title: str = ""
    description: str = ""
    url: str = ""
    image: str = ""
    category: str = ""
    brand: str = ""
    price: Money | None = None
    compare_at: Money | None = None
    cost: Money | None = None
    stock: int | None = None
    uncounted: bool = False
    target_gender: str = ""
    target_age: str = ""
    consumable: bool | None = None
    tags: tuple[str, ...] = ()
    updated_at: datetime | None = None
    deleted: bool = False

    @property
    def margin(self) -> Money | None:
        """Price less cost; None where either is unknown or they are in two currencies."""
        if self.price is None or self.cost is None or self.price.currency != self.cost.currency:
            return None
        return Money(self.price.amount - self.cost.amount, self.price.currency)


LINES = {"title": 300, "category": 200, "brand": 120, "target_gender": 20, "target_age": 40}
LINKS = ("url", "image")
MONEY = ("price", "compare_at", "cost")
FIELDS = frozenset(each.name for each in fields(Product)) - {"product_id", "stock", "uncounted", "updated_at"}


@dataclass(frozen=True)
class ProductChange:
    """What a source told of one product at `updated_at`: only the fields in `told`, by their names in Product.

    A field told as None (or '') is told to be without a value. `stock` is piece →
    quantity, all pieces of the product at once: {"": 5} for a product without
    variants, inventory item ids for variants; None for a piece that is sold
    without being counted. It holds for some moment from `stock_at` (`updated_at` where not said) until `read_at`,
    when it had been read; which one, no platform says. Raises BadInput for what no product can be.
    """

    product_id: str
    updated_at: datetime
    source: str
    told: Mapping[str, Any] = field(default_factory=dict)
    stock: Mapping[str, int | None] | None = None
    stock_at: datetime | None = None
    read_at: datetime | None = None

    def __post_init__(self) -> None:
        _check_id(self.product_id)
        unknown = self.told.keys() - FIELDS
        if unknown:
            raise BadInput(f"a product has no {sorted(unknown)[0]}")
        object.__setattr__(self, "told", {name: _clean(name, value) for name, value in self.told.items()})
        if self.stock is not None:
            pieces = sorted(self.stock.items())[:PIECES]
            object.__setattr__(self, "stock", {_piece(piece): _quantity(number) for piece, number in pieces})


@dataclass(frozen=True)
class StockChange:
    """What a source told of the stock of one piece in one place; the product is found by the piece if not named."""

    piece: str
    quantity: int | None
    updated_at: datetime
    source: str
    place: str = ""
    product_id: str = ""

    def __post_init__(self) -> None:
        if not self.piece and not self.product_id:
            raise BadInput("stock of nothing: neither a piece nor a product")
        if self.product_id:
            _check_id(self.product_id)
        _piece(self.piece)
        _piece(self.place)
        _quantity(self.quantity)


def merge(state: State | None, change: ProductChange | StockChange) -> State:
    """The state with the news in it; the state given is left as it was."""
    state = state or {}
    at = clock.to_text(change.updated_at)
    if isinstance(change, StockChange):
        news = [at, change.source, change.quantity]
        since = _whole(state)[0]
        return state | {"levels": stock.with_level(state.get("levels", {}), change.piece, change.place, news, since)}
    told = dict(state.get("told", {}))
    for name, value in change.told.items():
        told[name] = newest(told.get(name), [at, change.source, value])
    merged = state | {"told": told}
    if change.stock is not None:
        since = clock.to_text(change.stock_at or change.updated_at)
        read = max(since, clock.to_text(change.read_at)) if change.read_at else since
        merged["whole"] = stock.newest_whole(state.get("whole"), [since, change.source, dict(change.stock), read])
        if "levels" in state:
            merged["levels"] = stock.since_whole(state["levels"], merged["whole"][0])
    return merged


def merge_all(state: State | None, changes: Iterable[ProductChange | StockChange]) -> State:
    for change in changes:
        state = merge(state, change)
    return state or {}


def product_of(product_id: str, state: State) -> Product:
    """The product that a state says."""
    told = {name: register[2] for name, register in state.get("told", {}).items()}
    values: dict[str, Any] = {name: told[name] for name in told if told[name] is not None}
    for name in MONEY:
        if name in values:
            values[name] = Money(*values[name])
    if "tags" in values:
        values["tags"] = tuple(values["tags"])
    times = [register[0] for register in _registers(state)]
    if times:
        values["updated_at"] = clock.parse(max(times))
    known = state.get("whole"), state.get("levels", {})
    return Product(product_id=product_id, stock=stock.of_state(*known), uncounted=stock.is_uncounted(*known), **values)


def pieces_of(state: State) -> set[str]:
    """The pieces named to belong to the product, without the whole."""
    return {piece for piece in _whole(state)[2] if piece}


def told_at(state: State) -> str:
    """When it was told which pieces belong to the product; '' when it never was."""
    return _whole(state)[0]


def _whole(state: State) -> Register:
    return state.get("whole", ["", "", {}])


def _registers(state: State) -> Iterable[Register]:
    yield from state.get("told", {}).values()
    if "whole" in state:
        yield state["whole"]
    yield from (level for _, _, level in stock.each_of(state.get("levels", {})))


def _check_id(product_id: str) -> None:
    if (
        not isinstance(product_id, str)
        or not 0 < len(product_id) <= ID_LIMIT
        or line(product_id, ID_LIMIT) != product_id
    ):
        raise BadInput(f"a product's id must be text of one line with 1 to {ID_LIMIT} characters")


def _piece(piece: Any) -> str:
    if not isinstance(piece, str) or len(piece) > ID_LIMIT:
        raise BadInput("the id of a piece or place must be short text")
    return piece


def _quantity(number: Any) -> int | None:
    if number is not None and (type(number) is not int or abs(number) > STOCK_LIMIT):
        raise BadInput("a stock must be a whole number")
    return number


def _clean(name: str, value: Any) -> Any:
    """A told value as it is kept: JSON, cut to size. Raises BadInput for a value of another kind."""
    if name in MONEY:
        value = Money(*value) if isinstance(value, list) and len(value) == 2 else value  # as a change keeps it
        if value is not None and (not isinstance(value, Money) or type(value.amount) is not int or value.amount < 0):
            raise BadInput(f"{name} must be money, not below zero")
        return list(value) if value is not None else None
    if name in ("deleted", "consumable"):
        if not (isinstance(value, bool) or (value is None and name == "consumable")):
            raise BadInput(f"{name} must be yes or no")
        return value
    if name == "tags":
        if isinstance(value, str) or not all(isinstance(tag, str) for tag in value or ()):
            raise BadInput("tags must be a list of text")
        return list(dict.fromkeys(filter(None, (line(tag, 60) for tag in value or ()))))[:TAGS]
    if value is None:
        return ""
    if not isinstance(value, str):
        raise BadInput(f"{name} must be text")
    if name in LINKS:
        link = value.strip()
        return (
            link if link.startswith(("https://", "http://")) and len(link) <= 2000 and line(link, 2000) == link else ""
        )
    if name == "target_gender":
        return gender(value)
    return prose(value) if name == "description" else line(value, LINES[name])


def gender(value: str) -> str:
    """female, male or unisex, by the words that shops use; '' for another."""
    word = value.strip().lower()
    for meaning, words in {
        "female": ("female", "f", "women", "woman", "womens", "women's", "girls", "ladies"),
        "male": ("male", "m", "men", "man", "mens", "men's", "boys"),
        "unisex": ("unisex", "u", "all", "both"),
    }.items():
        if word in words:
            return meaning
    return ""
