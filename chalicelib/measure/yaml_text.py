"""A segment's rule as YAML, to be read on the page.

Rules are mappings, lists, texts and numbers, nothing else; the published
bundle holds them as JSON. Refuses to be a YAML library: what it cannot write
plainly it writes as JSON, which is YAML too.
"""

import json
import re
from typing import Any

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_ /.:-]*[A-Za-z0-9]|[A-Za-z]")
_WORDS = frozenset(("y", "n", "yes", "no", "on", "off", "true", "false", "null"))
WIDE = 72


def to_yaml(value: Any) -> str:
    return "\n".join(_lines(value)) + "\n"


def _lines(value: Any) -> list[str]:
    if isinstance(value, dict) and value:
        return [line for key, each in value.items() for line in _entry(f"{_scalar(key)}:", each, "  ")]
    if isinstance(value, list) and value:
        return [line for each in value for line in _item(each)]
    return [_flow(value)]


def _entry(head: str, value: Any, indent: str) -> list[str]:
    short = _flow(value)
    is_nested = isinstance(value, dict | list) and value
    if not is_nested or (not _is_deep(value) and len(head) + len(short) < WIDE):
        return [f"{head} {short}"]
    return [head, *(indent + line for line in _lines(value))]


def _item(value: Any) -> list[str]:
    first, *others = _lines(value) if isinstance(value, dict) else [_flow(value)]
    return [f"- {first}", *(f"  {line}" for line in others)]


def _is_deep(value: Any) -> bool:
    inner = value.values() if isinstance(value, dict) else value
    return any(isinstance(each, dict) or (isinstance(each, list) and _is_deep(each)) for each in inner)


def _flow(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_scalar(key)}: {_flow(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    return _scalar(value)


def _scalar(value: Any) -> str:
    plain = isinstance(value, str) and _PLAIN.fullmatch(value) and value.lower() not in _WORDS and ": " not in value
    return str(value) if plain else json.dumps(value, ensure_ascii=False)
