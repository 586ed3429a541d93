"""`dripline customer show`: one customer with everything known and why."""

import json
from typing import Any

import click

from chalicelib import clock
from chalicelib.errors import DriplineError
from chalicelib.playbook import bundle
from cli import portrait
from cli.deployment import STACK_HELP, connect, stack_option


@click.group("customer")
def customer_group() -> None:
    """Look at one customer."""


@customer_group.command("show", epilog=STACK_HELP)
@click.argument("who", metavar="EMAIL|ID")
@stack_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def show(who: str, stack: str, as_json: bool) -> None:
    """Show a customer by mail address, profile id or the store's customer id.

    Profile, orders, consent with its proof, the believed time zone with its evidence, segments and why, and
    the newest facts of the log. Personal data: think where you print it.
    """
    services = connect(stack)
    now = clock.now()
    found = portrait.find(services, who)
    if found is None:
        raise DriplineError("no such customer")
    painted = portrait.paint(services, found, bundle.load(services.data, now), now)
    if as_json:
        click.echo(json.dumps(painted, ensure_ascii=False))
    else:
        _print(painted)


def _print(painted: dict[str, Any]) -> None:
    name = f"{painted['first_name']} {painted['last_name']}".strip()
    click.echo(f"{painted['email'] or painted['profile_id']}  {name}".rstrip())
    click.echo(f"  profile {painted['profile_id']}, customer since {painted['customer_since']}")
    click.echo(f"  country {painted['country'] or 'unknown'}, language {painted['language'] or 'unknown'}")
    zone = painted["zone"]
    click.echo(f"  time zone {zone['name']} ({zone['confidence']}, from {zone['source']})")
    for channel, consent in painted["consent"].items():
        since = f" since {consent['since']}" if consent["since"] else ""
        proof = f"; proof {consent['proof']}, “{consent['wording']}”, {consent['source']}" if consent["proof"] else ""
        click.echo(f"  consent for {channel}: {consent['state']}{since}{proof}")
    for channel, reason in painted["suppressed"].items():
        click.echo(f"  nothing is sent by {channel}: {reason}")
    click.echo(f"segments ({len(painted['segments'])})")
    for segment in painted["segments"]:
        click.echo(f"  {segment['segment']} since {segment['since']}")
        for line in segment["why"]:
            click.echo(f"    {line}")
    click.echo(f"orders ({len(painted['orders'])})")
    for order in painted["orders"][:20]:
        click.echo(
            f"  {order['placed_at']}  {order['number'] or order['order_id']}  {order['total']}  {order['status']}"
        )
    click.echo("timeline, newest first")
    for fact in painted["timeline"][:50]:
        click.echo(f"  {fact['at']}  {fact['event']}  ({fact['source']})")


commands: list[click.Command] = [customer_group]
