"""Options that mean the same for every command; `--stack` is in `deployment.py`."""

import click

from chalicelib.profile.words import LANGUAGES

json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
language_option = click.option(
    "--language", default="en", show_default=True, type=click.Choice(LANGUAGES), help="Of what is shown."
)
