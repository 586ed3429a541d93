"""`dripline customer` and its `show`: one customer with everything known and why."""

import json

import click

from chalicelib import clock
from chalicelib.errors import DriplineError
from chalicelib.playbook import bundle
from cli import portrait, portrait_text
from cli.deployment import STACK_HELP, connect, stack_option
from cli.options import json_option, language_option
from cli.portrait_words import Words


@click.group("customer")
def customer_group() -> None:
    """Look at one customer; export, erase, split or rebuild what is held of them."""


@customer_group.command("show", epilog=STACK_HELP)
@click.argument("who", metavar="EMAIL|PHONE|ID")
@stack_option
@click.option("--why", is_flag=True, help="Give the reason of everything that is believed, and what else was told.")
@language_option
@json_option
def show(who: str, stack: str, why: bool, language: str, as_json: bool) -> None:
    """Show a customer by mail address, phone number, profile id, or the store's or the browser's id.

    What is known and who told it, tags, stage and predictions with their reasons, measures with their trend, the
    cart and wish-list, orders, consent with its proof, the believed time zone with its evidence, segments and why,
    and the newest facts of the log. Personal data: think where you print it.
    """
    services = connect(stack)
    now = clock.now()
    found = portrait.find(services, who)
    if found is None:
        raise DriplineError("no such customer")
    playbook = bundle.load(services.data, now)
    painted = portrait.paint(services, found, playbook, now, language)
    if as_json:
        click.echo(json.dumps(painted, ensure_ascii=False))
    else:
        for line in portrait_text.lines(painted, Words(playbook, language), why=why):
            click.echo(line)


commands: list[click.Command] = [customer_group]
