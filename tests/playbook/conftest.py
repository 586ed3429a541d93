"""A copy of the default playbook to make mistakes in."""

import shutil

import pytest

from cli.publish.compile import compile_playbook
from cli.publish.load import DEFAULT, FOLDERS, SETTINGS
from tests.playbook.stand_in import render_names


class Copy:
    """A playbook in a folder of its own."""

    def __init__(self, directory):
        self.directory = directory

    def change(self, file, old, new):
        """Replace the only occurrence of `old`; the test is wrong when there is not exactly one."""
        path = self.directory / file
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} occurs {text.count(old)} times in {file}"
        path.write_text(text.replace(old, new), encoding="utf-8")
        return self

    def write(self, file, text):
        path = self.directory / file
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return self

    def compile(self):
        return compile_playbook(self.directory, render_names)

    def problems(self):
        return [str(problem) for problem in self.compile().problems]

    @property
    def bundle(self):
        compiled = self.compile()
        assert compiled.problems == []
        return compiled.bundle


@pytest.fixture
def copy(tmp_path):
    directory = tmp_path / "my-store"
    for folder in FOLDERS:
        shutil.copytree(DEFAULT / folder, directory / folder)
    shutil.copy(DEFAULT / SETTINGS, directory / SETTINGS)
    return Copy(directory)
