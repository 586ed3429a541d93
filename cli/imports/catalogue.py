"""News of products into the catalogue, in blocks, and what a full feed no longer has taken off it.

The same file twice changes nothing. Refuses to take anything off after a file
that ended early, that had rows whose product is not known, or that lacks a
suspicious share of the products there are.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from chalicelib.aws.services import Services
from chalicelib.catalogue import store
from chalicelib.catalogue.product import ProductChange
from chalicelib.errors import BadInput
from cli.imports.products import SOURCE, News, RefusedProduct
from cli.imports.sheet import Refusal

BLOCK = 500
SHOWN = 1_000
SUSPICIOUS = 0.30
"""A full feed that lacks more of the known products than this is taken for broken."""


@dataclass
class ProductReport:
    """What an import of products did; `kept` says why a full feed took nothing off, '' when it was free to."""

    dry_run: bool = False
    taken: int = 0
    changed: int = 0
    removed: int = 0
    kept: str = ""
    broken: str = ""
    refused: int = 0
    refusals: list[Refusal] = field(default_factory=list)

    @property
    def failed(self) -> bool:
        return bool(self.broken or self.kept) or (self.refused > 0 and self.taken == 0)

    def to_json(self) -> dict[str, Any]:
        return {
            "dry_run": self.dry_run,
            "taken": self.taken,
            "changed": self.changed,
            "removed": self.removed,
            "kept": self.kept,
            "broken": self.broken,
            "refused": self.refused,
            "refusals": [{"line": each.line, "reason": each.reason} for each in self.refusals],
        }


def bring_in(
    services: Services | None,
    news: Iterable[News],
    *,
    now: datetime,
    told_at: datetime,
    full: bool = False,
    sure: bool = False,
    on_progress: Callable[[], None] = lambda: None,
) -> ProductReport:
    """Write all news; with `services` None nothing is written. `full`: the file has every product there is to sell."""
    report = ProductReport(dry_run=services is None)
    listed: set[str] = set()
    unnamed = 0
    block: list[ProductChange] = []
    for each in _until_broken(news, report):
        if isinstance(each, Refusal):
            report.refused += 1
            report.refusals += [each] if len(report.refusals) < SHOWN else []
            product_id = each.product_id if isinstance(each, RefusedProduct) else ""
            listed.add(product_id)
            unnamed += not product_id
            continue
        report.taken += 1
        listed.add(each.product_id)
        block.append(each)
        if len(block) >= BLOCK:
            report.changed += store.put(services, block, now) if services else 0
            block = []
            on_progress()
    report.changed += store.put(services, block, now) if services else 0
    if full and services is not None:
        _take_off(services, report, listed, unnamed, now, told_at, sure)
    on_progress()
    return report


def _until_broken(news: Iterable[News], report: ProductReport) -> Iterator[News]:
    """The news until the file cannot be read further; a file of which nothing could be read raises."""
    seen = False
    try:
        for each in news:
            seen = True
            yield each
    except BadInput as fault:
        if not seen:
            raise
        report.broken = str(fault)


def _take_off(
    services: Services,
    report: ProductReport,
    listed: set[str],
    unnamed: int,
    now: datetime,
    told_at: datetime,
    sure: bool,
) -> None:
    known = [product.product_id for product in store.all_products(services) if not product.deleted]
    missing = [product_id for product_id in known if product_id not in listed]
    if report.broken:
        report.kept = "the file could not be read to its end"
    elif not report.taken:
        report.kept = "the file has no product"
    elif unnamed:
        report.kept = f"of {unnamed} rows it is not known which product they are"
    elif len(missing) > SUSPICIOUS * len(known) and not sure:
        report.kept = f"the file lacks {len(missing)} of {len(known)} products; if that is right, say --yes"
    else:
        gone = (ProductChange(product_id, told_at, SOURCE, {"deleted": True}) for product_id in missing)
        report.removed = store.put(services, gone, now)
