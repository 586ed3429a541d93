"""What a person, or the store about a person, told: the newest telling holds."""

from typing import Any

from chalicelib import events
from chalicelib.profile.facets import Facets
from chalicelib.profile.lifts.device import with_device
from chalicelib.profile.lifts.registry import TEXT, counted, lifts
from chalicelib.profile.timezone import is_evidence

counted(events.AccountDeleted, events.GroupJoined, events.PreferencesRequested)


@lifts(events.CustomerUpdated)
def _customer_updated(event: events.CustomerUpdated, at: str) -> Facets:
    person = told_of(event, at, zone_source="explicit", language_kind="language_of_store")
    with_device(person, event, at, event.browser_zone, event.browser_language)
    for kind in ("email", "phone"):
        if getattr(event, kind):
            person["told"][kind] = [at, event.id, getattr(event, kind)[:TEXT]]
    return person


def told_of(event: Any, at: str, *, zone_source: str, language_kind: str) -> Facets:
    told: Facets = {}
    for kind in ("first_name", "last_name"):
        value = getattr(event, kind, "").strip()
        if value:
            told[kind] = [at, event.id, value[:TEXT]]
    if event.language:
        told[language_kind] = [at, event.id, event.language[:35]]  # RFC 5646 asks that 35 characters be held
    country = event.country.upper()
    if len(country) == 2 and country.isascii() and country.isalpha():
        told["country"] = [at, event.id, country]
    fragment: Facets = {"told": told}
    if is_evidence(event.time_zone, zone_source):
        fragment["zones"] = {zone_source: [at, event.id, event.time_zone]}
    return fragment
