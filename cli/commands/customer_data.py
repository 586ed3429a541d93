"""`dripline customer export`, `erase` and `rebuild`: a person's data handed over, removed, or worked out anew."""

import json
from pathlib import Path

import click

from chalicelib import clock
from chalicelib.aws.services import Services
from chalicelib.collect import fields
from chalicelib.errors import DriplineError
from chalicelib.measure import erasure as numbers
from chalicelib.profile import erasure, whereabouts
from chalicelib.profile import export as exporting
from chalicelib.profile import rebuild as rebuilding
from chalicelib.profile.whereabouts import Person
from cli import portrait, rebuild_all
from cli.commands.customer import customer_group
from cli.deployment import STACK_HELP, connect, stack_option
from cli.options import json_option


@customer_group.command("export", epilog=STACK_HELP)
@click.argument("who", metavar="EMAIL|PHONE|ID")
@click.option(
    "--to",
    "target",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="A .zip or .json file; it must not be there yet.",
)
@stack_option
def export(who: str, target: Path, stack: str) -> None:
    """Write everything held of a person: profile, facts, consent, messages, archive, raw bodies, dead letters.

    Personal data: keep the file only for as long as it takes to hand it over.
    """
    if target.suffix not in (".zip", ".json"):
        raise click.UsageError("--to takes a file that ends in .zip or .json")
    if target.exists():
        raise DriplineError(f"{target} is there already")
    services, now = connect(stack), clock.now()
    document = exporting.export(services, person_of(services, who), now, numbers)
    if exporting.is_empty(document):
        raise DriplineError("nothing is held of such a person")
    try:
        target.touch(mode=0o600)
        target.write_bytes(exporting.to_zip(document, now) if target.suffix == ".zip" else exporting.to_json(document))
    except OSError as fault:
        raise DriplineError(f"{target} cannot be written: {fault.strerror or fault}") from fault
    click.echo(f"{target}: {len(document['facts'])} facts, {len(document['agenda'])} items of the agenda")


@customer_group.command("erase", epilog=STACK_HELP)
@click.argument("who", metavar="EMAIL|PHONE|ID")
@click.option("--yes", is_flag=True, help="Do not ask first.")
@stack_option
@json_option
def erase(who: str, yes: bool, stack: str, as_json: bool) -> None:
    """Remove everything held of a person; only salted hashes stay, which keep them from coming back unasked.

    The first look is taken now; the schedule looks again, two hours later and until nothing more is found, and
    then writes the proof that `dripline privacy show` prints. There is no way back, but the person's own sign-up.
    """
    services, now = connect(stack), clock.now()
    person = person_of(services, who)
    if not yes:
        click.confirm("Remove everything held of this person, for good?", abort=True)
    reference = erasure.begin(services, person, "operator", now)
    proof = erasure.look(services, reference, now, numbers)
    looks = [each for item in erasure.at_work(services) if item["sk"] == reference for each in item["looks"]]
    if as_json:
        click.echo(json.dumps({"erasure": reference, "looks": looks, "proof": proof}))
        return
    for each in looks:
        removed = ", ".join(f"{number} {what}" for what, number in each["removed"].items() if number)
        click.echo(f"removed: {removed or 'nothing was found'}")
    click.echo(f"erasure {reference}: the proof follows when a later look finds nothing")


@customer_group.command("rebuild", epilog=STACK_HELP)
@click.argument("who", metavar="EMAIL|ID", required=False)
@click.option("--all", "everybody", is_flag=True, help="Every customer, hash range by hash range.")
@click.option("--range", "part", default="1/1", metavar="I/N", help="With --all: only the I-th of N ranges.")
@stack_option
def rebuild(who: str | None, everybody: bool, part: str, stack: str) -> None:
    """Work out profiles anew from the log and the archive, while facts arrive.

    For a measure that is new, or a customer that looks wrong. Several ranges may run on several machines.
    """
    if bool(who) == everybody:
        raise click.UsageError("name a customer, or give --all")
    services, now = connect(stack), clock.now()
    if who:
        found = portrait.find(services, who)
        if found is None or not rebuilding.rebuild(services, found.profile_id, now):
            raise DriplineError("no such customer")
        click.echo("1 customer")
        return
    place, _, of = part.partition("/")
    if not (place.isdigit() and of.isdigit() and 1 <= int(place) <= int(of)):
        raise click.UsageError("--range takes I/N, such as 2/8")
    click.echo(f"{rebuild_all.run(services, now, int(place) - 1, int(of))} customers")


def person_of(services: Services, who: str) -> Person:
    """By mail address, phone number, profile id or the store's customer id."""
    address, customer = fields.email(who), portrait.find(services, who)
    if customer is not None:
        return whereabouts.named(services, [("profile", customer.profile_id), ("email", address or "")])
    if address:
        return whereabouts.named(services, [("email", address)])
    kind = "phone" if who.startswith("+") else "customer"
    return whereabouts.named(services, [(kind, who)])


commands: list[click.Command] = []
"""None of its own: these belong to `dripline customer`."""
