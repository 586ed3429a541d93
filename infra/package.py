"""`make package`: what is uploaded to AWS, made, slimmed and checked, in build/package.

Runs `chalice package` on a copy that holds nothing but what ships, with a
Python 3.12 or 3.13 of its own (`interpreters.py`); then takes out of the two
zips what Lambda never reads, adds bytecode, and refuses a package without
numpy, with a development package, with a policy that allows too much, or too
large to upload. Nothing is sent anywhere: that is `deploy.py`.
"""

import argparse
import hashlib
import os
import py_compile
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

from infra import interpreters, policies

ROOT = interpreters.ROOT
OUT = ROOT / "build" / "package"
STAGE = ROOT / "build" / "stage"
LIMIT = 50 * 1024 * 1024
SERVICES = ("dynamodb", "s3", "secretsmanager", "sesv2", "sns", "sqs", "sts")
"""Of botocore's 400 service descriptions, those that are called, and sts for credentials."""

NEEDED_IN_LAYER = (
    "numpy/__init__.py",
    "pandas/__init__.py",
    "liquid/__init__.py",
    "boto3/__init__.py",
    "orjson/__init__.py",
    "aws_lambda_powertools/__init__.py",
    "tzdata/zones",
)
NEEDED_IN_CODE = (
    *("app.py", "chalice/app.py", "chalicelib/playbook/dripline.yaml", "chalicelib/collect/routes.py"),
    "chalicelib/collect/snippet.js",
)
NEVER_IN_CODE = ("tests/", "cli/", "infra/", "bench/", "dashboard/", ".venv")
NEVER_IN_LAYER = (
    "moto",
    "pytest",
    "hypothesis",
    "mypy",
    "ruff",
    "click",
    "rich",
    "ruamel",
    "pyarrow",
    "cfnlint",
    "pip",
)


class PackageRefused(Exception):
    """The package was made and must not be deployed."""


def make() -> Path:
    """Build and check build/package; the template's path. Raises PackageRefused, or CalledProcessError."""
    python = interpreters.find()
    if python is None:
        raise PackageRefused(interpreters.missing())
    tools = interpreters.environment(".venv-package", ROOT / "infra" / "requirements-package.txt", python)
    _stage()
    shutil.rmtree(OUT, ignore_errors=True)
    command = ["chalice", "package", "--stage", "prod", "--template-format", "yaml"]
    _run([tools.parent / command[0], *command[1:], "--merge-template", ROOT / "infra" / "resources.yaml", OUT], tools)
    for name in ("layer-deployment.zip", "deployment.zip"):
        _slim_once(OUT / name, tools)
    template = OUT / "sam.yaml"
    _check(template)
    _run([tools.parent / "cfn-lint", template], tools, cwd=ROOT)
    print("cfn-lint: clean; policies: no wildcard action, no bare resource")
    return template


def _stage() -> None:
    """A project that holds what ships; chalice's own dependencies are its command line's and stay behind.

    What chalice made of the same requirements before stays, in .chalice/deployments.
    """
    for old in STAGE.glob("*"):
        if old.name != ".chalice":
            shutil.rmtree(old) if old.is_dir() else old.unlink()
    (STAGE / ".chalice").mkdir(parents=True, exist_ok=True)
    shutil.copy(ROOT / "app.py", STAGE)
    shutil.copytree(ROOT / "chalicelib", STAGE / "chalicelib", ignore=shutil.ignore_patterns("__pycache__"))
    for source in (ROOT / ".chalice").glob("*.json"):
        shutil.copy(source, STAGE / ".chalice")
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    (STAGE / "requirements.txt").write_text("\n".join(line for line in lines if not line.startswith("chalice==")))


def _run(command: list[object], tools: Path, *, cwd: Path = STAGE) -> None:
    search = f"{tools.parent}{os.pathsep}{os.environ.get('PATH', '')}"
    region = {"AWS_DEFAULT_REGION": os.environ.get("AWS_DEFAULT_REGION", "us-east-1")}
    answer = subprocess.run(
        [str(part) for part in command], cwd=cwd, env=os.environ | region | {"PATH": search}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    if answer.returncode:
        raise PackageRefused(f"{Path(str(command[0])).name} failed:\n{answer.stdout[-4000:]}")
    if "Could not install dependencies" in answer.stdout:
        raise PackageRefused(f"chalice left packages out:\n{answer.stdout[-4000:]}")


def is_needed(name: str) -> bool:
    """Whether Lambda may read this member of a package's zip."""
    parts = name.removeprefix("python/").split("/")
    parts = parts[parts.index("site-packages") + 1 :] if "site-packages" in parts else parts
    if name.endswith((".pyi", ".pyx", ".pxd", ".c", ".h", ".a", ".lib", "/")) or "__pycache__" in parts:
        return False
    if parts[0].endswith((".dist-info", ".data")) or parts[0] == "bin":
        return parts[-1] == "METADATA"
    if parts[0] in ("numpy", "pandas") and any(part in ("tests", "_pyinstaller", "f2py") for part in parts):
        return False
    if parts[:2] == ["botocore", "data"] and len(parts) > 3:
        return parts[2] in SERVICES
    if parts[:2] == ["boto3", "data"] and len(parts) > 3:
        return parts[2] in SERVICES
    if parts[:2] == ["babel", "locale-data"]:  # liquid brings babel; the filters that templates may use know no locale
        return parts[-1] in ("root.dat", "en.dat", "en_US.dat")
    return not (parts[0] == "boto3" and "examples" in parts) and "swagger_ui" not in parts


def _slim_once(path: Path, tools: Path) -> None:
    """`slim`, or what it made of the same zip before: the layer changes with requirements.txt only."""
    made_from = hashlib.sha256(path.read_bytes() + Path(__file__).read_bytes()).hexdigest()[:32]
    kept = STAGE.parent / "slimmed" / f"{path.stem}-{made_from}.zip"
    if not kept.exists():
        _run([tools, "-m", "infra.package", "--slim", path], tools, cwd=ROOT)
        kept.parent.mkdir(exist_ok=True)
        for old in kept.parent.glob(f"{path.stem}-*.zip"):
            old.unlink()
        shutil.copy(path, kept.with_suffix(".part"))
        kept.with_suffix(".part").rename(kept)  # an interrupted copy is none
    shutil.copy(kept, path)


def slim(path: Path) -> None:
    """Rewrite a zip without what is not needed and with bytecode that needs no look at its source.

    Must run on the Python of Lambda. Chalice ships no bytecode, and Lambda's disk is read-only,
    so every cold start would compile every module anew.
    """
    unpacked = path.with_suffix("")
    shutil.rmtree(unpacked, ignore_errors=True)
    with zipfile.ZipFile(path) as archive:
        archive.extractall(unpacked, [name for name in archive.namelist() if is_needed(name)])
    for source in sorted(unpacked.rglob("*.py")):
        shown = str(source.relative_to(unpacked))
        py_compile.compile(
            str(source), dfile=shown, quiet=2, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH
        )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for member in sorted(each for each in unpacked.rglob("*") if each.is_file()):
            about = zipfile.ZipInfo(str(member.relative_to(unpacked)), (1980, 1, 1, 0, 0, 0))
            about.external_attr = (0o755 if ".so" in member.name else 0o644) << 16
            archive.writestr(about, member.read_bytes(), zipfile.ZIP_DEFLATED)
    _import_all(unpacked)
    shutil.rmtree(unpacked)


def _import_all(unpacked: Path) -> None:
    """What is left of the layer can be imported, and by itself: without the packages of this Python."""
    packages = next(iter(unpacked.glob("python/lib/*/site-packages")), None)
    if packages is None:
        return
    names = ", ".join(name.removesuffix("/__init__.py") for name in NEEDED_IN_LAYER if name.endswith("/__init__.py"))
    answer = subprocess.run(
        [sys.executable, "-S", "-B", "-c", f"import {names}"],
        env={"PYTHONPATH": str(packages)}, text=True, capture_output=True,
    )  # fmt: skip
    if answer.returncode:
        raise PackageRefused(f"the slimmed layer cannot be imported:\n{answer.stderr[-2000:]}")


def _check(template: Path) -> None:
    faults = list(_faults(template))
    if faults:
        raise PackageRefused("the package must not be deployed:\n  " + "\n  ".join(faults))


def _faults(template: Path) -> Iterator[str]:
    layer, code = OUT / "layer-deployment.zip", OUT / "deployment.zip"
    with zipfile.ZipFile(layer) as archive:
        unpacked = sum(member.file_size for member in archive.infolist())
        in_layer = {name.split("/site-packages/", 1)[-1] for name in archive.namelist()}
    with zipfile.ZipFile(code) as archive:
        unpacked += sum(member.file_size for member in archive.infolist())
        in_code = set(archive.namelist())
    for needed in NEEDED_IN_LAYER:
        if needed not in in_layer:
            yield f"{needed} is not in the layer"
    for needed in NEEDED_IN_CODE:
        if needed not in in_code:
            yield f"{needed} is not in the code"
    yield from (f"{name} must not ship" for name in sorted(in_code) if name.startswith(NEVER_IN_CODE))
    packages = {name.split("/")[0] for name in in_layer}
    yield from (f"{name} is a development package" for name in NEVER_IN_LAYER if name in packages)
    sizes = {path.name: path.stat().st_size for path in (code, layer)}
    for name, size in sizes.items():
        print(f"{name}: {size / 2**20:.2f} MB compressed")
        if size >= LIMIT:
            yield f"{name} is {size} bytes; at most {LIMIT} can be uploaded directly"
    print(f"both: {sum(sizes.values()) / 2**20:.2f} MB compressed, {unpacked / 2**20:.0f} MB unpacked (limit 250)")
    if unpacked > 250 * 2**20:
        yield f"{unpacked} bytes unpacked; Lambda takes 250 MB"
    from ruamel.yaml import YAML

    yield from policies.faults(YAML(typ="safe").load(template.read_text())["Resources"])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--if-possible", action="store_true", help="say 'skipped' where Python is too old, and succeed")
    parser.add_argument("--slim", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.slim:
        slim(arguments.slim)
        return 0
    if arguments.if_possible and interpreters.find() is None:
        print(f"skipped: {interpreters.missing()}")
        return 0
    try:
        print(f"made {make().relative_to(ROOT)}")
    except PackageRefused as refusal:
        print(f"make package: {refusal}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
