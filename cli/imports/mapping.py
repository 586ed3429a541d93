"""Which column of a file is which field: told on the command line, or kept in a file for the next export.

A mapping file is YAML, one line a column: `Kunden-Mail: email`. An empty field
leaves a column out.
"""

from collections.abc import Iterable
from pathlib import Path

from chalicelib.errors import BadInput


def read(pairs: Iterable[str], file: Path | None) -> dict[str, str]:
    """Column → field; what the command line says wins. Raises BadInput."""
    found = _load(file) if file else {}
    for pair in pairs:
        column, parted, name = pair.rpartition("=")
        if not parted or not column.strip():
            raise BadInput(f"--map wants COLUMN=FIELD, not {pair!r}")
        found[column.strip()] = name.strip()
    return found


def save(mapping: dict[str, str], file: Path) -> None:
    from ruamel.yaml import YAML

    with file.open("w", encoding="utf-8") as opened:
        YAML(typ="safe", pure=True).dump(mapping, opened)


def _load(file: Path) -> dict[str, str]:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        told = YAML(typ="safe", pure=True).load(file.read_text(encoding="utf-8"))
    except (YAMLError, UnicodeDecodeError) as fault:
        raise BadInput(f"{file.name} is not YAML: {str(fault).splitlines()[0]}") from None
    if not isinstance(told, dict) or not all(isinstance(name, str) for name in told):
        raise BadInput(f"{file.name} must hold one line a column, such as `Kunden-Mail: email`")
    return {name: str(field or "") for name, field in told.items()}
