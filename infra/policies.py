"""Refuses templates whose roles may do more than they need to.

cfn-lint and checkov pass `Action: "*", Resource: "*"` in an inline policy, so
the check is ours: no wildcard action and no resource that is a bare `*` in any
statement that allows.
"""

from collections.abc import Iterator, Mapping
from typing import Any


def faults(resources: Mapping[str, Any]) -> list[str]:
    """One line for each statement of each policy in a template's `Resources` that allows too much."""
    return [
        f"{name}: {problem}"
        for name, resource in resources.items()
        for statement in _statements(resource.get("Properties", {}))
        for problem in _too_wide(statement)
    ]


def _statements(value: Any) -> Iterator[Mapping[str, Any]]:
    """Every mapping below `value` that is a policy statement."""
    if isinstance(value, Mapping):
        if "Effect" in value and ("Action" in value or "NotAction" in value):
            yield value
        for each in value.values():
            yield from _statements(each)
    elif isinstance(value, list):
        for each in value:
            yield from _statements(each)


def _too_wide(statement: Mapping[str, Any]) -> Iterator[str]:
    if statement["Effect"] != "Allow":
        return
    for denied in ("NotAction", "NotResource", "NotPrincipal"):
        if denied in statement:
            yield f"allows by {denied}"
    for action in _as_list(statement.get("Action", [])):
        if not isinstance(action, str) or "*" in action:
            yield f"allows the action {action}"
    for resource in _as_list(statement.get("Resource", [])):
        text = resource.get("Fn::Sub", "") if isinstance(resource, Mapping) else resource
        if isinstance(text, str) and (text == "*" or text.endswith(":*")):
            yield f"allows the resource {text}"
    if statement.get("Principal") in ("*", {"AWS": "*"}):
        yield "allows everybody"


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
