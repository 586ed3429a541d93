"""From the log's stream to profiles: group a batch by customer, fold, write once, pass the facts on.

Nothing is lost and nothing counts twice: a customer whose facts could not be
stored is reported to the stream, which delivers them again, and the fold knows
what it has folded. A record that is no fact is put aside for a person to look
at, because it would otherwise stop its shard. Refuses to decide anything about
a customer; `decide` and `deliver` hear of the facts through the queue
`reactions`, at least once.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from chalicelib import clock, events, ids
from chalicelib.aws import telemetry
from chalicelib.aws.drops import count_drop
from chalicelib.aws.services import Services
from chalicelib.aws.table import consent_key
from chalicelib.errors import BadInput, LimitExceeded, Unavailable
from chalicelib.events import Event
from chalicelib.profile import archive, fold, log, replay, store, suppression
from chalicelib.profile.aliases import TRIES, Resolver
from chalicelib.profile.fold import CHANGED, Outcome, Profile

REACTED_TO = timedelta(days=7)
"""Facts that we hear of later than this after they occurred are history and start nothing."""

_REACTION_BYTES = 200 * 1024  # SQS takes 256 KB; the rest is for the envelope and for escapes
_HITS = (events.EmailOpened, events.EmailLinkClicked, events.EmailRead)
_BURST_OVER = 60
_CONSENT = (
    events.SignedUp,
    events.SubscriptionConfirmed,
    events.ConsentRecorded,
    events.Unsubscribed,
    events.Resubscribed,
    events.EmailMarkedAsSpam,
    events.AccountDeleted,
)


@dataclass
class _Folded:
    """What became of a batch: facts by the profile that has them, and those to be delivered again."""

    done: dict[str, list[Event]] = field(default_factory=dict)
    failed: list[Event] = field(default_factory=list)
    fault: Exception | None = None

    def fail(self, facts: Iterable[Event], fault: Exception) -> None:
        telemetry.log_fault("facts were not folded", fault)
        self.failed += facts
        self.fault = self.fault or fault


def fold_events(services: Services, records: Iterable[Mapping[str, Any]], now: datetime) -> dict[str, Any]:
    """Fold a batch of the log's stream; the answer is that of ReportBatchItemFailures, lowest number first.

    Lambda goes on from the lowest sequence number named, so facts behind a
    failed one come again, and change nothing.
    """
    numbers: dict[str, str] = {}  # fact id → sequence number
    facts: list[Event] = []
    failures: set[str] = set()
    for record in records:
        number = record["dynamodb"]["SequenceNumber"]
        try:
            event = log.from_stream_record(record)
        except (BadInput, ValueError, KeyError, TypeError) as fault:
            telemetry.log_fault("a record of the stream is no fact", fault)
            if not _quarantine(services, record):
                failures.add(number)
            continue
        if event is not None:
            numbers.setdefault(event.id, number)
            facts.append(event)
    folded = _fold(services, facts, now)
    for profile_id, done in folded.done.items():
        try:
            _send_reactions(services, profile_id, done)
        except Exception as fault:  # the customer's facts come again as a whole
            folded.fail(done, fault)
    try:
        archive.write(services, folded.done, now)
    except Unavailable as fault:
        folded.fail(facts, fault)
    failures |= {numbers[event.id] for event in folded.failed}
    if folded.failed:
        telemetry.count("FactsToFoldAgain", number=len(folded.failed))
    return {"batchItemFailures": [{"itemIdentifier": number} for number in sorted(failures, key=_by_number)]}


def fold_again(services: Services, facts: Iterable[Event], now: datetime) -> list[Event]:
    """Fold facts that lie in the log and that the stream will not bring again; those that could not be folded.

    For the operator: what was folded already changes nothing, reactions and archive get what they missed.
    """
    folded = _fold(services, list(facts), now)
    for profile_id, done in folded.done.items():
        _send_reactions(services, profile_id, done)
    archive.write(services, folded.done, now)
    return folded.failed


def fold_now(services: Services, facts: Iterable[Event], now: datetime) -> list[str]:
    """Write facts to the log and fold them before returning; the ids of the profiles they changed.

    For routes whose effect must be visible in their answer. The stream brings
    the same facts later, which then start reactions and change nothing.
    Raises Unavailable when a profile could not be written; the facts are then
    in the log all the same.
    """
    facts = list(facts)
    for event in facts:
        log.append(services, event)
    folded = _fold(services, facts, now)
    if folded.fault:
        raise folded.fault
    return list(folded.done)


def _fold(services: Services, facts: list[Event], now: datetime) -> _Folded:
    """Resolve, group and fold until every fact is stored or has failed."""
    result = _Folded()
    resolver = Resolver(services, now)
    pending = sorted({event.id: event for event in facts}.values(), key=lambda event: event.order_key)
    for _ in range(TRIES):
        pending = _sift(services, pending, result, now)
        groups = _group(resolver, pending, result)
        pending = []
        for profile_id, (group, keys) in groups.items():
            try:
                stored = _fold_group(services, resolver, profile_id, group, keys, now)
            except LimitExceeded as fault:
                resolver.forget()
                telemetry.log_fault("a profile is full", fault)
                _put_aside(services, group, result)
                continue
            except Exception as fault:  # one customer's fault is not another's
                resolver.forget()
                result.fail(group, fault)
                continue
            if stored:
                result.done.setdefault(profile_id, []).extend(group)
            else:
                resolver.forget()
                pending += group
        if not pending:
            return result
    result.fail(pending, Unavailable(f"a profile changed under {TRIES} tries"))
    return result


def _sift(services: Services, facts: list[Event], result: _Folded, now: datetime) -> list[Event]:
    """The facts without those about erased people, asked anew in every try: an erasure may be at work beside us."""
    try:
        sifted = suppression.sift(services, facts)
        suppression.drop(services, sifted.dropped, now)
    except Unavailable as fault:
        result.fail(facts, fault)
        return []
    return sifted.kept


def _group(resolver: Resolver, facts: list[Event], result: _Folded) -> dict[str, tuple[list[Event], set[str]]]:
    """Profile id → its facts of the batch and their identity keys; a merge on the way resolves all again."""
    while True:
        changes = resolver.changes
        groups: dict[str, tuple[list[Event], set[str]]] = {}
        known: dict[tuple[tuple[str, str], ...], tuple[str, frozenset[str]]] = {}
        failed: list[Event] = []
        for event in facts:
            # Facts are in order of occurrence, so the first of those that name the same has the earliest claim.
            who = tuple(sorted(event.who.items()))
            try:
                if who not in known:
                    known[who] = resolver.resolve(event)
            except Exception as fault:
                failed.append(event)
                result.fail([event], fault)
                continue
            profile_id, keys = known[who]
            group, all_keys = groups.setdefault(profile_id, ([], set()))
            group.append(event)
            all_keys |= keys
        if resolver.changes == changes:
            return groups
        facts = [event for event in facts if event not in failed]


def _fold_group(
    services: Services, resolver: Resolver, profile_id: str, group: list[Event], keys: set[str], now: datetime
) -> bool:
    """Fold one customer's facts with one read and one write; False when somebody else was faster."""
    profile = resolver.read(profile_id) or Profile(profile_id)
    if profile.merged_into:
        return False
    outcomes = [fold.fold(profile, event) for event in group]
    changed = not CHANGED.isdisjoint(outcomes)
    whole = Outcome.LATE not in outcomes and (not changed or fold.settle(profile))
    if not whole:
        telemetry.count("ProfileRebuilt", reason="late")
        resolver.forget()
        if replay.rewrite(services, profile_id, now, add=keys) is None:
            return False
    elif changed or not keys <= profile.identities:
        profile.identities |= keys
        if not store.write(services, profile):
            return False
    _record_consent(services, profile_id, group)
    if stale := outcomes.count(Outcome.STALE):
        count_drop(services, f"{now:%Y-%m-%d}", Outcome.STALE.value, stale)
    return True


def _record_consent(services: Services, profile_id: str, facts: Iterable[Event]) -> None:
    """The consent ledger: who, when, where, which wording and how, one item a fact, written once."""
    for event in facts:
        if isinstance(event, _CONSENT):
            entry = {
                "name": event.name,
                "channel": getattr(event, "channel", "email"),
                "at": clock.to_text(event.occurred_at),
                "received_at": clock.to_text(event.received_at),
                "source": event.source,
                "page": getattr(event, "page", ""),
                "wording": getattr(event, "wording", ""),
                "how": getattr(event, "how", ""),
                "message_id": getattr(event, "message_id", ""),
                "language": getattr(event, "language", ""),
            }
            if isinstance(event, events.ConsentRecorded):
                entry["subscribed"] = event.subscribed
            services.profiles.put_if_absent(consent_key(profile_id, event.id), entry)


def _send_reactions(services: Services, profile_id: str, facts: list[Event]) -> None:
    """Pass the facts on; machines' hits never, and a person's a minute later, when a burst can be seen whole."""
    hits = [event for event in facts if isinstance(event, _HITS)]
    others = _reactions(profile_id, [event for event in facts if not isinstance(event, _HITS)])
    persons = _reactions(profile_id, [event for event in hits if getattr(event, "agent", "person") == "person"])
    if others:
        services.queue("reactions").send(others)
    if persons:
        services.queue("reactions").send(persons, delay=_BURST_OVER)


def _reactions(profile_id: str, facts: Iterable[Event]) -> list[dict[str, Any]]:
    bodies: list[dict[str, Any]] = []
    size = _REACTION_BYTES
    for event in facts:
        if event.received_at - event.occurred_at > REACTED_TO:
            continue
        length = len(events.to_json(event).encode("utf-8", "surrogatepass"))
        if size + length > _REACTION_BYTES:
            bodies.append({"profile_id": profile_id, "events": []})
            size = 0
        bodies[-1]["events"].append(events.serialise(event))
        size += length
    return bodies


def _quarantine(services: Services, record: Mapping[str, Any]) -> bool:
    """Put a record that is no fact aside; False when even that failed."""
    body = json.dumps(record, default=repr, sort_keys=True)
    try:
        services.data.put(f"quarantine/stream/{ids.digest(body)}.json", body.encode())
    except Unavailable:
        return False
    telemetry.count("StreamRecordQuarantined", reason="not a fact")
    return True


def _put_aside(services: Services, facts: list[Event], result: _Folded) -> None:
    """Facts of a profile that has no room: kept in quarantine, so that the shard goes on."""
    try:
        for event in facts:
            services.data.put(f"quarantine/stream/{event.id}.json", events.to_json(event).encode())
    except Unavailable as fault:
        result.fail(facts, fault)
        return
    telemetry.count("StreamRecordQuarantined", reason="profile is full", number=len(facts))


def _by_number(number: str) -> tuple[int, str]:
    """Sequence numbers are decimal numbers of differing length."""
    return (int(number), number) if number.isdigit() else (0, number)
