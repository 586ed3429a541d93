"""`dripline import …`: an earlier system's data, with a report of what was refused and why."""

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from chalicelib import clock, settings
from chalicelib.errors import BadInput
from chalicelib.events import Event
from cli.deployment import STACK_HELP, connect, stack_option
from cli.imports import calls, cells, consents, customers, endpoints, mapping, orders, service
from cli.imports.checkpoint import Checkpoint
from cli.imports.load import Report, load
from cli.imports.origin import Origin
from cli.imports.refused import RefusedRows
from cli.imports.seen import Seen
from cli.imports.sheet import Columns, Refusal, Row, Sheet, describe

Groups = Iterator[list[Event] | Refusal]
_COMMON = f"""
\b
Any order of columns, comma, semicolon or tab, UTF-8 or UTF-16; other encodings by --encoding. Other columns are
ignored. A row that cannot be read is refused with its line and reason; the others are taken. The same file
twice changes nothing, and the same command after a crash goes on where it stopped.

{STACK_HELP}
"""


@dataclass(frozen=True)
class Asked:
    """What every import is told on the command line."""

    file: Path
    stack: str
    origin: Origin
    encoding: str
    columns: dict[str, str]
    refused: Path | None
    dry_run: bool
    as_json: bool


def _help(text: str, columns: Columns) -> str:
    listed = describe(columns).replace("\n", "\n  ")
    return f"{text}\n\n\b\nColumns (any capitals, spaces, dots and underscores alike):\n  {listed}\n{_COMMON}"


def _options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Hand the command an `Asked`, and whatever options it has of its own."""

    def run(
        file: Path,
        stack: str,
        zone: str,
        platform: str,
        as_of: str,
        decimal: str,
        dates: str | None,
        encoding: str,
        pairs: tuple[str, ...],
        mapping_file: Path | None,
        save_mapping: Path | None,
        refused: Path | None,
        dry_run: bool,
        as_json: bool,
        **own: Any,
    ) -> None:
        if zone and not clock.is_zone(zone):
            raise BadInput(f"not an IANA time zone: {zone}")
        columns = mapping.read(pairs, mapping_file)
        if save_mapping:
            mapping.save(columns, save_mapping)
        origin = Origin(clock.now(), zone=zone, platform=platform, decimal=decimal, dates=dates or "")
        origin = replace(origin, told_at=_made_at(file, as_of, replace(origin, zone=zone or "UTC")))
        asked = Asked(file, stack, origin, encoding, columns, refused, dry_run, as_json)
        command(asked, **own)

    path = click.Path(dir_okay=False, path_type=Path)
    there = click.Path(exists=True, dir_okay=False, path_type=Path)
    wrapped: Callable[..., Any] = run
    for option in reversed(
        (
            click.argument("file", type=there),
            stack_option,
            click.option(
                "--map", "pairs", multiple=True, metavar="COLUMN=FIELD", help="Read this column as that field."
            ),
            click.option("--mapping", "mapping_file", type=there, help="A file of such pairs, as YAML."),
            click.option("--save-mapping", type=path, help="Keep the pairs in a file for the next time."),
            click.option("--encoding", default="", help="Of the file, such as cp1252 or gb18030."),
            click.option(
                "--as-of", default="", metavar="DATE", help="When the file was exported, if not when it was last saved."
            ),
            click.option("--decimal", type=click.Choice([".", ","]), default=".", help="The mark before the cents."),
            click.option(
                "--dates", type=click.Choice(cells.DATES), help="How dates are written that are not like 2026-01-31."
            ),
            click.option("--timezone", "zone", default="", help="IANA zone of dates that carry no offset."),
            click.option("--platform", default="", help="Whose ids these are: shopify, woocommerce, or a source's id."),
            click.option("--refused", type=path, help="Write the refused rows here, as CSV to mend and import again."),
            click.option("--dry-run", is_flag=True, help="Read and check the file; write nothing, reach no AWS."),
            click.option("--json", "as_json", is_flag=True, help="Print the report as JSON."),
        )
    ):
        wrapped = option(wrapped)
    return wrapped


@click.group("import")
def import_group() -> None:
    """Bring in what an earlier system knows: customers, orders, consent, products, calls, service signals."""


@import_group.command(
    "orders",
    help=_help(
        "Bring in orders: one row an order, or one row a line in neighbouring rows, as Shopify exports them. "
        "An order with a paid date counts as paid.",
        orders.COLUMNS,
    ),
)
@_options
def import_orders(asked: Asked) -> None:
    sheet = _open(asked, orders.COLUMNS, orders.NEEDED)
    rows = _watched(sheet)
    _run(asked, "orders", sheet, orders.read(rows, asked.origin, columns=lambda: sheet.name_columns(sheet.header)))


@import_group.command(
    "customers",
    help=_help(
        "Bring in customers and the consent they gave: a CSV file of any shop's, Klaviyo's export of a list or of all "
        "profiles, or Amazon Pinpoint's export of endpoints (JSON lines or CSV). Consent is taken only with the date "
        "it was given, and never makes an unsubscribed customer subscribed.",
        customers.COLUMNS,
    ),
)
@click.option(
    "--from", "exporter", type=click.Choice(["csv", "klaviyo", "pinpoint"]), default="csv", help="Who exported it."
)
@click.option("--wording", default="", help="The sentence people agreed to, where the file has no column for it.")
@_options
def import_customers(asked: Asked, wording: str, exporter: str) -> None:
    if exporter == "pinpoint":
        sheet = endpoints.open_export(asked.file, asked.columns, asked.encoding)
        rows = endpoints.to_customers(_watched(sheet), wording=wording)
    else:
        sheet = _open(asked, customers.COLUMNS, customers.NEEDED)
        rows = _watched(sheet)
    seen = Seen()
    named = wording or ("Klaviyo" if exporter == "klaviyo" else "")
    groups = customers.read(rows, asked.origin, wording=named, seen=seen)
    _run(asked, f"customers {exporter} {wording}", sheet, groups, seen)


@import_group.command(
    "consent",
    help=_help(
        "Bring in a list of consents given and withdrawn, one row a person and channel. A yes is taken only with the "
        "date it was given, and makes nobody subscribed who unsubscribed, whatever the file says.",
        consents.COLUMNS,
    ),
)
@click.option("--wording", default="", help="The sentence people agreed to, where the file has no column for it.")
@_options
def import_consent(asked: Asked, wording: str) -> None:
    sheet = _open(asked, consents.COLUMNS, consents.NEEDED)
    rows = _watched(sheet)
    groups = consents.read(rows, asked.origin, wording=wording)
    _run(asked, f"consent {wording}", sheet, groups)


@import_group.command(
    "calls",
    help=_help("Bring in how the calls of a call list ended: one row a call, with its outcome.", calls.COLUMNS),
)
@_options
def import_calls(asked: Asked) -> None:
    sheet = _open(asked, calls.COLUMNS, calls.NEEDED)
    rows = _watched(sheet)
    _run(asked, "calls", sheet, calls.read(rows, asked.origin))


@import_group.command(
    "service",
    help=_help(
        "Bring in what customers told the store's people: enquiries, complaints, returns with their reason, reviews. "
        "The column `kind` says which a row is: enquiry, complaint, return or review.",
        service.COLUMNS,
    ),
)
@_options
def import_service(asked: Asked) -> None:
    sheet = _open(asked, service.COLUMNS, service.NEEDED)
    rows = _watched(sheet)
    _run(asked, "service", sheet, service.read(rows, asked.origin))


def _open(asked: Asked, columns: Columns, needed: tuple[tuple[str, ...], ...]) -> Sheet:
    return Sheet(asked.file, columns, needed, mapping=asked.columns, encoding=asked.encoding)


def _made_at(file: Path, as_of: str, origin: Origin) -> datetime:
    """When a file was made: the date that was named, or when it was saved."""
    try:
        named = origin.instant(as_of)
    except BadInput as fault:
        raise BadInput(f"--as-of: {fault}") from None
    return named or datetime.fromtimestamp(file.stat().st_mtime, UTC)


def _watched(sheet: Sheet) -> Iterator[Row | Refusal]:
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


def _run(asked: Asked, what: str, sheet: Sheet, groups: Groups, seen: Seen | None = None) -> None:
    services = None if asked.dry_run else connect(asked.stack)
    checkpoint = None
    if services is not None:
        origin = asked.origin
        how = (origin.zone, origin.platform, origin.decimal, origin.dates, clock.to_text(origin.at), asked.encoding)
        told = (what, *how, json.dumps(asked.columns, sort_keys=True))
        checkpoint = Checkpoint(asked.file, settings.table_name("events"), *told)
    with RefusedRows(asked.refused, sheet, asked.file) as refused:
        report = load(
            services,
            groups,
            now=asked.origin.now,
            told_at=asked.origin.at,
            on_refusal=refused.add,
            checkpoint=checkpoint,
        )
    report.repeated = seen.repeated if seen else 0
    if asked.as_json:
        click.echo(json.dumps(report.to_json(), ensure_ascii=False))
    else:
        _print(report)
    if report.refused and not report.taken:
        raise SystemExit(1)


def _print(report: Report) -> None:
    click.echo(f"{report.taken} rows taken" + (" (dry run: nothing was written)" if report.dry_run else ""))
    if report.resumed:
        click.echo(f"  {report.resumed} of them were written before this run")
    if report.repeated:
        click.echo(f"  {report.repeated} of them repeat a customer of this file, and are merged")
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
