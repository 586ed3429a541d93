"""Profiles in DynamoDB: read as customers by every stage, written by this one under optimistic versions.

`load`, `find`, `load_many` and `scan` are for everybody; each customer comes
with the insights that lie beside the profile. `keep_insights` is the segment
stage's, `read` and `write` the profile stage's own. Refuses to write a profile
that somebody else changed since it was read, and insights over those of a newer run.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from chalicelib import ids
from chalicelib.aws import bulk_json
from chalicelib.aws.attributes import unmarshal, unmarshal_item
from chalicelib.aws.services import Services
from chalicelib.aws.table import Item, Key, Page, alias_key, insights_key, profile_key
from chalicelib.profile.customer import Customer
from chalicelib.profile.fold import Profile
from chalicelib.profile.insights import Insights, is_news
from chalicelib.profile.packing import pack, unpack

_SHOWN = ("pk", "sk", "body", "identities", "merged_into", "run", "digest")
_TOGETHER = (insights_key("").sk, profile_key("").sk)
_CHAIN = 20  # merges lead to better identifiers, of which there are few kinds; more is a loop


def load(services: Services, profile_id: str) -> Customer | None:
    """The customer of that id, or the one it was merged into; strongly consistent. None when there is none."""
    for _ in range(_CHAIN):
        found = services.profiles.query(profile_id, between=_TOGETHER, consistent=True, attributes=_SHOWN)
        both = {item["sk"]: item for item in found}
        item = both.get("profile")
        if item is None:
            break
        if "merged_into" not in item:
            return Customer.from_item(item, both.get("insights"))
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
        keys = [key(where) for where in wanted.values() for key in (profile_key, insights_key)]
        items = {(item["pk"], item["sk"]): item for item in services.profiles.get_many(keys)}
        onward = {}
        for asked, where in wanted.items():
            item = items.get(profile_key(where))
            if item and "merged_into" in item:
                onward[asked] = item["merged_into"]
            elif item:
                found[asked] = Customer.from_item(item, items.get(insights_key(where)))
        if not onward:
            break
        wanted = onward
    return found


def scan(
    services: Services, *, segment: int = 0, segments: int = 1, after: Key | None = None
) -> tuple[Iterator[Customer], Key | None]:
    """One page of the customers of one hash range, and where to go on; None at its end. A page may be empty.

    A customer is made when it is their turn: whoever looks at one after the other and keeps none reads in half the
    time, since what one was made of is still at hand for the next.
    """
    with bulk_json.without_collecting():
        page = services.profiles.scan(segment=segment, segments=segments, after=after, attributes=_SHOWN, typed=True)
    return _customers(page.items), _before_parted(page)


def _customers(items: list[Item]) -> Iterator[Customer]:
    beside: Item | None = None  # a partition's items come in the order of their keys: insights, then profile
    for item in items:
        kind = item["sk"]["S"]
        if kind == "insights":
            beside = item
        elif kind == "profile" and "merged_into" not in item:
            insights = unmarshal_item(beside) if beside and beside["pk"] == item["pk"] else None
            facets = unpack(unmarshal(item["body"]), bulk_json.read)
            identities = tuple(unmarshal(item["identities"])) if "identities" in item else ()
            yield Customer(item["pk"]["S"], facets, identities, insights, bulk_json.read)


def _before_parted(page: Page) -> Key | None:
    """Where the next page begins: before insights whose profile this one (of typed items) no longer holds."""
    last = page.items[-1] if page.items else None
    if page.next_key is None or last is None or last["sk"]["S"] != "insights" or len(page.items) == 1:
        return page.next_key
    return Key(page.items[-2]["pk"]["S"], page.items[-2]["sk"]["S"])


def keep_insights(services: Services, customer: Customer, found: Insights, run: str) -> bool:
    """Store what `run` found of a customer; False, and nothing written, when it says nothing new (`is_news`) or a
    newer run was first."""
    body = found.to_json()
    packed = pack(body)
    digest = ids.digest(packed if isinstance(packed, str) else packed.hex())
    item = customer.insights_item
    for _ in range(2):
        if item and (item["run"] > run or not is_news(unpack(item["body"]), body)):
            return False
        condition = {"run": item["run"], "digest": item["digest"]} if item else {"pk": None}
        kept = {"body": packed, "run": run, "digest": digest}
        if services.profiles.put(insights_key(customer.profile_id), kept, only_if=condition):
            return True
        item = services.profiles.get(insights_key(customer.profile_id), consistent=True)
    return False


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
