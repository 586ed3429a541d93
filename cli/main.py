"""The `dripline` command: one table of the nouns an operator has.

Exit codes: 0 done; 1 it could not be done, or `check` found mistakes; 2 the
command was called wrongly. A fault of ours is one line on standard error.
"""

from collections.abc import Sequence
from typing import Any

import click

from chalicelib.errors import DriplineError
from cli.commands import (
    customer,
    customer_data,
    dashboard,
    demo,
    due,
    imports,
    models,
    plan,
    playbook,
    privacy,
    products,
    reconcile,
    replay,
    segment,
    sending,
    split,
)

COMMANDS: tuple[click.Command, ...] = (
    *demo.commands,
    *due.commands,
    *playbook.commands,
    *plan.commands,
    *imports.commands,
    *products.commands,
    *reconcile.commands,
    *customer.commands,
    *customer_data.commands,
    *split.commands,
    *privacy.commands,
    *replay.commands,
    *segment.commands,
    *models.commands,
    *sending.commands,
    *dashboard.commands,
)


class Group(click.Group):
    """Shows the errors of `errors.py` as one line, without a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except DriplineError as fault:
            raise click.ClickException(str(fault)) from fault


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="dripline", message="%(prog)s %(version)s")
def dripline() -> None:
    """Precision marketing for an online store, in the store's own AWS account."""


for command in COMMANDS:
    dripline.add_command(command)


def main(arguments: Sequence[str] | None = None) -> None:
    dripline(args=arguments, prog_name="dripline")


if __name__ == "__main__":
    main()
