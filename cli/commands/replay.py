"""`dripline replay`: dead letters, batches of the stream and quarantined bodies, seen and taken up again."""

import json

import click

from chalicelib import clock
from cli import replaying
from cli.deployment import STACK_HELP, connect, stack_option
from cli.options import json_option


@click.command(epilog=STACK_HELP)
@click.argument("place", required=False, type=click.Choice([*replaying.PLACES]))
@stack_option
@json_option
def replay(place: str | None, stack: str, as_json: bool) -> None:
    """Say what lies aside; with PLACE, take up again what lies there.

    PLACE is a queue, `stream` for facts that could not be folded (the whole log is read for them), or `quarantine`
    for deliveries and records that were refused. Taking up the same twice changes nothing.
    """
    services = connect(stack)
    found = replaying.replay(services, place, clock.now()) if place else replaying.list_all(services)
    if as_json:
        click.echo(json.dumps(found))
        return
    for name, number in found.items():
        click.echo(f"{number:6d}  {name}")


commands: list[click.Command] = [replay]
