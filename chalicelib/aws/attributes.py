"""Plain values ↔ DynamoDB's typed JSON, as its API, its streams and its exports write it.

Refuses floats and every other type that would not come back as it went in.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from chalicelib.errors import LimitExceeded

Item = dict[str, Any]
"""An item's attributes, plain or typed."""


def marshal(value: Any) -> Item:
    """A plain value → DynamoDB's typed JSON. Floats raise: they do not round-trip."""
    if isinstance(value, str):
        return {"S": value}
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, int):
        return {"N": str(value)}
    if value is None:
        return {"NULL": True}
    if isinstance(value, Mapping):
        return {"M": {str(name): marshal(each) for name, each in value.items()}}
    if isinstance(value, list | tuple):
        return {"L": [marshal(each) for each in value]}
    if isinstance(value, bytes):
        return {"B": value}
    raise LimitExceeded(f"{type(value).__name__} does not go into DynamoDB")


def unmarshal(typed: Item) -> Any:
    """DynamoDB's typed JSON → a plain value; numbers become int (Decimal only where one was stored by others)."""
    if "S" in typed:
        return typed["S"]
    ((kind, value),) = typed.items()
    if kind == "N":
        return int(value) if value.lstrip("-").isdigit() else Decimal(value)
    if kind == "M":
        return {name: unmarshal(each) for name, each in value.items()}
    if kind == "L":
        return [unmarshal(each) for each in value]
    if kind == "NULL":
        return None
    if kind == "B" and isinstance(value, str):
        import base64

        return base64.b64decode(value)
    return value


def unmarshal_item(item: Item) -> Item:
    return {name: value["S"] if "S" in value else unmarshal(value) for name, value in item.items()}
