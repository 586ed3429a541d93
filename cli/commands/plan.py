"""`dripline plan`: what goes out in the next hours, what does not, and why. Changes nothing."""

import json
from typing import Any

import click

from chalicelib import clock
from chalicelib.decide.plan import plan as foresee
from cli.deployment import STACK_HELP, connect, stack_option
from cli.options import json_option


@click.command(epilog=STACK_HELP)
@stack_option
@click.option("--hours", default=24, show_default=True, type=click.IntRange(1, 24 * 7), help="How far to look ahead.")
@json_option
def plan(stack: str, hours: int, as_json: bool) -> None:
    """Say what will be sent, hour by hour, and what will not be, and why.

    Judged as if every customer stayed as they are now: who pays or leaves in the meantime is not known.
    """
    planned = foresee(connect(stack), clock.now(), hours)
    if as_json:
        click.echo(json.dumps(planned, ensure_ascii=False))
    else:
        _print(planned)


def _print(planned: dict[str, Any]) -> None:
    click.echo(f"from {planned['from']} until {planned['until']}, playbook {planned['playbook']}")
    click.echo("goes out" if planned["out"] else "nothing goes out")
    for entry in planned["out"]:
        click.echo(f"  {entry['hour']}  {entry['count']:6}  {entry['definition']}  {entry['template']}")
    if planned["not"]:
        click.echo("does not")
    for entry in planned["not"]:
        click.echo(f"  {entry['count']:6}  {entry['definition']}  {entry['reason']}")
    for campaign in planned["campaigns"]:
        click.echo(f"campaign {campaign['campaign']}: {campaign['status']}, launches {campaign['launches_at']}")


commands: list[click.Command] = [plan]
