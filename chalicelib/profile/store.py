"""Profiles in DynamoDB: read as customers by every stage, written by this one under optimistic versions.

`load`, `find`, `load_many` and `scan` are for everybody. `read` and `write` are
the profile stage's own. Refuses to write a profile that somebody else changed
since it was read.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from chalicelib import ids
from chalicelib.aws import bulk_json
from chalicelib.aws.services import Services
from chalicelib.aws.table import Key, alias_key, profile_key
from chalicelib.profile.customer import Customer
from chalicelib.profile.fold import Profile
from chalicelib.profile.packing import unpack

_SHOWN = ("pk", "sk", "body", "identities", "merged_into")
_CHAIN = 20  # merges lead to better identifiers, of which there are few kinds; more is a loop


def load(services: Services, profile_id: str) -> Customer | None:
    """The customer of that id, or the one it was merged into; strongly consistent. None when there is none."""
    for _ in range(_CHAIN):
        item = services.profiles.get(profile_key(profile_id), consistent=True, attributes=_SHOWN)
        if item is None:
            break
        if "merged_into" not in item:
            return Customer.from_item(item)
        profile_id = item["merged_into"]
    else:
        return None
    alias = services.profiles.get(alias_key(profile_id), consistent=True)
    return load(services, alias["profile_id"]) if alias and alias["profile_id"] != profile_id else None


def find(services: Services, kind: str, value: str) -> Customer | None:
    """The customer with that identifier (`email`, `customer`, `phone`, `anonymous`, `order`); None if unknown."""
    key = ids.identity_key(kind, value)
    alias = services.profiles.get(alias_key(key), consistent=True)
    return load(services, alias["profile_id"] if alias else key)


def load_many(services: Services, profile_ids: Iterable[str]) -> dict[str, Customer]:
    """Asked-for id → customer, following merges; ids of nobody are absent. Eventually consistent."""
    wanted = {profile_id: profile_id for profile_id in profile_ids}  # asked for → where to look
    found: dict[str, Customer] = {}
    for _ in range(_CHAIN):
        items = {item["pk"]: item for item in services.profiles.get_many(map(profile_key, wanted.values()))}
        onward = {}
        for asked, where in wanted.items():
            item = items.get(where)
            if item and "merged_into" in item:
                onward[asked] = item["merged_into"]
            elif item:
                found[asked] = Customer.from_item(item)
        if not onward:
            break
        wanted = onward
    return found


def scan(
    services: Services, *, segment: int = 0, segments: int = 1, after: Key | None = None
) -> tuple[list[Customer], Key | None]:
    """One page of the customers of one hash range, and where to go on; None at its end. A page may be empty."""
    with bulk_json.without_collecting():
        page = services.profiles.scan(segment=segment, segments=segments, after=after, attributes=_SHOWN)
        customers = [
            Customer(item["pk"], unpack(item["body"], bulk_json.read), tuple(item.get("identities", ())))
            for item in page.items
            if item["sk"] == "profile" and "merged_into" not in item
        ]
    return customers, page.next_key


def consent_ledger(services: Services, customer: Customer) -> Iterator[dict[str, Any]]:
    """Every consent fact on record for a customer, in no order; those from before a merge lie under its aliases."""
    for partition in dict.fromkeys((customer.profile_id, *customer.identities)):
        yield from services.profiles.query(partition, begins_with="consent#", consistent=True)


def read(services: Services, profile_id: str) -> Profile | None:
    """The profile as stored, a frozen one too; strongly consistent."""
    item = services.profiles.get(profile_key(profile_id), consistent=True)
    return Profile.from_item(item) if item else None


def write(services: Services, profile: Profile) -> bool:
    """Store the next version; False, and nothing written, when it was changed since it was read."""
    before = profile.version
    item = profile.to_item() | {"version": before + 1}
    done = services.profiles.put(
        profile_key(profile.profile_id), item, only_if={"version": before} if before else {"pk": None}
    )
    if done:
        profile.version = before + 1
    return done
