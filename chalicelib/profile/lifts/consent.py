"""Consent given and withdrawn: the newest fact of each kind; what they amount to is said in profile/consent.py."""

from chalicelib import events
from chalicelib.events import Event
from chalicelib.profile.facets import Facets
from chalicelib.profile.lifts.person import told_of
from chalicelib.profile.lifts.registry import TEXT, TITLE, lifts
from chalicelib.profile.lifts.wishes import asked_of


@lifts(events.SignedUp)
def _signed_up(event: events.SignedUp, at: str) -> Facets:
    person = told_of(event, at, zone_source="browser", language_kind="language_chosen")
    consent = consent_fact(event, at, event.channel, "signed_up", event.wording, page=event.page)
    return person | asked_of(event, at) | consent


@lifts(events.SubscriptionConfirmed)
def _confirmed(event: events.SubscriptionConfirmed, at: str) -> Facets:
    return consent_fact(event, at, event.channel, "confirmed", event.wording)


@lifts(events.ConsentRecorded)
def _recorded(event: events.ConsentRecorded, at: str) -> Facets:
    if not event.subscribed:
        return consent_fact(event, at, event.channel, "withdrawn", event.wording, how="recorded")
    kind = "imported_yes" if event.source.startswith("import") else "told_yes"
    return consent_fact(event, at, event.channel, kind, event.wording)


@lifts(events.Unsubscribed)
def _unsubscribed(event: events.Unsubscribed, at: str) -> Facets:
    return consent_fact(event, at, event.channel, "withdrawn", "", how=event.how)


@lifts(events.AccountDeleted)
def _account_deleted(event: events.AccountDeleted, at: str) -> Facets:
    """Who closes an account is sent no more marketing; signing up again later is a consent of its own."""
    withdrawn: Facets = {}
    for channel in events.CHANNELS:
        withdrawn |= consent_fact(event, at, channel, "withdrawn", "", how="account_deleted")["consent"]
    return {"consent": withdrawn}


@lifts(events.Resubscribed)
def _resubscribed(event: events.Resubscribed, at: str) -> Facets:
    return consent_fact(event, at, event.channel, "resubscribed", event.wording)


@lifts(events.UnsubscribeReasonGiven)
def _reason_given(event: events.UnsubscribeReasonGiven, at: str) -> Facets:
    return (
        {"reasons": {event.channel: [at, event.id, event.reason[:TITLE]]}} if event.channel in events.CHANNELS else {}
    )


def consent_fact(
    event: Event, at: str, channel: str, kind: str, wording: str, *, how: str = "", page: str = ""
) -> Facets:
    if channel not in events.CHANNELS:
        return {}
    return {"consent": {channel: {kind: [at, event.id, wording[:TITLE], event.source, how or kind, page[:TEXT]]}}}
