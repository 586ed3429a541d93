"""Files as an operator has them, and the import commands over one local cloud a module."""

import json
import os

import pytest

from chalicelib.profile import store
from tests.operator import NOW, _standing, local, run

__all__ = ["NOW", "_standing", "local", "run"]


@pytest.fixture
def sheet(tmp_path):
    def sheet(content, name="file.csv", saved=NOW):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
        os.utime(path, (saved.timestamp(), saved.timestamp()))
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
