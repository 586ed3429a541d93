"""The house's walls: who may import whom, and where each outside power may be used."""

from pathlib import Path

import pytest

from tests.guards.sources import dotted, imports, module_of, python

KERNEL = ("events", "errors", "settings", "clock", "ids", "money")
STAGES = ("collect", "segment", "decide", "deliver", "measure")
BELOW = {
    "errors": (),
    "settings": ("errors",),
    "clock": ("errors",),
    "ids": ("errors", "clock"),
    "money": ("errors",),
    "events": ("errors", "clock", "ids", "money"),
    "aws": KERNEL,
    "playbook": (*KERNEL, "aws"),
    "catalogue": (*KERNEL, "aws", "playbook"),
    "profile": (*KERNEL, "aws", "playbook", "catalogue"),
} | dict.fromkeys(STAGES, (*KERNEL, "aws", "playbook", "catalogue", "profile"))
"""Room → what else of `chalicelib` it may import."""

LIBRARY = python("chalicelib")
SHIPPED = python("app.py", "chalicelib")


def room_of(module: str) -> str:
    return module.split(".")[1] if module.count(".") else ""


@pytest.mark.parametrize("room", BELOW)
def test_a_room_imports_only_what_lies_below_it(room):
    files = [path for path in LIBRARY if room_of(module_of(path)) == room]
    assert files
    wrong = [
        f"{path}:{line} imports {name}"
        for path in files
        for line, name in imports(path)
        if name.split(".")[0] in ("chalicelib", "app", "cli", "infra", "tests")
        and (not name.startswith("chalicelib.") or room_of(name) not in (room, *BELOW[room]))
    ]
    assert wrong == []


def test_the_root_is_a_closed_list():
    assert {room_of(module_of(path)) for path in LIBRARY} == {"", *BELOW}
    assert {path.name for path in LIBRARY if len(path.parts) == 2} == {
        "__init__.py",
        *(f"{name}.py" for name in KERNEL if name != "events"),
    }


def test_stages_meet_only_in_the_wiring_and_the_operators_tools():
    stages = {
        path: {room_of(name) for _, name in imports(path)} & set(STAGES)
        for path in LIBRARY
        if room_of(module_of(path)) not in STAGES
    }
    assert {path: found for path, found in stages.items() if found} == {}


@pytest.mark.parametrize(
    ("package", "allowed"),
    [
        ("chalice", lambda path: path == Path("app.py") or path.name == "routes.py"),
        ("boto3", lambda path: path.parts[:2] == ("chalicelib", "aws")),
        ("botocore", lambda path: path.parts[:2] == ("chalicelib", "aws")),
    ],
)
def test_a_platform_is_imported_in_its_place_only(package, allowed):
    users = {path for path in SHIPPED if any(name.split(".")[0] == package for _, name in imports(path))}
    assert users, f"nobody imports {package}: this test looks at nothing"
    assert [path for path in users if not allowed(path)] == []


def test_what_is_slow_to_import_waits_until_it_is_needed():
    slow = {"boto3", "botocore", "pandas", "numpy", "liquid"}
    everywhere = {name.split(".")[0] for path in SHIPPED for _, name in imports(path)}
    assert {"boto3", "liquid"} <= everywhere
    early = [
        f"{path}:{line} imports {name}"
        for path in SHIPPED
        for line, name in imports(path, top_level=True)
        if name.split(".")[0] in slow
    ]
    assert early == []


@pytest.mark.parametrize(
    ("home", "powers"),
    [
        ("chalicelib/settings.py", ("os.environ", "os.getenv", "os.environb", "os.putenv")),
        (
            "chalicelib/clock.py",
            (
                "datetime.now",
                "datetime.utcnow",
                "datetime.today",
                "datetime.datetime.now",
                "datetime.datetime.utcnow",
                "datetime.datetime.today",
                "date.today",
                "datetime.date.today",
                "time.time",
                "time.time_ns",
                "time.gmtime",
                "time.localtime",
            ),
        ),
        ("chalicelib/aws/wire.py", ("time.sleep",)),
    ],
)
def test_a_power_is_used_in_its_place_only(home, powers):
    used = [(path, line, name) for path in SHIPPED for line, name in dotted(path) if name in powers]
    assert any(path == Path(home) for path, _, _ in used), f"{home} uses none of it: this test looks at nothing"
    assert [f"{path}:{line} uses {name}" for path, line, name in used if path != Path(home)] == []


def test_no_file_is_named_for_what_is_left_over():
    vague = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "base", "core", "shared"}
    named = [
        path
        for path in python("app.py", "chalicelib", "cli", "infra", "bench", "tests")
        if vague & {*path.parts, path.stem}
    ]
    assert named == []
