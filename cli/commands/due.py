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
from chalicelib.errors import DriplineError
from chalicelib.playbook import bundle
from chalicelib.profile import store
from chalicelib.profile.insights import Reason
from chalicelib.profile.words import say
from chalicelib.segment import runs
from chalicelib.segment.reach import is_reachable
from cli.commands.segment import segment_group
from cli.deployment import STACK_HELP, connect, stack_option
from cli.options import json_option, language_option
from cli.portrait_words import Words, padded, started
from cli.spreadsheet import Writer

COLUMNS = ("chance", "category", "profile_id", "email")
STANDARD_OUTPUT = "-"


@segment_group.command("due", epilog=STACK_HELP)
@stack_option
@click.option("--most", default=100, show_default=True, type=click.IntRange(1, 10_000), help="How many to name.")
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
def due(stack: str, most: int, show: bool, csv_file: str | None, language: str, as_json: bool) -> None:
    """List who is likely to buy which category again within seven days of the last daily run, the likeliest first."""
    if csv_file == STANDARD_OUTPUT and as_json:
        raise click.UsageError("--json and --csv - would both write to standard output; name a file")
    services = connect(stack)
    run, listed = runs.read_due(services, most)
    known = store.load_many(services, {profile_id for _, profile_id, _ in listed})
    rows = [
        {"chance": chance, "category": category, "profile_id": profile_id}
        | ({"email": known[profile_id].email if is_reachable(known[profile_id], "email") else ""} if show else {})
        for chance, profile_id, category in listed
        if profile_id in known
    ]
    words = Words(bundle.load(services.data, clock.now()), language)
    blank = runs.read_cards(services).get("refill", {}).get("due", {}).get("blank")
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
            category = padded(str(row["category"]), 30)
            click.echo(f"{row['chance']:4.0%}  {category}  {row['profile_id']}  {row.get('email', '')}".rstrip())


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
