"""`dripline check` and `dripline publish` as an operator runs them."""

import json

import pytest
from click.testing import CliRunner

from chalicelib import clock
from chalicelib.playbook import bundle
from cli.commands.playbook import check, commands, publish


@pytest.fixture
def run(copy):
    def run(command, *arguments, playbook=True):
        where = ["--playbook", str(copy.directory)] if playbook else []
        return CliRunner().invoke(command, [*where, *arguments])

    # Real templates: what an operator's folder has.
    import shutil

    from cli.publish.load import DEFAULT

    for folder in ("templates", "strings"):
        shutil.copytree(DEFAULT / folder, copy.directory / folder)
    return run


def test_check_says_where_and_how_many_and_ends_with_1(run, copy):
    assert run(check).exit_code == 0
    copy.change("flows/welcome.yaml", "priority: 80", "priority: high")
    answer = run(check)
    assert answer.exit_code == 1
    assert answer.stdout == "flows/welcome.yaml:10:1: a whole number is wanted, not 'high'\n"
    assert answer.stderr == "1 problem\n"
    answer = run(check, "--json")
    assert (answer.exit_code, json.loads(answer.stdout)) == (
        1,
        {
            "problems": [
                {
                    "file": "flows/welcome.yaml",
                    "line": 10,
                    "column": 1,
                    "message": "a whole number is wanted, not 'high'",
                }
            ],
            "version": None,
        },
    )


def test_publish_twice_then_change_then_roll_back(cloud, run, copy):
    first = json.loads(run(publish, "--json").stdout)
    assert first["changed"]
    assert first["version"] == json.loads(run(check, "--json").stdout)["version"]
    assert "nothing changed" in run(publish).stdout
    copy.change("flows/welcome.yaml", "priority: 80", "priority: 81")
    second = json.loads(run(publish, "--json").stdout)
    assert second["before"] == first["version"]
    assert f"{first['version']} is current; before it was {second['version']}" in run(publish, "--rollback").stdout
    assert run(publish, "--rollback", second["version"]).exit_code == 0
    assert bundle.load(cloud.data, clock.now()).version == second["version"]
    refused = run(publish, "--rollback", "nonsense")
    assert refused.exit_code == 1
    assert "no version 'nonsense' was published here" in refused.stderr


def test_a_playbook_with_problems_is_not_published(cloud, run, copy):
    copy.change("flows/welcome.yaml", "coupon: welcome10", "coupon: welcome15")
    answer = run(publish)
    assert answer.exit_code == 1
    assert "flows/welcome.yaml:14:5: there is no offer 'welcome15'" in answer.stdout
    assert cloud.data.get(bundle.POINTER) is None


def test_wrong_usage_ends_with_2(run):
    assert run(check, "--nonsense").exit_code == 2
    assert run(check, "--playbook", "/no/such/folder", playbook=False).exit_code == 2
    assert [command.name for command in commands] == ["check", "publish"]
