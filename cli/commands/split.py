"""`dripline customer split`: take identifiers out of a customer whose they are not, as a fact that replays safely."""

import click

from chalicelib import clock, ids
from chalicelib.collect import fields
from chalicelib.errors import DriplineError
from chalicelib.events import IdentitySeparated
from chalicelib.profile import jobs, store
from cli import portrait
from cli.commands.customer import customer_group
from cli.deployment import STACK_HELP, connect, stack_option

KINDS = ("email", "customer", "phone", "anonymous")


def parse_identifier(text: str) -> tuple[str, str]:
    """`customer:shopify:7` → its kind and value, cleaned as collection cleans it. Raises DriplineError."""
    kind, _, value = text.partition(":")
    cleaned = {"email": fields.email, "phone": fields.phone}.get(kind, str.strip)(value)
    if kind not in KINDS or not cleaned:
        raise DriplineError(f"{text!r} is no identifier; write kind:value, the kind one of {', '.join(KINDS)}")
    return kind, cleaned


@customer_group.command("split", epilog=STACK_HELP)
@click.argument("who", metavar="EMAIL|ID")
@click.option(
    "--identifier",
    "identifiers",
    multiple=True,
    required=True,
    metavar="KIND:VALUE",
    help="Whose it is not, such as email:ann@mail.example or customer:7; may be repeated, one of each kind.",
)
@click.option("--yes", is_flag=True, help="Do not ask first.")
@stack_option
def split(who: str, identifiers: tuple[str, ...], yes: bool, stack: str) -> None:
    """Give identifiers that are another person's, and their facts, a profile of their own.

    Facts that name both stay with the strongest identifier in them and join the two no more. The customer's
    own name, the identifier after which the profile is called, cannot be taken away: split the others off.
    """
    services = connect(stack)
    now = clock.now()
    found = portrait.find(services, who)
    if found is None:
        raise DriplineError("no such customer")
    given = dict(map(parse_identifier, identifiers))
    keys = {ids.identity_key(kind, value) for kind, value in given.items()}
    for kind, value in given.items():
        owner = store.find(services, kind, value)
        if owner is None or owner.profile_id != found.profile_id:
            raise DriplineError(f"the {kind} {value} is not this customer's")
    if found.profile_id in keys:
        raise DriplineError("this is the customer's own name; split the other identifiers off instead")
    apart = tuple(sorted({found.profile_id, *found.identities} - keys))
    if not yes:
        click.confirm(f"Separate {', '.join(identifiers)} from {found.email or found.profile_id}?", abort=True)
    fact = IdentitySeparated(
        id=ids.event_id("operator", "separated", *sorted(keys), *apart),
        occurred_at=now,
        received_at=now,
        source="operator",
        who=given,
        apart=apart,
    )
    (profile_id,) = jobs.fold_now(services, [fact], now)
    click.echo(f"separated: {', '.join(identifiers)} now have the profile {profile_id}")


commands: list[click.Command] = []
"""None of its own: it belongs to `dripline customer`."""
