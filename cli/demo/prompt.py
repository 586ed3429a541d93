"""The operator's commands on the demo's store, in the demo's own process: typed at a prompt, or given with `--then`.

A store that lives in one process's memory cannot be reached by a command in
another, and its clock is not the wall's; so the commands come to it. What is
typed is what would be typed for a deployed stack. While a command asks and the
operator thinks, the store lives on and its pages are served. Refuses to start a
demo within the demo, and a second server of its dashboard.
"""

import contextlib
import io
import shlex
import sys
from collections.abc import Iterator
from typing import TextIO

import click

from cli.local.cloud import LocalCloud

SIGN = "dripline> "
ENDINGS = ("exit", "quit")
REFUSED = {"demo": "this is the demo", "dashboard": "the demo's dashboard is at /dashboard/ of the address above"}


def carry_out(cloud: LocalCloud, line: str, out: TextIO, lines: TextIO | None = None) -> None:
    """Run one command line, with or without the word `dripline`, and what it sets off; its errors are shown as text.

    What it asks is answered by the next of `lines`."""
    from cli.main import dripline

    try:
        words = shlex.split(line)
    except ValueError as fault:
        click.echo(f"Error: {fault}", file=out)
        return
    words = words[1:] if words[:1] == ["dripline"] else words
    if words and words[0] in REFUSED:
        click.echo(f"Error: {REFUSED[words[0]]}", file=out)
        return
    with cloud.lock, _answered_by(Answers(cloud, lines or sys.stdin)), contextlib.redirect_stdout(out):
        try:
            dripline.main(words, prog_name="dripline", standalone_mode=False)
        except click.ClickException as fault:
            fault.show(out)
        except click.Abort:
            click.echo("Aborted", file=out)
        except SystemExit:
            pass  # how a command says that it could not do what it was asked; its words are told already
        cloud.pump()


class Answers(io.TextIOBase):
    """Standard input of a command: while a line is waited for, the store is free and prints where it does otherwise."""

    def __init__(self, cloud: LocalCloud, lines: TextIO) -> None:
        self._cloud, self._lines, self._outside = cloud, lines, sys.stdout

    def readline(self, *_: int) -> str:  # type: ignore[override]
        self._cloud.lock.release()
        try:
            with contextlib.redirect_stdout(self._outside):
                return self._lines.readline()
        finally:
            self._cloud.lock.acquire()


@contextlib.contextmanager
def _answered_by(answers: Answers) -> Iterator[None]:
    before, sys.stdin = sys.stdin, answers  # type: ignore[assignment]
    try:
        yield
    finally:
        sys.stdin = before


def ask(cloud: LocalCloud, lines: TextIO, out: TextIO) -> None:
    """Carry out line after line until there are no more, or `exit` is typed."""
    while True:
        out.write(SIGN)
        out.flush()
        line = lines.readline()
        if not line or line.strip() in ENDINGS:
            return
        if line.strip():
            carry_out(cloud, line, out, lines)
