"""Customers made anew from everything that was ever folded: the log, and the archive of what the log forgot.

For one customer, or for all of a hash range, while facts arrive: a profile is
written only if it is the version read before its facts were, so a fact folded
meanwhile makes the rebuild try again, never the fact vanish. A new derived
measure is filled in for the past this way. Refuses to read from the archive
what the log still holds.
"""

from collections.abc import Callable, Iterable
from datetime import datetime

from chalicelib.aws import telemetry
from chalicelib.aws.services import Services
from chalicelib.aws.table import Key
from chalicelib.errors import Unavailable
from chalicelib.events import Event
from chalicelib.profile import archive, replay, store, whereabouts
from chalicelib.profile.aliases import TRIES
from chalicelib.profile.customer import Customer

Expired = Callable[[Iterable[str]], Iterable[Event]]
"""Partitions → the facts of these that have expired from the log."""


def rebuild(services: Services, profile_id: str, now: datetime, expired: Expired | None = None) -> bool:
    """Make the stored profile anew; False when neither log nor profiles know of it.

    Raises Unavailable when the profile keeps changing meanwhile.
    """
    for _ in range(TRIES):
        customer = store.load(services, profile_id)
        if customer is None:
            return False
        facts = (expired or _from_archive(services, now))(keys_of(customer))
        if replay.rewrite(services, customer.profile_id, now, expired=facts):
            telemetry.count("ProfileRebuilt", reason="asked")
            return True
    raise Unavailable(f"a profile changed under {TRIES} tries")


def rebuild_page(
    services: Services, now: datetime, expired: Expired, *, segment: int, segments: int, after: Key | None
) -> tuple[int, Key | None]:
    """Rebuild one page of the customers of a hash range: how many, and where to go on; None at its end."""
    customers, onward = store.scan(services, segment=segment, segments=segments, after=after)
    return sum(rebuild(services, customer.profile_id, now, expired) for customer in customers), onward


def keys_of(customer: Customer) -> set[str]:
    """The partitions in which facts of theirs lie, but for those that name an order alone, which never expire."""
    return {customer.profile_id, *customer.identities}


def _from_archive(services: Services, now: datetime) -> Expired:
    horizon = whereabouts.horizon_of(now)

    def read(partitions: Iterable[str]) -> list[Event]:
        keys = set(partitions)
        found = archive.expired(services, {archive.range_of(key) for key in keys}, horizon)
        return [event for partition, _, event in found if partition in keys]

    return read
