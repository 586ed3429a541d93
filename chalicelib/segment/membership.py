"""Which segments a customer is in, why, and what changed.

Pure: definitions, customer and `now` in, memberships and facts out. A rule may
ask about another segment, so definitions are judged in the order of their
references; a circle of references is refused. Where memberships are kept is
the profile's business.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from graphlib import CycleError, TopologicalSorter
from typing import Any

from chalicelib import ids
from chalicelib.errors import BadPlaybook
from chalicelib.events import Event, SegmentEntered, SegmentLeft
from chalicelib.profile import rule
from chalicelib.profile.customer import Customer
from chalicelib.profile.words import Speech

SOURCE = "segments"


def arrange(definitions: Mapping[str, Any]) -> list[str]:
    """Segment ids, each behind those its rule asks about. Raises BadPlaybook for a circle or an unknown id."""
    asks = {segment: rule.references(definition["who"]) for segment, definition in definitions.items()}
    for segment, others in asks.items():
        if unknown := others - set(definitions):
            raise BadPlaybook(f"segment {segment} asks about {min(unknown)}, which does not exist")
    try:
        return list(TopologicalSorter(asks).static_order())
    except CycleError as fault:
        raise BadPlaybook(f"segments ask about each other in a circle: {' → '.join(fault.args[1])}") from None


def needed(definitions: Mapping[str, Any], segment: str) -> dict[str, Any]:
    """The segment's definition, and those of the segments that its rule asks about, and so on."""
    found: dict[str, Any] = {}
    waiting = [segment]
    while waiting:
        each = waiting.pop()
        if each not in found:
            found[each] = definitions[each]
            waiting += rule.references(definitions[each]["who"])
    return found


def memberships(definitions: Mapping[str, Any], order: Sequence[str], customer: Customer, now: datetime) -> list[str]:
    """Ids of the segments the customer belongs to at `now`; `order` is what `arrange` gave."""
    inside: list[str] = []
    for segment in order:
        if rule.matches(definitions[segment]["who"], customer, now, segments=inside):
            inside.append(segment)
    return inside


def changes(customer: Customer, inside: Sequence[str], run: str, now: datetime) -> Iterator[Event]:
    """The facts that turn the memberships on the profile into `inside`.

    `run` names the computation: the same change found again in the same run is
    the same fact. A segment whose definition is gone is left.
    """
    for segment in inside:
        if segment not in customer.segments:
            yield SegmentEntered(segment=segment, **_common(customer, segment, "entered", run, now))
    for segment in customer.segments:
        if segment not in inside:
            yield SegmentLeft(segment=segment, **_common(customer, segment, "left", run, now))


def explain(
    definitions: Mapping[str, Any], customer: Customer, segment: str, now: datetime, speech: Speech
) -> list[str]:
    """Why the customer is in or out: one line a condition, the verdict last. Raises BadPlaybook for an unknown id."""
    if segment not in definitions:
        raise BadPlaybook(f"no segment {segment!r}; there are {', '.join(definitions)}")
    inside = memberships(definitions, arrange(definitions), customer, now)
    speech = replace(speech, segments=definitions)
    lines = rule.explain(definitions[segment]["who"], customer, now, speech, segments=inside)
    verdict = "inside" if segment in inside else "outside"
    return [*lines, speech.say(verdict, segment=speech.segment(segment))]


def _common(customer: Customer, segment: str, change: str, run: str, now: datetime) -> dict[str, Any]:
    return {
        "id": ids.event_id(SOURCE, segment, customer.profile_id, change, run),
        "occurred_at": now,
        "received_at": now,
        "source": SOURCE,
        "who": {"profile": customer.profile_id},
    }
