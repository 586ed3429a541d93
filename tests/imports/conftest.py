"""Files as an operator has them, and the import commands over one local cloud a module."""

import json
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner

from chalicelib.profile import store
from cli.local.cloud import LocalCloud
from cli.main import dripline

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def _standing():
    with LocalCloud(NOW) as cloud:
        yield cloud


@pytest.fixture
def local(_standing):
    _standing.clock.install()
    return _standing


@pytest.fixture
def run():
    def run(*arguments):
        return CliRunner().invoke(dripline, list(map(str, arguments)))

    return run


@pytest.fixture
def sheet(tmp_path):
    def sheet(content, name="file.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
        return path

    return sheet


@pytest.fixture
def bring_in(local, run):
    """Import a file and fold what it told; the report."""

    def bring_in(noun, path, *more):
        answer = run("import", noun, path, "--json", *more)
        assert answer.exit_code == 0, answer.output
        local.pump()
        return json.loads(answer.stdout)

    return bring_in


@pytest.fixture
def customer(local):
    return lambda address: store.find(local.services, "email", address)
