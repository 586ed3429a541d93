"""The operator's commands on the demo's store, in the demo's own process: typed at a prompt, or given with `--then`.

A store that lives in one process's memory cannot be reached by a command in
another, and its clock is not the wall's; so the commands come to it. What is
typed is what would be typed for a deployed stack. Refuses to start a demo
within the demo.
"""

import contextlib
import shlex
from typing import TextIO

import click

from cli.local.cloud import LocalCloud

SIGN = "dripline> "
ENDINGS = ("exit", "quit")


def carry_out(cloud: LocalCloud, line: str, out: TextIO) -> None:
    """Run one command line, with or without the word `dripline`, and what it sets off; its errors are shown as text."""
    from cli.main import dripline

    try:
        words = shlex.split(line)
    except ValueError as fault:
        click.echo(f"Error: {fault}", file=out)
        return
    words = words[1:] if words[:1] == ["dripline"] else words
    if words[:1] == ["demo"]:
        click.echo("Error: this is the demo", file=out)
        return
    with cloud.lock, contextlib.redirect_stdout(out):
        try:
            dripline.main(words, prog_name="dripline", standalone_mode=False)
        except click.ClickException as fault:
            fault.show(out)
        except click.Abort:
            click.echo("Aborted", file=out)
        except SystemExit:
            pass  # how a command says that it could not do what it was asked; its words are told already
        cloud.pump()


def ask(cloud: LocalCloud, lines: TextIO, out: TextIO) -> None:
    """Carry out line after line until there are no more, or `exit` is typed."""
    while True:
        out.write(SIGN)
        out.flush()
        line = lines.readline()
        if not line or line.strip() in ENDINGS:
            return
        if line.strip():
            carry_out(cloud, line, out)
