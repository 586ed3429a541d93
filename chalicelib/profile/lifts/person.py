"""What a person, or the store about a person, told: the newest telling holds."""

from typing import Any

from chalicelib import clock, events
from chalicelib.profile import attributes, countries
from chalicelib.profile.facets import Facets
from chalicelib.profile.lifts.device import with_device
from chalicelib.profile.lifts.registry import TEXT, TITLE, counted, lifts
from chalicelib.profile.timezone import is_evidence

SAID = 30

counted(events.GroupJoined, events.IdentitySeparated, events.PreferencesRequested)


@lifts(events.CustomerUpdated)
def _customer_updated(event: events.CustomerUpdated, at: str) -> Facets:
    person = told_of(event, at, zone_source="explicit", language_kind="language_of_store")
    with_device(person, event, at, event.browser_zone, event.browser_language)
    said = {each.key: each.value for each in event.said[:SAID]}
    said |= {key: getattr(event, key) for key in ("gender", "birthday", "city", "region")}
    # An address outside `who` identifies nobody: it may be another customer's, with a consent of its own.
    for kind in ("email", "phone"):
        if getattr(event, kind) != event.who.get(kind, ""):
            said[f"other_{kind}"] = getattr(event, kind)
    if event.since:
        person["created"] = clock.to_text(event.since)
    return person | attributes.told(attributes.kind_of(event.source), at, event.id, said)


def told_of(event: Any, at: str, *, zone_source: str, language_kind: str) -> Facets:
    told: Facets = {}
    for kind in ("first_name", "last_name"):
        value = getattr(event, kind, "").strip()
        if value:
            told[kind] = [at, event.id, value[:TEXT], event.source[:TITLE]]
    if event.language:
        told[language_kind] = [at, event.id, event.language[:35]]  # RFC 5646 asks that 35 characters be held
    country = countries.code_of(event.country)
    if country:
        told["country"] = [at, event.id, country, event.source[:TITLE]]
    fragment: Facets = {"told": told}
    if is_evidence(event.time_zone):
        fragment["zones"] = {zone_source: [at, event.id, event.time_zone]}
    return fragment
