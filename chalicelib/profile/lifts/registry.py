"""Where the lifts are registered, and what they share: how long a text may be, and the one that only counts."""

from collections.abc import Callable
from typing import Any, TypeVar

from chalicelib.events import Event
from chalicelib.profile.facets import Facets
from chalicelib.profile.hits import BY_MACHINE

TEXT = 200
TITLE = 60
LINES = 30
CODES = 10
URL = 500

Lift = Callable[[Any, str], Facets]
"""(event, its time as text) → what is particular to the event; `lift` adds what all have in common."""

LIFTS: dict[type[Event], Lift] = {}

E = TypeVar("E", bound=Event)

__all__ = ["BY_MACHINE", "CODES", "LIFTS", "LINES", "TEXT", "TITLE", "URL", "Lift", "counted", "lifts"]


def lifts(*classes: type[E]) -> Callable[[Callable[[E, str], Facets]], Callable[[E, str], Facets]]:
    """Register the function for these events."""

    def register(function: Callable[[E, str], Facets]) -> Callable[[E, str], Facets]:
        for cls in classes:
            LIFTS[cls] = function
        return function

    return register


def counted(*classes: type[Event]) -> None:
    """Register events of which only name and day are kept: the fact is read elsewhere, or its frequency matters."""
    for cls in classes:
        LIFTS[cls] = _count


def _count(event: Event, at: str) -> Facets:
    return {}
