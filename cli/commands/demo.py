"""`dripline demo`: a real store's year in a minute, on this machine alone; then its pages to look around in."""

import contextlib
import io
import json
import sys
import threading
from collections.abc import Iterator
from typing import Any, TextIO

import click

from cli.demo.run import Demo, Progress, Wish, run


@click.command()
@click.option("--customers", default=60, show_default=True, type=click.IntRange(1, 2469), help="Households to draw.")
@click.option("--days", default=14, show_default=True, type=click.IntRange(1, 120), help="Days to live through.")
@click.option("--seed", default=1, show_default=True, type=click.IntRange(0), help="Same seed, same numbers.")
@click.option("--headless", is_flag=True, help="Print what happened and end; serve nothing.")
@click.option("--port", default=8600, show_default=True, type=click.IntRange(0, 65535), help="Where to serve; 0: any.")
@click.option("--json", "as_json", is_flag=True, help="Print the counts as one JSON object.")
@click.option(
    "--then",
    "commands_then",
    multiple=True,
    metavar="COMMAND",
    help='A command to run on the store afterwards, such as "segment list"; may be repeated.',
)
def demo(
    customers: int, days: int, seed: int, headless: bool, port: int, as_json: bool, commands_then: tuple[str, ...]
) -> None:
    """Run a store on this machine: real purchases, invented people, the deployed code. No AWS account.

    The purchases are dunnhumby's Complete Journey data. Names, addresses, countries, zones and consent are
    invented, and so is what people do: visits, wish-lists, carts, codes, answers to mails, texts and surveys,
    reviews, returns, enquiries, complaints, and two who use their privacy rights. Ends with what happened and what
    each phase took, read from the system's own data, then serves the dashboard, the outbox, the customers, the
    proof of an erasure and a mini shop on 127.0.0.1. In a terminal it also asks for commands: every one of
    `dripline`, carried out on this store.
    """
    from cli.demo import prompt, report

    wish = Wish(customers, days, seed)
    with contextlib.ExitStack() as stack:
        out = sys.stdout
        stack.enter_context(contextlib.redirect_stdout(Telemetry()))
        with watched(as_json) as on_progress:
            lived = stack.enter_context(run(wish, port=0 if headless else port, on_progress=on_progress))
            told = report.tell(lived)
        if as_json:
            click.echo(json.dumps(told | {"durations": lived.durations}, ensure_ascii=False), file=out)
        else:
            for line in report.lines(told, lived.durations):
                click.echo(line, file=out)
        for line in commands_then:
            prompt.carry_out(lived.cloud, line, out)
        if not headless:
            _serve(lived, out)


class Telemetry(io.TextIOBase):
    """Where the deployed code's standard output goes: metrics nowhere, log lines to standard error."""

    def write(self, text: str) -> int:
        if '"_aws"' not in text and text.strip():
            print(text.rstrip(), file=sys.stderr)
        return len(text)


def _serve(lived: Demo, out: TextIO) -> None:
    from cli.demo import prompt
    from cli.demo.site import Site

    site = Site(lived)
    site.start_watching()
    lived.gateway.show(site)
    lived.cloud.clock.run()
    ended = threading.Event()

    def live_on() -> None:
        while not ended.wait(0.5):
            lived.cloud.advance(lived.cloud.now())
            site.deliver()

    living = threading.Thread(target=live_on, daemon=True)
    living.start()
    click.echo(f"\nLook around at {lived.gateway.origin}/ (ctrl-c ends)", err=True)
    with contextlib.suppress(KeyboardInterrupt):
        if sys.stdin.isatty():
            click.echo('or type a command, such as "segment list" or "customer --help"', err=True)
            prompt.ask(lived.cloud, sys.stdin, out)
        else:
            living.join()
    ended.set()
    living.join()


@contextlib.contextmanager
def watched(as_json: bool) -> Iterator[Progress]:
    """Progress bars where a person watches; a phase a line otherwise."""
    if as_json or not sys.stderr.isatty():
        yield lambda phase, share: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bars

    columns = (TextColumn("{task.description:24}"), BarColumn(), TimeElapsedColumn())
    # Standard output is Telemetry's: bars that took it over would show the metrics that it leaves out.
    with Bars(*columns, console=Console(stderr=True), redirect_stdout=False) as bars:
        tasks: dict[str, Any] = {}

        def on_progress(phase: str, share: float) -> None:
            if phase not in tasks:
                tasks[phase] = bars.add_task(phase, total=1.0)
            bars.update(tasks[phase], completed=share)

        yield on_progress


commands: list[click.Command] = [demo]
