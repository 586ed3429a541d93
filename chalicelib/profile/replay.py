"""Profiles from the log again: for facts that came too late, for merges of trimmed profiles, for the operator.

A customer's facts lie in the partitions of their identities. Order numbers are
not listed in a profile; the facts found name them, and their aliases say
whether they are this customer's. Refuses to invent: when the log holds nothing
of a profile, the profile stays as it is.
"""

from collections.abc import Iterable
from datetime import datetime

from chalicelib.aws.services import Services
from chalicelib.aws.table import alias_key
from chalicelib.events import Event
from chalicelib.profile import fold, log, store
from chalicelib.profile.facets import FACETS
from chalicelib.profile.fold import Profile
from chalicelib.profile.identity import identifiers_of

_REMEMBERED = ("created", "seen", "addresses")
"""First and last times, which outlive the facts that expire from the log."""


def facts_of(services: Services, profile: Profile, now: datetime) -> list[Event]:
    """Every fact in the log that is this customer's, in no order."""
    facts: list[Event] = []
    owners = profile.absorbed | {profile.profile_id}
    asked = profile.identities | {profile.profile_id}
    partitions = sorted(asked)
    while partitions:
        found = [event for partition in partitions for event in log.read(services, partition, now=now)]
        facts += found
        named = {each.key for event in found for each in identifiers_of(event)} - asked
        asked |= named
        aliases = services.profiles.get_many(map(alias_key, sorted(named)), consistent=True)
        partitions = sorted(alias["pk"] for alias in aliases if alias["profile_id"] in owners)
    return facts


def refill(
    services: Services, profile: Profile, now: datetime, *, remember: bool = True, expired: Iterable[Event] = ()
) -> bool:
    """Replace what `profile` holds, in memory, by what the log says; False when that is nothing.

    `remember` keeps first and last times of what has expired from the log; `expired` are such facts themselves,
    where somebody read them from the archive.
    """
    facts = [*facts_of(services, profile, now), *expired]
    if not facts:
        return False
    fresh = fold.fold_all(profile.profile_id, facts)
    for name in _REMEMBERED if remember else ():
        if name in profile.facets:
            known = profile.facets[name]
            fresh.facets[name] = FACETS[name](known, fresh.facets[name]) if name in fresh.facets else known
    profile.facets, profile.folded = fresh.facets, fresh.folded
    return True


def rewrite(
    services: Services,
    profile_id: str,
    now: datetime,
    *,
    add: Iterable[str] = (),
    absorb: Iterable[str] = (),
    remove: Iterable[str] = (),
    expired: Iterable[Event] = (),
) -> Profile | None:
    """Rebuild one stored profile, having changed its identities; None when it was changed meanwhile.

    The version is read before the log, so a fact folded in between makes the
    write fail rather than vanish.
    """
    removed = set(remove)
    profile = store.read(services, profile_id) or Profile(profile_id)
    if profile.merged_into:
        return None
    profile.identities = (profile.identities | set(add)) - removed
    profile.absorbed = (profile.absorbed | set(absorb)) - removed
    refill(services, profile, now, remember=not removed, expired=expired)
    return profile if store.write(services, profile) else None
