"""`dripline segment due`: who is likely to buy what again within a week, the likeliest first.

Reads what the last daily computation left, some kilobytes whatever the size of
the store, and writes nothing but the file that is asked for. Refuses whoever is gone since, and the address of
anybody to whom no marketing may be sent.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO

import click

from chalicelib import clock
from chalicelib.catalogue import snapshot
from chalicelib.catalogue.product import Product
from chalicelib.errors import DriplineError
from chalicelib.playbook import bundle
from chalicelib.profile import store
from chalicelib.profile.customer import Customer
from chalicelib.profile.insights import Reason
from chalicelib.profile.words import say
from chalicelib.segment import runs
from chalicelib.segment.reach import is_reachable
from cli.commands.segment import segment_group
from cli.deployment import STACK_HELP, connect, stack_option
from cli.options import json_option, language_option
from cli.portrait_words import Words, padded, started
from cli.spreadsheet import Writer

COLUMNS = ("chance", "kind", "item", "title", "profile_id", "email")
KINDS = ("category", "product")
STANDARD_OUTPUT = "-"


@segment_group.command("due", epilog=STACK_HELP)
@stack_option
@click.option("--most", default=100, show_default=True, type=click.IntRange(1, 10_000), help="How many to name.")
@click.option("--of", "kind", type=click.Choice(KINDS), help="Only categories, or only products.")
@click.option("--show", is_flag=True, help="Name the mail addresses of those who may be written to: personal data.")
@click.option(
    "--csv",
    "csv_file",
    type=click.Path(dir_okay=False, allow_dash=True),
    metavar="FILE",
    help="Write a CSV file instead; - writes it to standard output.",
)
@language_option
@json_option
def due(
    stack: str, most: int, kind: str | None, show: bool, csv_file: str | None, language: str, as_json: bool
) -> None:
    """List who is likely to buy which category or product again within seven days of the last daily run.

    The likeliest come first: a category before its products, of which each is bought less often.
    """
    if csv_file == STANDARD_OUTPUT and as_json:
        raise click.UsageError("--json and --csv - would both write to standard output; name a file")
    services = connect(stack)
    run, listed = runs.read_due(services, most, kind)
    known, products = store.load_many(services, {row.profile_id for row in listed}), snapshot.load(services)
    rows: list[dict[str, Any]] = []
    for due_row in listed:
        if (customer := known.get(due_row.profile_id)) is None:
            continue
        title = _title(due_row.name, products, customer) if due_row.unit == "product" else due_row.name
        told = {"chance": due_row.chance, "kind": due_row.unit, "item": due_row.name}
        told |= {"title": title, "profile_id": due_row.profile_id}
        if show:
            told["email"] = customer.email if is_reachable(customer, "email") else ""
        rows.append(told)
    words = Words(bundle.load(services.data, clock.now()), language)
    model = "refill_product" if kind == "product" else "refill"
    blank = runs.read_cards(services).get(model, {}).get("due", {}).get("blank")
    why = Reason.from_json(blank) if blank else Reason("nobody_due" if run else "nothing_computed")
    if csv_file:
        _write(csv_file, rows)
        where = words.say("standard_output") if csv_file == STANDARD_OUTPUT else csv_file
        click.echo(words.say("due_written", lines=len(rows), file=where), err=True)
    if as_json:
        click.echo(json.dumps({"run": run, "due": rows, "blank": blank}, ensure_ascii=False))
    elif not rows:
        click.echo(started(say(why, words.speech.sentences)), err=csv_file is not None)
    elif csv_file is None:
        for row in rows:
            what = f"{padded(words.name('unit', str(row['kind'])), 8)}  {padded(str(row['title']), 30)}"
            click.echo(f"{row['chance']:4.0%}  {what}  {row['profile_id']}  {row.get('email', '')}".rstrip())


def _title(product_id: str, products: Mapping[str, Product], customer: Customer) -> str:
    """The catalogue's title, or the one of the customer's newest order with one; the id where neither knows it."""
    if (product := products.get(product_id)) and product.title:
        return product.title
    lines = (line for order in reversed(customer.orders.values()) for line in order.lines)
    return next((line.title for line in lines if line.product_id == product_id and line.title), product_id)


def _write(path: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Raises DriplineError where nothing can be written."""
    if path == STANDARD_OUTPUT:
        _write_to(sys.stdout, rows)
        return
    try:
        with Path(path).open("w", encoding="utf-8-sig", newline="") as file:
            _write_to(file, rows)
    except OSError as fault:
        raise DriplineError(f"{path} cannot be written: {fault.strerror or fault}") from fault


def _write_to(file: TextIO, rows: Sequence[Mapping[str, Any]]) -> None:
    writer = Writer(file)
    writer.write(COLUMNS)
    for row in rows:
        writer.write(str(row.get(column, "")) for column in COLUMNS)


commands: list[click.Command] = []
"""None of its own: it belongs to `dripline segment`."""
