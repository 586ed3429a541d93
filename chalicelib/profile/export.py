"""Everything held of one person, as one document they can be given.

Finds what an erasure would find, through the same walk: nothing can be erased
that was not exported. Readable facts first, then the stored items as they are.
Refuses to change anything, and to tell what the store concluded about others.
"""

import base64
import io
import json
import zipfile
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from chalicelib import clock, events
from chalicelib.aws.queue import CONSUMED, STREAM
from chalicelib.aws.services import Services
from chalicelib.aws.table import erasure_key, proof_key
from chalicelib.profile import archive, store, whereabouts
from chalicelib.profile.erasure import Holder, other_objects
from chalicelib.profile.packing import unpack
from chalicelib.profile.whereabouts import Person, Search

_OWN = frozenset((erasure_key("").pk, proof_key("").pk))


def export(services: Services, person: Person, now: datetime, holder: Holder) -> dict[str, Any]:
    """The document: JSON-ready; `facts` oldest first, the rest under the table or object that holds it."""
    person, logged = whereabouts.trace(services, person, now)
    tables: dict[str, list[Any]] = {"profiles": [], "events": [], "agenda": []}
    for table, item in whereabouts.items(services, person):
        if table == "profiles" and "body" in item:
            item = item | {"body": unpack(item["body"])}
        tables[table].append(item)
    archived = _archived(services, person, now)
    facts = {event.id: event for event in [*_facts_in(archived), *logged]}
    search = Search(person)
    customers = [store.load(services, profile_id) for profile_id in sorted(person.profile_ids)]
    late = {line["object"].split("/")[1] for line in archived if "late-" in line["object"]}
    days = person.days | {clock.parse(f"{day}T00:00:00Z").date() for day in late}
    held = holder.find(services, person.profile_ids | person.keys, sorted(days))
    return {
        "exported_at": clock.to_text(now),
        "identifiers": {kind: sorted(values) for kind, values in sorted(person.values.items())},
        "customers": [
            {"profile_id": customer.profile_id, "known": customer.facets}
            for customer in {each.profile_id: each for each in customers if each}.values()
        ],
        "facts": [events.serialise(event) for event in sorted(facts.values(), key=lambda event: event.order_key)],
        "consent_ledger": [item for item in tables["profiles"] if item["sk"].startswith("consent#")],
        "profiles": tables["profiles"],
        "log": [{"pk": item["pk"], "sk": item["sk"]} for item in tables["events"]],
        "agenda": tables["agenda"],
        "catalog": list(whereabouts.catalog_items(services, person, without=_OWN)),
        "archive": archived,
        "objects": list(_objects(services, search)),
        "numbers": [{"object": name, "holds": value} for name, value in held],
        "dead_letters": list(_dead_letters(services, search)),
    }


def to_json(document: dict[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=False, indent=1, default=_as_text).encode("utf-8", "surrogatepass")


def to_zip(document: dict[str, Any], now: datetime) -> bytes:
    """One file a part, so that a person can find their way."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive_file:
        for name, part in document.items():
            text = json.dumps(part, ensure_ascii=False, indent=1, default=_as_text)
            entry = zipfile.ZipInfo(f"{name}.json", date_time=now.timetuple()[:6])
            archive_file.writestr(entry, text.encode("utf-8", "surrogatepass"), zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def is_empty(document: dict[str, Any]) -> bool:
    """Whether nothing at all is held."""
    parts = ("facts", "profiles", "log", "agenda", "catalog", "archive", "objects", "numbers", "dead_letters")
    return not any(document[name] for name in parts)


def _archived(services: Services, person: Person, now: datetime) -> list[dict[str, Any]]:
    wanted = person.may_lie_in(whereabouts.horizon_of(now))
    keys = list(archive.objects(services.data, wanted, ranges=person.ranges))
    lines = archive.lines_of(services.data, keys, person.is_named_by)
    return [{"object": key, "line": json.loads(line)} for key, line in lines]


def _facts_in(archived: Iterable[dict[str, Any]]) -> list[events.Event]:
    return [events.parse(each["line"]["event"]) for each in archived]


def _objects(services: Services, search: Search) -> Iterable[dict[str, str]]:
    for key in other_objects(services):
        found = services.data.get(key)
        if found and (search.finds_in_body(found[0]) or search.finds_in(key)):
            yield {"object": key, "body": found[0].decode("utf-8", "replace")}


def _dead_letters(services: Services, search: Search) -> Iterable[dict[str, str]]:
    for name in (*CONSUMED, STREAM):
        queue = services.dead_letters(name)
        for message in queue.receive():
            queue.show_again(message)
            if search.finds_in_body(message.body.encode("utf-8", "surrogatepass")):
                yield {"queue": name, "body": message.body}


def _as_text(value: Any) -> str:
    return base64.b64encode(value).decode() if isinstance(value, bytes) else str(value)
