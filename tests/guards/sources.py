"""The project's own files as the guards read them: what git tracks or would track."""

import ast
import subprocess
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@cache
def tracked() -> tuple[Path, ...]:
    """Every file that belongs to the project, relative to its root; without a checkout, every file that ships."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if listed.returncode == 0:
        paths = [Path(name) for name in listed.stdout.decode().split("\0") if name]
    else:
        folders = ("chalicelib", "cli", "infra", "bench", "tests", "docs", "dashboard", ".chalice")
        paths = [path.relative_to(ROOT) for folder in folders for path in (ROOT / folder).rglob("*")]
        paths += [path.relative_to(ROOT) for path in ROOT.glob("*")]
    found = {path for path in paths if (ROOT / path).is_file() and "__pycache__" not in path.parts}
    return tuple(sorted(found))


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse((ROOT / path).read_text(encoding="utf-8"), str(path))


def python(*under: str) -> list[Path]:
    """Tracked Python files: the named ones and those below the named folders."""
    return [path for path in tracked() if path.suffix == ".py" and path.parts[0] in under]


def module_of(path: Path) -> str:
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def imports(path: Path, *, top_level: bool = False) -> tuple[tuple[int, str], ...]:
    """Line and full dotted name of everything a file imports; `from a import b` gives `a.b`.

    With `top_level`, only what importing the file itself would import: not what is in functions or for types.
    """
    return tuple(_imports(path, _run_on_import(tree(path)) if top_level else ast.walk(tree(path))))


def _imports(path: Path, nodes: Iterable[ast.AST]) -> Iterator[tuple[int, str]]:
    package = module_of(path) if path.name == "__init__.py" else module_of(path).rpartition(".")[0]
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*above, *filter(None, [base])])
            yield from ((node.lineno, f"{base}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in ("importlib.import_module", "__import__"):
            name = node.args[0]
            yield node.lineno, name.value if isinstance(name, ast.Constant) else "(computed)"


def _run_on_import(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(child, ast.If) and ast.unparse(child.test).endswith("TYPE_CHECKING"):
            continue
        yield child
        yield from _run_on_import(child)


@cache
def dotted(path: Path) -> tuple[tuple[int, str], ...]:
    """Line and text of every `a.b.c` in a file, with names imported under another name or from a module resolved."""
    return tuple(_dotted(tree(path)))


def _dotted(module: ast.Module) -> Iterator[tuple[int, str]]:
    known = {}
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            known |= {alias.asname: alias.name for alias in node.names if alias.asname}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            known |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
    for node in ast.walk(module):
        if isinstance(node, ast.Attribute | ast.Name):
            first, _, rest = ast.unparse(node).partition(".")
            yield node.lineno, ".".join(filter(None, [known.get(first, first), rest]))
