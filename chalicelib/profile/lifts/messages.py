"""What became of a message of ours, and what a person did with it."""

from typing import Any

from chalicelib import events
from chalicelib.profile import hits, timezone
from chalicelib.profile.facets import Facets
from chalicelib.profile.lifts.consent import consent_fact
from chalicelib.profile.lifts.registry import TITLE, counted, lifts

counted(
    events.EmailAccepted,
    events.EmailDelayed,
    events.EmailRejected,
    events.MessageSkipped,
)


@lifts(events.MessageSent)
def _message_sent(event: events.MessageSent, at: str) -> Facets:
    said: dict[str, Any] = {
        "channel": event.channel,
        "definition": event.definition,
        "template": event.template,
        "marketing": event.marketing,
        "local_hour": event.local_hour,
    }
    for name in ("order_id", "arm", "step", "consent_id"):
        if getattr(event, name):
            said[name] = getattr(event, name)
    if not event.followed:
        said["followed"] = False
    return _message(event.message_id, at, sent=[at, event.id, said])


@lifts(events.EmailDelivered)
def _delivered(event: events.EmailDelivered, at: str) -> Facets:
    return _message(event.message_id, at, delivered=at)


@lifts(events.SmsDelivered)
def _texted(event: events.SmsDelivered, at: str) -> Facets:
    return _message(event.message_id, at, delivered=at)


@lifts(events.EmailBounced)
def _bounced(event: events.EmailBounced, at: str) -> Facets:
    if not event.permanent:
        return _message(event.message_id, at, soft_bounced=at)
    return _message(event.message_id, at, bounced=at) | {"suppressed": {"bounced": [at, event.id, event.kind[:TITLE]]}}


@lifts(events.EmailMarkedAsSpam)
def _marked_as_spam(event: events.EmailMarkedAsSpam, at: str) -> Facets:
    withdrawn = consent_fact(event, at, "email", "withdrawn", "", how="complaint")
    return withdrawn | {"suppressed": {"complained": [at, event.id, event.kind[:TITLE]]}}


@lifts(events.EmailOpened)
def _opened(event: events.EmailOpened, at: str) -> Facets:
    return _message(event.message_id, at, hits=hits.note(event.id, at)) if event.agent == "person" else {}


@lifts(events.EmailLinkClicked)
def _clicked(event: events.EmailLinkClicked, at: str) -> Facets:
    if event.agent != "person":
        return {}
    zone = timezone.zone_of_place(event.time_zone, event.country)
    return _message(event.message_id, at, hits=hits.note(event.id, at, max(0, event.link), zone=zone))


@lifts(events.HitsRelabelled)
def _relabelled(event: events.HitsRelabelled, at: str) -> Facets:
    noted: Facets = {}
    for hit in event.hits:
        noted |= hits.note(hit, at, hits.OPEN if event.event == hits.OPENED else 0, taken_back=True)
    return _message(event.message_id, at, hits=noted)


@lifts(events.EmailRead)
def _read(event: events.EmailRead, at: str) -> Facets:
    return _message(event.message_id, at, read=max(0, event.seconds))


@lifts(events.SmsFailed)
def _failed(event: events.SmsFailed, at: str) -> Facets:
    return {"suppressed": {"unreachable": [at, event.id, event.kind[:TITLE]]}} if event.permanent else {}


def _message(message_id: str, first: str, **facts: Any) -> Facets:
    return {"messages": {message_id: {"first": first, **facts}}}
