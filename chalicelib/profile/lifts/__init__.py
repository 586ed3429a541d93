"""What each kind of fact says about a person: one small function an event, from a fact to a profile fragment.

`lift` gives the fragment that `facets.merge` adds to a profile. Every event of
`events.EVENTS` has a function in `LIFTS`, if only the one that counts it; the
functions lie by subject in the modules of this package. A time lies never
behind the moment of receipt, so a sender's wrong clock cannot win every
comparison for ever; texts are cut, so that no sender can fill a profile.
Refuses to look at the profile: that is what keeps order out of it.
"""

from datetime import datetime

from chalicelib import clock
from chalicelib.events import Event, HitsRelabelled
from chalicelib.profile.facets import Facets
from chalicelib.profile.lifts import consent, decisions, messages, orders, person, service, shopping, wishes
from chalicelib.profile.lifts.registry import BY_MACHINE, LIFTS, TEXT, TITLE

SUBJECTS = (consent, decisions, messages, orders, person, service, shopping, wishes)
"""Importing them fills the registry."""

HOURS_OF = frozenset(("Visit Started", "Email Opened", "Email Link Clicked"))
"""Acts of a person whose hour says when they have time for us; machines' opens and clicks have other names."""

__all__ = ["BY_MACHINE", "HOURS_OF", "LIFTS", "SUBJECTS", "lift"]


def lift(event: Event) -> Facets:
    """The fragment of a profile that this fact alone amounts to."""
    instant = min(event.occurred_at, event.received_at)
    at = clock.to_text(instant)
    day = int(instant.timestamp()) // 86_400
    name = event.name
    if getattr(event, "agent", "person") != "person":
        name += BY_MACHINE
    fragment = LIFTS[type(event)](event, at)
    fragment["created"] = min(at, fragment.get("created", at))
    fragment["last_day"] = day
    fragment["seen"] = {name: [at, at]}
    fragment["days"] = {name: {str(day): 1}}
    if isinstance(event, HitsRelabelled):
        number = len(event.hits)
        fragment["seen"][event.event + BY_MACHINE] = [at, at]
        fragment["days"] |= {event.event: {str(day): -number}, event.event + BY_MACHINE: {str(day): number}}
        fragment["hours"] = {event.event: {_quarter_of(instant): {str(instant.hour): -number}}}
    if name in HOURS_OF:
        fragment["hours"] = {name: {_quarter_of(instant): {str(instant.hour): 1}}}
    who = event.who
    for kind in ("email", "phone"):
        value = who.get(kind)
        if value:
            fragment.setdefault("told", {})[kind] = [at, event.id, value[:TEXT], event.source[:TITLE]]
    told = fragment.get("told")
    if told and "email" in told:
        fragment["addresses"] = {told["email"][2]: at}
    return fragment


def _quarter_of(instant: datetime) -> str:
    """The first day of the quarter of the year, in days since 1970-01-01."""
    return str(instant.date().replace(month=(instant.month - 1) // 3 * 3 + 1, day=1).toordinal() - 719_163)
