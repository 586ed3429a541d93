"""What DynamoDB's expressions are written with: placeholders for names and values, conditions, projections.

Conditions are equalities joined by AND; None stands for an attribute that is
absent. Refuses every other operator: optimistic versions need no more.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from chalicelib.aws.attributes import Item, marshal


def name_of(attribute: str, names: dict[str, str]) -> str:
    placeholder = f"#a{len(names)}"
    for known, name in names.items():
        if name == attribute:
            return known
    names[placeholder] = attribute
    return placeholder


def value_of(value: Any, values: Item) -> str:
    placeholder = f":v{len(values)}"
    values[placeholder] = marshal(value)
    return placeholder


def condition_of(only_if: Mapping[str, Any], names: dict[str, str], values: Item) -> str:
    return " AND ".join(
        f"attribute_not_exists({name_of(attribute, names)})"
        if value is None
        else f"{name_of(attribute, names)} = {value_of(value, values)}"
        for attribute, value in only_if.items()
    )


def named(names: dict[str, str], values: Item) -> Item:
    request: Item = {"ExpressionAttributeNames": names} if names else {}
    return request | {"ExpressionAttributeValues": values} if values else request


def projection_of(attributes: Sequence[str]) -> Item:
    if not attributes:
        return {}
    placeholders = {f"#r{number}": attribute for number, attribute in enumerate(attributes)}
    return {"ProjectionExpression": ", ".join(placeholders), "ExpressionAttributeNames": placeholders}
