"""What changed in the catalogue since an hour ago that somebody may want to hear: prices fallen, stock back, stock low.

Pure: `(what was watched, product, run, thresholds) → what is watched now`. A
run is an hour, so that one computed twice finds the same. A fall is measured
from the price before it, however many steps it took: 80, 78, 76 is a fall of
5 % at the third, and 64 after it none until it has fallen 5 % again or risen in
between. A product changes in each way at most once a day, whatever its price
or stock do meanwhile. Refuses to call what is seen for the first time a change.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from chalicelib import clock
from chalicelib.catalogue.product import Product
from chalicelib.money import Money

ONCE_IN = timedelta(days=1)


@dataclass(frozen=True)
class Thresholds:
    """`notices` of dripline.yaml: the least fall (a share), what stock is low, how long ago a look still counts."""

    price_fall: Decimal = Decimal("0.05")
    low_stock: int = 5
    seen_within: timedelta = timedelta(days=60)

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> "Thresholds":
        told = settings.get("notices", {})
        values: dict[str, Any] = {}
        if "price_fall" in told:
            values["price_fall"] = Decimal(str(told["price_fall"]).removesuffix("%")) / 100
        if "low_stock" in told:
            values["low_stock"] = int(told["low_stock"])
        if "seen_within" in told:
            values["seen_within"] = clock.parse_duration(told["seen_within"])
        return cls(**values)

    def is_fall(self, before: Money | None, after: Money | None) -> bool:
        """Whether a price is lower by enough; never across currencies, nor from a price that is not known."""
        if before is None or after is None or before.currency != after.currency or before.amount <= after.amount:
            return False
        return Decimal(before.amount - after.amount) >= self.price_fall * before.amount


@dataclass(frozen=True)
class Watch:
    """What is remembered of one product from run to run; times are runs.

    `anchor` is the price the next fall is measured from. `gone_at` is when it was
    found sold out, for as long as its return was not told; `gone_since` and
    `back_at` are of the last return that was.
    """

    anchor: Money | None = None
    stock: int | None = None
    fell_at: datetime | None = None
    gone_at: datetime | None = None
    gone_since: datetime | None = None
    back_at: datetime | None = None
    low_at: datetime | None = None


def follow(watch: Watch | None, product: Product, run: datetime, thresholds: Thresholds) -> Watch:
    """The watch after a run that found the product like this; a deleted product is only remembered."""
    if watch is None:
        return Watch(product.price, product.stock, gone_at=run if product.stock == 0 else None)
    if product.deleted:
        return watch
    return _follow_stock(_follow_price(watch, product, run, thresholds), product, run, thresholds)


def _follow_price(watch: Watch, product: Product, run: datetime, thresholds: Thresholds) -> Watch:
    price, anchor = product.price, watch.anchor
    if price is None:
        return watch
    if anchor is None or anchor.currency != price.currency or price.amount > anchor.amount:
        return replace(watch, anchor=price)
    if thresholds.is_fall(anchor, price) and _may(watch.fell_at, run):
        return replace(watch, anchor=price, fell_at=run)
    return watch


def _follow_stock(watch: Watch, product: Product, run: datetime, thresholds: Thresholds) -> Watch:
    before, stock = watch.stock, product.stock
    watch = replace(watch, stock=before if stock is None else stock)  # what is not known now was known last
    if stock == 0:
        return replace(watch, gone_at=watch.gone_at or run)
    if watch.gone_at is not None:
        if stock is None and not product.uncounted:
            return watch  # nobody knows
        if _may(watch.back_at, run):
            return replace(watch, gone_since=watch.gone_at, gone_at=None, back_at=run)
        return watch
    is_low = before is not None and stock is not None and stock <= thresholds.low_stock < before
    return replace(watch, low_at=run) if is_low and _may(watch.low_at, run) else watch


def _may(last: datetime | None, run: datetime) -> bool:
    return last is None or run - last >= ONCE_IN


@dataclass(frozen=True)
class Changed:
    """A product that lately changed, and how; `gone_since` is when it was found sold out before `back_at`."""

    product: Product
    fell_at: datetime | None = None
    gone_since: datetime | None = None
    back_at: datetime | None = None
    low_at: datetime | None = None


def changed_since(product: Product, watch: Watch, since: datetime) -> Changed | None:
    """The product with its changes that are not older than `since`; None when there are none, or it is gone."""
    times = {name: getattr(watch, name) for name in ("fell_at", "back_at", "low_at")}
    times = {name: at for name, at in times.items() if at is not None and at >= since}
    if not times or product.deleted:
        return None
    return Changed(product, gone_since=watch.gone_since if "back_at" in times else None, **times)


def to_json(record: Watch | Changed | Product) -> dict[str, Any]:
    """JSON-ready, without what has its default."""
    told: dict[str, Any] = {}
    for name, item in record.__dataclass_fields__.items():
        value = getattr(record, name)
        if isinstance(value, Product):
            told[name] = to_json(value)
        elif isinstance(value, datetime):
            told[name] = clock.to_text(value)
        elif value != item.default:
            told[name] = list(value) if isinstance(value, tuple) else value
    return told


def watch_from(data: Mapping[str, Any]) -> Watch:
    return Watch(**_values(data))


def changed_from(data: Mapping[str, Any]) -> Changed:
    return Changed(**{**_values(data), "product": product_from(data["product"])})


def product_from(data: Mapping[str, Any]) -> Product:
    return Product(**_values(data))


def _values(data: Mapping[str, Any]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, value in data.items():
        if name in ("price", "compare_at", "cost", "anchor"):
            values[name] = Money(*value)
        elif name.endswith(("_at", "_since")):
            values[name] = clock.parse(value)
        else:
            values[name] = tuple(value) if isinstance(value, list) else value
    return values


def run_of(now: datetime) -> datetime:
    """The hour a run is named by."""
    return now.replace(minute=0, second=0, microsecond=0)
