"""`dripline check` and `dripline publish`: the playbook's files, found right and made effective.

Exit codes: 0 in order, 1 problems found or a fault, 2 wrong usage (click's own).
"""

import json
from pathlib import Path
from typing import Any

import click

from chalicelib import clock
from chalicelib.errors import DriplineError
from cli.deployment import STACK_HELP, connect, stack_option
from cli.options import json_option
from cli.publish import release
from cli.publish.compile import compile_playbook
from cli.publish.load import DEFAULT, Problem

_PREVIOUS = "the one before"

_playbook = click.option(
    "--playbook",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=DEFAULT,
    show_default="the default playbook",
    help="The folder that holds dripline.yaml.",
)


@click.command()
@_playbook
@json_option
def check(playbook: Path, as_json: bool) -> None:
    """Find mistakes in the playbook; changes nothing."""
    compiled = compile_playbook(playbook)
    version = compiled.bundle.version if compiled.bundle else None
    if as_json:
        _print_json({"problems": _to_json(compiled.problems), "version": version})
    else:
        _print_problems(compiled.problems)
        if not compiled.problems:
            click.echo(f"no problems; this is version {version}")
    if compiled.problems:
        raise click.exceptions.Exit(1)


@click.command(epilog=STACK_HELP)
@_playbook
@click.option(
    "--rollback",
    is_flag=False,
    flag_value=_PREVIOUS,
    default=None,
    metavar="[VERSION]",
    help="Go back to the version before, or to VERSION, instead of publishing the files.",
)
@stack_option
@json_option
def publish(playbook: Path, rollback: str | None, stack: str, as_json: bool) -> None:
    """Check, compile and make the playbook effective within a minute, or roll back.

    Refuses while the deployment's secret holds an entry that is empty or could be guessed.
    """
    if rollback is None:
        compiled = compile_playbook(playbook)
        if compiled.bundle is None:
            if as_json:
                _print_json({"problems": _to_json(compiled.problems), "version": None})
            else:
                _print_problems(compiled.problems)
            raise click.exceptions.Exit(1)
    try:
        if rollback is None:
            assert compiled.bundle is not None
            services = connect(stack)
            _refuse_secrets(services.secrets.unusable)
            done = release.publish(services.data, compiled.bundle, clock.now())
        else:
            version = "" if rollback == _PREVIOUS else rollback
            done = release.roll_back(connect(stack).data, clock.now(), version)
    except DriplineError as fault:
        raise click.ClickException(str(fault)) from fault
    if as_json:
        _print_json({"problems": [], "version": done.version, "before": done.before or None, "changed": done.changed})
    elif done.changed:
        click.echo(f"{done.version} is current" + (f"; before it was {done.before}" if done.before else ""))
    else:
        click.echo(f"{done.version} is current already; nothing changed")


def _refuse_secrets(unusable: list[str]) -> None:
    """A store that is set up with an empty secret takes no webhook: said here, where somebody reads it."""
    if unusable:
        raise DriplineError(
            f"of the deployment's secret {', '.join(unusable)} cannot be used: empty, or too short to be one "
            "(link keys 32 characters, API keys 24); give a value or remove the entry"
        )


def _print_problems(problems: list[Problem]) -> None:
    for problem in problems:
        click.echo(str(problem))
    if problems:
        click.echo(f"{len(problems)} problem{'s' if len(problems) > 1 else ''}", err=True)


def _to_json(problems: list[Problem]) -> list[dict[str, Any]]:
    return [{"file": each.file, "line": each.line, "column": each.column, "message": each.message} for each in problems]


def _print_json(value: dict[str, Any]) -> None:
    click.echo(json.dumps(value, ensure_ascii=False))


commands: list[click.Command] = [check, publish]
