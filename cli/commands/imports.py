"""`dripline import orders|customers FILE.csv`: an earlier system's data, with a report of what was refused and why."""

import json
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from chalicelib import clock
from chalicelib.errors import BadInput
from cli.deployment import STACK_HELP, connect, stack_option
from cli.imports import customers, orders
from cli.imports.load import Report, load
from cli.imports.sheet import Columns, Sheet, describe

_COMMON = f"""
\b
Any order of columns, comma, semicolon or tab, UTF-8. Other columns are ignored. A row that cannot be read
is refused with its line and reason; the others are taken. The same file twice changes nothing.

{STACK_HELP}
"""


def _help(text: str, columns: Columns) -> str:
    listed = describe(columns).replace("\n", "\n  ")
    return f"{text}\n\n\b\nColumns (any capitals, spaces, dots and underscores alike):\n  {listed}\n{_COMMON}"


def _options(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(
        (
            click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path)),
            stack_option,
            click.option("--timezone", "zone", default="", help="IANA zone of dates that carry no offset."),
            click.option("--platform", default="", help="Whose ids these are: shopify, woocommerce, or a source's id."),
            click.option("--dry-run", is_flag=True, help="Read and check the file; write nothing, reach no AWS."),
            click.option("--json", "as_json", is_flag=True, help="Print the report as JSON."),
        )
    ):
        command = option(command)
    return command


@click.group("import")
def import_group() -> None:
    """Bring in orders or customers from CSV files."""


@import_group.command(
    "orders",
    help=_help(
        "Bring in orders: one row an order, or one row a line in neighbouring rows, as Shopify exports them. "
        "An order with a paid date counts as paid.",
        orders.COLUMNS,
    ),
)
@_options
def import_orders(file: Path, stack: str, zone: str, platform: str, dry_run: bool, as_json: bool) -> None:
    now = _check(zone)
    sheet = Sheet(file, orders.COLUMNS, orders.NEEDED)
    _run(sheet, stack, dry_run, as_json, now, orders.read(_watched(sheet), zone=zone, now=now, platform=platform))


@import_group.command(
    "customers",
    help=_help(
        "Bring in customers and the consent they gave. Consent is taken only with the date it was given, "
        "and never makes an unsubscribed customer subscribed.",
        customers.COLUMNS,
    ),
)
@_options
@click.option("--wording", default="", help="The sentence people agreed to, where the file has no column for it.")
def import_customers(
    file: Path, stack: str, zone: str, platform: str, dry_run: bool, as_json: bool, wording: str
) -> None:
    now = _check(zone)
    sheet = Sheet(file, customers.COLUMNS, customers.NEEDED)
    groups = customers.read(_watched(sheet), zone=zone, now=now, wording=wording, platform=platform)
    _run(sheet, stack, dry_run, as_json, now, groups)


def _check(zone: str) -> datetime:
    if zone and not clock.is_zone(zone):
        raise BadInput(f"not an IANA time zone: {zone}")
    return clock.now()


def _watched(sheet: Sheet) -> Any:
    """The rows, with a progress bar where a person watches."""
    if not sys.stderr.isatty():
        yield from sheet
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("reading", total=sheet.size)
        for row in sheet:
            progress.update(task, completed=sheet.position)
            yield row


def _run(sheet: Sheet, stack: str, dry_run: bool, as_json: bool, now: datetime, groups: Any) -> None:
    report = load(None if dry_run else connect(stack), groups, now=now)
    if as_json:
        click.echo(json.dumps(report.to_json(), ensure_ascii=False))
    else:
        _print(report)
    if report.refused and not report.taken:
        raise SystemExit(1)


def _print(report: Report) -> None:
    click.echo(f"{report.taken} rows taken" + (" (dry run: nothing was written)" if report.dry_run else ""))
    for name, number in sorted(report.written.items()):
        click.echo(f"  {name}: {number} new")
    if report.known:
        click.echo(f"  {report.known} were known already")
    if report.refused:
        click.echo(f"{report.refused} refused:")
        for refusal in report.in_order():
            click.echo(f"  line {refusal.line}: {refusal.reason}")
        if report.refused > len(report.refusals):
            click.echo(f"  and {report.refused - len(report.refusals)} more")


commands: list[click.Command] = [import_group]
