"""One local cloud for the commands' tests of a module, and a way to run a command as an operator does."""

from datetime import UTC, datetime

import pytest
from click.testing import CliRunner

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
