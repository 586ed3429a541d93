"""`dripline import products FILE` and `dripline product show|list`: what the store sells."""

import json
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from chalicelib import clock
from chalicelib.aws.services import Services
from chalicelib.catalogue import changes, snapshot, store
from chalicelib.catalogue.changes import Thresholds
from chalicelib.catalogue.product import Product
from chalicelib.errors import BadInput, DriplineError
from chalicelib.money import Money
from chalicelib.playbook import bundle
from cli.commands.imports import import_group
from cli.deployment import STACK_HELP, connect, stack_option
from cli.imports import cells, product_feed, product_json, products
from cli.imports.catalogue import ProductReport, bring_in
from cli.imports.origin import Origin
from cli.imports.products import News
from cli.imports.sheet import Sheet, describe
from cli.options import json_option

_HELP = f"""Bring in products: a CSV file, Shopify's products as JSON (the shop's /products.json or an Admin export),
or a Google Merchant Center feed (RSS or Atom). Which of them it is, the file itself says.

\b
Columns of a CSV file (any capitals, spaces, dots and underscores alike):
  {describe(products.COLUMNS).replace(chr(10), chr(10) + "  ")}

A row that cannot be read is refused with its line and reason; the others are taken. News are as old as the
file (or its updated_at column): what a webhook told since stays. The same file twice changes nothing.

{STACK_HELP}
"""


@import_group.command("products", help=_HELP)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@stack_option
@click.option("--currency", default="", help="Of amounts that name none; otherwise the store's own.")
@click.option("--timezone", "zone", default="", help="IANA zone of dates that carry no offset.")
@click.option("--decimal", type=click.Choice([".", ","]), default=".", help="The mark before a CSV file's cents.")
@click.option("--dates", type=click.Choice(cells.DATES), help="How a CSV file's dates are written.")
@click.option("--full", is_flag=True, help="The file has everything that is sold: take off what it lacks.")
@click.option("--yes", "sure", is_flag=True, help="With --full: also when it lacks over 30 % of the products.")
@click.option("--dry-run", is_flag=True, help="Read and check the file; write nothing, reach no AWS.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def import_products(
    file: Path,
    stack: str,
    currency: str,
    zone: str,
    decimal: str,
    dates: str | None,
    full: bool,
    sure: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    if zone and not clock.is_zone(zone):
        raise BadInput(f"not an IANA time zone: {zone}")
    now = clock.now()
    services = None if dry_run else connect(stack)
    shop = bundle.load(services.data, now).settings["store"] if services else {}
    saved = datetime.fromtimestamp(file.stat().st_mtime, UTC)
    origin = Origin(now, told_at=saved, zone=zone, decimal=decimal, dates=dates or "")
    unit, url = currency or shop.get("currency", ""), shop.get("url", "")
    news = read_file(file, origin, currency=unit, url=url)
    report = bring_in(services, news, now=now, told_at=origin.at, full=full, sure=sure)
    if as_json:
        click.echo(json.dumps(report.to_json(), ensure_ascii=False))
    else:
        _print_report(report)
    if report.failed:
        raise SystemExit(1)


def read_file(file: Path, origin: Origin, *, currency: str = "", url: str = "") -> Iterator[News]:
    """The news in a file of any of the three kinds, with a progress bar where a person watches."""
    with file.open("rb") as opened:
        start = opened.read(64).removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.startswith((b"<", b"\xff\xfe<", b"\xfe\xff\0<")):
        feed = product_feed.Feed(file)
        return product_feed.read(_watched(feed), told_at=origin.at, currency=currency, now=origin.now)
    if start.startswith((b"{", b"[")):
        listed = product_json.ProductFile(file)
        return product_json.read(_watched(listed), told_at=origin.at, currency=currency, shop_url=url)
    sheet = Sheet(file, products.COLUMNS, products.NEEDED)
    columns: Callable[[], list[str]] = lambda: sheet.name_columns(sheet.header)  # noqa: E731
    return products.read(_watched(sheet), origin, columns=columns, currency=currency)


def _watched(rows: Any) -> Iterator[Any]:
    """The rows of a file that knows its `size` and `position`, with a progress bar where a person watches."""
    if not sys.stderr.isatty():
        yield from rows
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("reading", total=rows.size)
        for row in rows:
            progress.update(task, completed=rows.position)
            yield row


def _print_report(report: ProductReport) -> None:
    click.echo(f"{report.taken} products read" + (" (dry run: nothing was written)" if report.dry_run else ""))
    if not report.dry_run:
        click.echo(f"  {report.changed} new or changed, {report.removed} taken off")
    if report.broken:
        click.echo(f"the file is broken: {report.broken}")
    if report.kept:
        click.echo(f"nothing was taken off: {report.kept}")
    if report.refused:
        click.echo(f"{report.refused} refused:")
        for refusal in report.refusals:
            click.echo(f"  line {refusal.line}: {refusal.reason}")
        if report.refused > len(report.refusals):
            click.echo(f"  and {report.refused - len(report.refusals)} more")


@click.group("product")
def product_group() -> None:
    """Look at what the store sells."""


@product_group.command("show", epilog=STACK_HELP)
@click.argument("product_id", metavar="ID")
@stack_option
@json_option
def show(product_id: str, stack: str, as_json: bool) -> None:
    """Show one product as all its sources told it, and how it lately changed."""
    services = connect(stack)
    product = store.get(services, product_id)
    if product is None:
        raise DriplineError("no such product")
    watch = snapshot.load_watch(services, product_id)
    told = _to_json(product)
    if watch is not None:
        told |= {name: clock.to_text(at) for name in _CHANGED if (at := getattr(watch, name)) is not None}
    if as_json:
        click.echo(json.dumps(told, ensure_ascii=False))
        return
    for name, value in told.items():
        if value not in (None, "", []):
            click.echo(f"{name.replace('_', ' '):15} {_shown(value)}")


_CHANGED = ("fell_at", "gone_since", "back_at", "low_at")


@product_group.command("list", epilog=STACK_HELP)
@stack_option
@click.option("--low-stock", is_flag=True, help="Only what is sold out or nearly so, as dripline.yaml says.")
@click.option("--deleted", is_flag=True, help="Only what is no longer sold.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
def list_products(stack: str, low_stock: bool, deleted: bool, as_json: bool) -> None:
    """List products: those that are sold, or the ones asked for."""
    services = connect(stack)
    low = _low_stock(services) if low_stock else None
    number = 0
    for product in store.all_products(services):
        if product.deleted != deleted or (low is not None and (product.stock is None or product.stock > low)):
            continue
        number += 1
        if as_json:
            click.echo(json.dumps(_to_json(product), ensure_ascii=False))
        else:
            stock = "not known" if product.stock is None else f"{product.stock} left"
            price = str(product.price) if product.price else "no price"
            click.echo(f"{product.product_id:20} {price:>14} {stock:>14}  {_shown(product.title)}")
    if not as_json:
        click.echo(f"{number} products")


def _low_stock(services: Services) -> int:
    return Thresholds.from_settings(bundle.load(services.data, clock.now()).settings).low_stock


def _to_json(product: Product) -> dict[str, Any]:
    told = {name: getattr(product, name) for name in product.__dataclass_fields__}
    told = changes.to_json(product) | {name: None for name, value in told.items() if value is None}
    return told | ({"margin": list(product.margin)} if product.margin else {})


def _shown(value: Any) -> str:
    """A value on a terminal: money with its currency, and no control characters of strangers."""
    if isinstance(value, list) and len(value) == 2 and isinstance(value[0], int):
        value = Money(*value)
    elif isinstance(value, list):
        value = ", ".join(value)
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in str(value))


commands: list[click.Command] = [product_group]
