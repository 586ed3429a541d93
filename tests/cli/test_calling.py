"""Every command explains itself, and the exit codes tell done, not done and called wrongly apart."""

import io
import threading
from types import SimpleNamespace

import click
import pytest

from cli.demo import prompt
from cli.main import dripline


def walk(command, path=()):
    yield path
    if isinstance(command, click.Group):
        for name, each in command.commands.items():
            yield from walk(each, (*path, name))


@pytest.mark.parametrize("path", list(walk(dripline)), ids=" ".join)
def test_help_of_every_command(run, path):
    answer = run(*path, "--help")
    assert answer.exit_code == 0
    assert answer.stdout.startswith("Usage: ")
    assert len(answer.stdout.splitlines()) > 4


def test_the_nouns_of_the_operator():
    assert {" ".join(path) for path in walk(dripline)} >= {
        *("demo", "check", "plan", "publish", "import orders", "import customers", "customer show", "dashboard"),
    }


@pytest.mark.parametrize(
    "arguments",
    [
        ("nonsense",),
        ("demo", "--customers", "0"),
        ("demo", "--nonsense"),
        ("plan", "--hours", "x"),
        ("customer", "show"),
    ],
)
def test_wrong_usage_ends_with_2(run, arguments):
    assert run(*arguments).exit_code == 2


@pytest.mark.parametrize("arguments", [("plan",), ("customer", "show", "a@b.example"), ("publish",)])
def test_without_a_deployment_a_command_says_so_and_ends_with_1(run, monkeypatch, arguments):
    for name in ("DRIPLINE_STACK", "DRIPLINE_EVENTS_TABLE"):
        monkeypatch.delenv(name, raising=False)
    answer = run(*arguments)
    assert answer.exit_code == 1
    assert "--stack" in answer.stderr
    assert "Traceback" not in answer.output


def test_a_command_that_fails_at_the_demos_prompt_leaves_the_demo_running(tmp_path):
    (tmp_path / "broken.csv").write_text("product_id,title\n,a lamp without an id\n")
    pumped, out = [], io.StringIO()
    cloud = SimpleNamespace(lock=threading.RLock(), pump=lambda: pumped.append(1))
    prompt.carry_out(cloud, f"import products {tmp_path / 'broken.csv'} --dry-run", out)
    prompt.carry_out(cloud, "nonsense", out)
    assert "no product id" in out.getvalue()
    assert "No such command" in out.getvalue()
    assert len(pumped) == 2
