"""`dripline segment due`: who is likely to buy what again within a week, the likeliest first.

Reads what the last daily computation left, some kilobytes whatever the size of
the store, and writes nothing but the file that is asked for. Refuses whoever is gone since, and the address of
anybody to whom no marketing may be sent.
"""

import json
from pathlib import Path

import click

from chalicelib import clock
from chalicelib.playbook import bundle
from chalicelib.profile import store, words
from chalicelib.profile.insights import Reason
from chalicelib.segment import runs
from chalicelib.segment.reach import is_reachable
from cli.commands.segment import segment_group
from cli.deployment import STACK_HELP, connect, stack_option
from cli.options import json_option, language_option
from cli.spreadsheet import Writer

COLUMNS = ("chance", "category", "profile_id", "email")


@segment_group.command("due", epilog=STACK_HELP)
@stack_option
@click.option("--most", default=100, show_default=True, type=click.IntRange(1, 10_000), help="How many to name.")
@click.option("--show", is_flag=True, help="Name the mail addresses of those who may be written to: personal data.")
@click.option("--csv", "csv_file", type=click.Path(dir_okay=False, path_type=Path), help="Write a CSV file instead.")
@language_option
@json_option
def due(stack: str, most: int, show: bool, csv_file: Path | None, language: str, as_json: bool) -> None:
    """List who is likely to buy which category again within seven days of the last daily run, the likeliest first."""
    services = connect(stack)
    run, listed = runs.read_due(services, most)
    known = store.load_many(services, {profile_id for _, profile_id, _ in listed})
    rows = [
        {"chance": chance, "category": category, "profile_id": profile_id}
        | ({"email": known[profile_id].email if is_reachable(known[profile_id], "email") else ""} if show else {})
        for chance, profile_id, category in listed
        if profile_id in known
    ]
    blank = runs.read_cards(services).get("refill", {}).get("due", {}).get("blank")
    if csv_file:
        with csv_file.open("w", encoding="utf-8-sig", newline="") as file:
            writer = Writer(file)
            writer.write(COLUMNS)
            for row in rows:
                writer.write(str(row.get(column, "")) for column in COLUMNS)
    if as_json:
        click.echo(json.dumps({"run": run, "due": rows, "blank": blank}, ensure_ascii=False))
    elif not rows:
        sentences = bundle.load(services.data, clock.now()).reasons.get(language, {})
        why = Reason.from_json(blank) if blank else Reason("nobody_due" if run else "nothing_computed")
        click.echo(words.say(why, sentences))
    elif csv_file is None:
        for row in rows:
            click.echo(
                f"{row['chance']:4.0%}  {row['category']:30}  {row['profile_id']}  {row.get('email', '')}".rstrip()
            )


commands: list[click.Command] = []
"""None of its own: it belongs to `dripline segment`."""
