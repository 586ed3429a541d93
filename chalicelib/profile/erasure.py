"""Erasing a person: everything that names them, everywhere, until a look finds nothing more; with a proof.

    open   the request is noted; who it is about lies in `erasing/`, and nowhere else from then on
    look   hashes first, which keep out what is still under way; then tables, archive, other objects,
           the numbers' sources, dead letters
    look   again, two hours later or more, when every handler that may have held something has ended;
           as often as needed until one finds nothing
    proof  what was searched and removed, and when; it names nobody

Every step can be done again, so a crash anywhere is made good by the next run.
The archive is gone through with a place to go on from; a crash leaves the lines
of at most 200 objects uncounted, and none unremoved. Refuses to erase again who
came back by their own sign-up meanwhile.

Cost: the hours in which the log says that something of theirs was received are
read, and all that is older than the log in their hash ranges: for a customer
with 60 facts in a store of a million facts a day about 3,000 reads, 0.002 $; two
passes over all keys' names, 0.001 $.
"""

import hmac
import json
import secrets
from collections.abc import Callable, Collection, Iterator
from datetime import date, datetime, timedelta
from typing import Any, Protocol

from chalicelib import clock, ids
from chalicelib.aws import telemetry
from chalicelib.aws.queue import CONSUMED, STREAM
from chalicelib.aws.services import Services
from chalicelib.aws.table import Item, Key, campaign_key, erasure_key, privacy_request_key, proof_key, suppression_key
from chalicelib.profile import archive, suppression, whereabouts
from chalicelib.profile.whereabouts import Person, Search

LOOK_AGAIN = timedelta(hours=2)
GATHERED = "gathered/"
"""Columns of many customers with their profile ids, held while insights are computed; gone within a day."""
OTHER_OBJECTS = ("archive/", "history/", "metrics/", "playbook/", "erasing/", "models/", GATHERED)
"""Folders that are not searched as text: each is gone through in its own way, or names nobody."""

_SAVED_EVERY = 200
_KINDS = ("email", "phone", "customer")
_OWN = frozenset((erasure_key("").pk, proof_key("").pk))

Rename = Callable[[str], str]


class Holder(Protocol):
    """Another room that keeps what names customers, by profile id and day of receipt."""

    def find(
        self, services: Services, profile_ids: Collection[str], days: Collection[date]
    ) -> Iterator[tuple[str, Any]]: ...

    def remove(
        self, services: Services, profile_ids: Collection[str], days: Collection[date], rename: Rename
    ) -> int: ...


def begin(services: Services, person: Person, why: str, now: datetime) -> str:
    """Note that a person is to be erased; the erasure's id, the same while one of the same person is at work."""
    salt = suppression.salt_of(services)
    erasure = suppression.mark_of(salt, min(person.keys))
    note = _payload(erasure)
    if services.catalog.get(erasure_key(erasure), consistent=True) is None:
        services.data.put_json(note, {"person": person.to_json(), "key": secrets.token_hex(32)})
        state = {"version": 1, "why": why, "asked_at": clock.to_text(now), "looks": [], "look_at": clock.to_text(now)}
        services.catalog.put_if_absent(erasure_key(erasure), state)
    return erasure


def due(services: Services, now: datetime) -> list[str]:
    """Erasures to be worked on now."""
    found = services.catalog.query(erasure_key("").pk, consistent=True)
    return [item["sk"] for item in found if item["look_at"] <= clock.to_text(now)]


def look(services: Services, erasure: str, now: datetime, holder: Holder) -> dict[str, Any] | None:
    """One look: find, remove, count. The proof when this look found nothing; None when another must follow."""
    state = services.catalog.get(erasure_key(erasure), consistent=True)
    if state is None or state["look_at"] > clock.to_text(now):
        return None
    found = services.data.get_json(_payload(erasure))
    if found is None:  # the proof was written, and the crash came before the end
        services.catalog.delete(erasure_key(erasure))
        return None
    person, _ = whereabouts.trace(services, Person.from_json(found["person"]), now)
    marks = _marks(services, person)
    if state["looks"] and _came_back(services, erasure, marks):
        return _finish(services, state, person, marks, now, came_back=True)
    services.data.put_json(_payload(erasure), found | {"person": person.to_json()})
    suppression.suppress(services, marks.values(), erasure, now)
    suppression.forget_returns(services, marks.values())
    work = _Look(services, state, person, now)
    work.tables()
    work.catalog()
    work.archive()
    work.bodies()
    work.numbers(holder, _renamer(found["key"]))
    work.dead_letters()
    state["looks"] = [*state["looks"], {"at": clock.to_text(now), "removed": work.removed}]
    if len(state["looks"]) > 1 and not any(work.removed.values()):
        return _finish(services, state, person, marks, now)
    state["look_at"] = clock.to_text(now + LOOK_AGAIN)
    work.save({"cursor": "", "removed": {}})
    return None


class _Look:
    """What one look does; each part counts what it removed."""

    def __init__(self, services: Services, state: Item, person: Person, now: datetime) -> None:
        self.services, self.state, self.person = services, state, person
        self.removed: dict[str, int] = dict(state.get("removed") or {})
        self._search = Search(person)
        self._horizon = whereabouts.horizon_of(now)
        self._late_days: set[date] = set()

    def save(self, progress: Item) -> None:
        self.state |= progress
        version = self.state["version"]
        self.state["version"] = version + 1
        values = {name: value for name, value in self.state.items() if name not in ("pk", "sk")}
        self.services.catalog.put(erasure_key(self.state["sk"]), values, only_if={"version": version})

    def _count(self, what: str, number: int) -> None:
        self.removed[what] = self.removed.get(what, 0) + number

    def tables(self) -> None:
        """The log, the profile, its aliases and ledger, everything on the agenda with its index."""
        found: dict[str, list[Key]] = {}
        for table, item in whereabouts.items(self.services, self.person):
            found.setdefault(table, []).append(Key(item["pk"], item["sk"]))
        for table in ("profiles", "events", "agenda"):
            self._count(table, len(found.get(table, ())))
        self.save({"removed": self.removed})
        for table, keys in found.items():
            getattr(self.services, table).delete_many(keys)

    def catalog(self) -> None:
        for item in list(whereabouts.catalog_items(self.services, self.person, without=_OWN)):
            key = Key(item["pk"], item["sk"])
            left = self._without(item)
            if left is None or key.sk != left["sk"]:
                self.services.catalog.delete(key)
            if left is not None:
                self.services.catalog.put(Key(left.pop("pk"), left.pop("sk")), left)
            self._count("catalog", 1)

    def _without(self, item: Item) -> Item | None:
        """What stays of an item of the catalog; None when it is about them alone."""
        if item["pk"] == privacy_request_key("").pk:
            return {name: item[name] for name in ("pk", "sk", "topic", "shop", "received_at", "status") if name in item}
        if item["pk"].startswith(campaign_key("").pk) and item["sk"].startswith("page#"):
            page = item["sk"].rpartition("#")[0]  # named after where the page before it ended
            return item | {"sk": f"{page}#{secrets.token_hex(8)}"}
        left = {name: self._reduced(value, name) for name, value in item.items()}
        return None if self._search.finds_in(left) else left

    def _reduced(self, value: Any, name: str) -> Any:
        if isinstance(value, list):
            return [self._reduced(each, name) for each in value if not self._search.finds_in(each, name)]
        if isinstance(value, dict):
            return {
                key: self._reduced(each, key)
                for key, each in value.items()
                if not self._search.finds_in(key) and not self._search.finds_in(each, key)
            }
        return value

    def archive(self) -> None:
        """The lines of the archive, object by object, going on where an earlier try of this look ended."""
        bucket, after = self.services.data, self.state.get("cursor", "")
        wanted = self.person.may_lie_in(self._horizon)
        for number, key in enumerate(archive.objects(bucket, wanted, ranges=self.person.ranges), 1):
            if "late-" in key:
                self._late_days.add(date.fromisoformat(key.split("/")[1]))
            if key <= after:
                continue
            self._count("archive", archive.remove(bucket, key, self.person.is_named_by))
            if number % _SAVED_EVERY == 0:
                self.save({"cursor": key, "removed": self.removed})

    def bodies(self) -> None:
        """Objects that are no archive: raw bodies that became no fact, exports."""
        for key in list(other_objects(self.services)):
            found = self.services.data.get(key)
            if found and (self._search.finds_in_body(found[0]) or self._search.finds_in(key)):
                self.services.data.delete(key)
                self._count("objects", 1)
        names = [profile_id.encode() for profile_id in sorted(self.person.profile_ids)]
        for key in list(self.services.data.list(GATHERED)):
            found = self.services.data.get(key)
            if found and any(name in found[0] for name in names):
                self.services.data.delete(key)  # the others in it are computed again tomorrow
                self._count("objects", 1)

    def numbers(self, holder: Holder, rename: Rename) -> None:
        """What the numbers are counted from keeps its facts, under a pseudonym."""
        days = self.person.days | self._late_days
        self._count("renamed", holder.remove(self.services, self.person.profile_ids | self.person.keys, days, rename))

    def dead_letters(self) -> None:
        for name in (*CONSUMED, STREAM):
            queue = self.services.dead_letters(name)
            for message in queue.receive():
                if self._search.finds_in_body(message.body.encode("utf-8", "surrogatepass")):
                    queue.delete(message)
                    self._count("dead_letters", 1)
                else:
                    queue.show_again(message)


def other_objects(services: Services) -> Iterator[str]:
    """Keys of the data bucket that are searched as text."""
    return (key for key in services.data.list("") if not key.startswith(OTHER_OBJECTS))


def proofs(services: Services) -> Iterator[Item]:
    """All proofs, in no order."""
    return services.catalog.query(proof_key("").pk, consistent=True)


def at_work(services: Services) -> Iterator[Item]:
    return services.catalog.query(erasure_key("").pk, consistent=True)


def is_genuine(services: Services, proof: Item) -> bool:
    """Whether a proof is as it was written, by a key of this deployment."""
    key = services.secrets.link_keys.get(proof["signed_by"])
    return key is not None and hmac.compare_digest(_signature(proof["body"], key), proof["signature"])


def _finish(
    services: Services, state: Item, person: Person, marks: dict[str, str], now: datetime, *, came_back: bool = False
) -> dict[str, Any]:
    body = {
        "erasure": state["sk"],
        "why": state["why"],
        "asked_at": state["asked_at"],
        "finished_at": clock.to_text(now),
        "searched": [
            "tables events, profiles, agenda with its index, catalog",
            "objects of the data bucket: archive, history, raw bodies, exports, sources of the numbers",
            "dead-letter queues",
        ],
        "looks": state["looks"],
        "came_back": came_back,
        "suppressed": len(marks),
        "suppression_hashes": sorted(
            marks[key]
            for kind in _KINDS
            for value in person.values.get(kind, ())
            if (key := ids.identity_key(kind, value)) in marks
        ),
    }
    keys = services.secrets.link_keys
    text = json.dumps(body, sort_keys=True)
    signed = {"body": text, "signed_by": max(keys), "signature": _signature(text, keys[max(keys)])}
    services.catalog.put(proof_key(f"{body['finished_at']}#{state['sk']}"), signed)
    services.data.delete(_payload(state["sk"]))
    services.catalog.delete(erasure_key(state["sk"]))
    telemetry.count("PersonErased", reason=state["why"])
    return body


def _marks(services: Services, person: Person) -> dict[str, str]:
    """Identity key → suppression hash."""
    salt = suppression.salt_of(services)
    keys = person.keys | {ids.identity_key(kind, value) for kind in _KINDS for value in person.values.get(kind, ())}
    return {key: suppression.mark_of(salt, key) for key in sorted(keys)}


def _came_back(services: Services, erasure: str, marks: dict[str, str]) -> bool:
    """Whether they signed up again since the first look, and may have confirmed it."""
    left = list(services.profiles.get_many(map(suppression_key, marks.values()), consistent=True))
    return not any(item["erasure"] == erasure for item in left) or any("asked_at" in item for item in left)


def _payload(erasure: str) -> str:
    return f"erasing/{erasure}.json"


def _signature(text: str, key: bytes) -> str:
    return hmac.new(key, b"dripline-erasure" + text.encode(), "sha256").hexdigest()


def _renamer(key: str) -> Rename:
    def rename(value: str) -> str:
        return f"erased-{hmac.new(bytes.fromhex(key), value.encode(), 'sha256').hexdigest()[:16]}"

    return rename
