"""Reads the values that definitions are written in: `16h`, `"10:00"`, `5%`; each refusal names its place."""

from collections.abc import Mapping
from datetime import time, timedelta
from typing import Any

from chalicelib import clock
from chalicelib.errors import BadInput, BadPlaybook


def share(value: Any, where: str) -> float:
    """`5%` or 0.05 → 0.05."""
    try:
        number = float(value[:-1]) / 100 if isinstance(value, str) and value.endswith("%") else float(value)
    except (TypeError, ValueError):
        number = -1.0
    if not 0 <= number <= 1:
        raise BadPlaybook(f"{where}: not a share: {str(value)[:20]!r} (write 5%)")
    return number


def duration(value: Any, where: str) -> timedelta:
    """`16h`, or whole seconds where publishing has resolved it."""
    if isinstance(value, int) and not isinstance(value, bool):
        return timedelta(seconds=value)
    try:
        return clock.parse_duration(value)
    except BadInput as fault:
        raise BadPlaybook(f"{where}: {fault}") from fault


def optional_duration(data: Mapping[str, Any], name: str, where: str) -> timedelta | None:
    return duration(data[name], f"{where}.{name}") if data.get(name) is not None else None


def wall_time(value: Any, where: str) -> time:
    try:
        return clock.parse_wall_time(value)
    except BadInput as fault:
        raise BadPlaybook(f"{where}: {fault}") from fault


def mapping(value: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise BadPlaybook(f"{where}: a mapping is needed")
    return value


def refuse_unknown(data: Mapping[str, Any], known: set[str], where: str) -> None:
    unknown = sorted(set(map(str, data)) - known)
    if unknown:
        raise BadPlaybook(f"{where}: unknown key {unknown[0][:40]!r} (one of {', '.join(sorted(known))})")
