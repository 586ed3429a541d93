"""Finds a Python that can package for Lambda, and makes environments with it.

Chalice packages for the interpreter it runs on; below 3.12 it drops numpy
without an error, and Lambda has no newer runtime than 3.13 that Chalice knows.
A shim that exists and does not run is not a Python.
"""

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VERSIONS = ("3.12", "3.13")
MISSING = (
    "no working Python 3.12 or 3.13 was found on PATH or under ~/.pyenv/versions (this is {}); "
    "Lambda's packages cannot be made with an older one, because numpy would be left out"
)


def find() -> Path | None:
    """The first Python of `VERSIONS` that runs and can make a virtual environment."""
    for version in VERSIONS:
        on_path = shutil.which(f"python{version}")
        under_pyenv = sorted((Path.home() / ".pyenv" / "versions").glob(f"{version}*/bin/python"), reverse=True)
        for candidate in [sys.executable, *([on_path] if on_path else []), *map(str, under_pyenv)]:
            if _runs_as(candidate, version):
                return Path(candidate)
    return None


def _runs_as(candidate: str, version: str) -> bool:
    program = "import ensurepip, venv, sys; print('%d.%d' % sys.version_info[:2])"
    try:
        answer = subprocess.run([candidate, "-c", program], capture_output=True, text=True, timeout=300)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return answer.returncode == 0 and answer.stdout.strip() == version


def environment(name: str, requirements: Path, python: Path) -> Path:
    """The Python of the virtual environment `name`, made again when its requirements changed."""
    folder = ROOT / name
    stamp = folder / "made-from"
    text = requirements.read_text()
    wanted = text + ((ROOT / "requirements.txt").read_text() if "-r ../requirements.txt" in text else "") + str(python)
    if not stamp.exists() or stamp.read_text() != wanted:
        print(f"making {name} with {python} …", flush=True)
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([python, "-m", "venv", folder], check=True)
        install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", str(requirements)]
        subprocess.run([folder / "bin" / "python", *install], check=True)
        stamp.write_text(wanted)
    return folder / "bin" / "python"


def missing() -> str:
    return MISSING.format(f"{sys.version_info[0]}.{sys.version_info[1]}")
