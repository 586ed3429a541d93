"""What a person says on a page behind their link, as facts: leaving, why, coming back, and what they wish.

A fact is named after what held before it, so pressing twice says one thing and
going back to an earlier choice is news. Pure. Refuses to say anew what holds
already: such a saying is nothing.
"""

from datetime import datetime, timedelta
from typing import Any

from chalicelib import clock, ids
from chalicelib.collect.addressee import Addressee
from chalicelib.events import PreferencesChanged, Resubscribed, Unsubscribed, UnsubscribeReasonGiven
from chalicelib.profile.wishes import Preferences

PAUSES = {"30": timedelta(days=30), "90": timedelta(days=90)}
SAME_PAUSE = timedelta(hours=12)
"""A pause this little different from the one there is, is the same: the button was pressed twice."""
_TOLD = ("language_chosen", "birthday")


def stem(person: Addressee, now: datetime, *key: str) -> dict[str, Any]:
    """The fields that every fact said on a page has; `key` names it, what held before included."""
    return {
        "id": ids.event_id("pages", *key),
        "occurred_at": now,
        "received_at": now,
        "source": "pages",
        "who": {"profile": person.profile_id},
    }


def leave(person: Addressee, channel: str, how: str, now: datetime) -> Unsubscribed:
    return Unsubscribed(
        **stem(person, now, "unsubscribe", channel, person.occasion_of(channel)),
        channel=channel,
        how=how,
        message_id=person.message_id,
        definition=person.definition,
    )


def come_back(person: Addressee, channel: str, wording: str, language: str, now: datetime) -> Resubscribed:
    return Resubscribed(
        **stem(person, now, "undo", channel, person.occasion_of(channel)),
        channel=channel,
        wording=wording,
        message_id=person.message_id,
        language=language,
    )


def explain(person: Addressee, reason: str, words: str, now: datetime) -> UnsubscribeReasonGiven | None:
    """Why they left; None when that is the reason they gave since."""
    facets = person.customer.facets if person.customer else {}
    at, before, given = facets.get("reasons", {}).get(person.channel, ("", "", ""))
    left = person.consent.since
    if given == reason and left and at >= clock.to_text(left):
        return None
    return UnsubscribeReasonGiven(
        **stem(person, now, "reason", person.channel, person.occasion_of(person.channel), before, reason),
        channel=person.channel,
        reason=reason,
        words=words,
        message_id=person.message_id,
        definition=person.definition,
    )


def change(person: Addressee, now: datetime, **wishes: Any) -> PreferencesChanged:
    """That a person wishes something else from now on."""
    name = repr(sorted((key, value) for key, value in wishes.items() if key != "paused_until"))
    paused = "paused" if wishes.get("paused_until") else ""
    return PreferencesChanged(
        **stem(person, now, "preferences", person.profile_id, *_held(person), name, paused),
        message_id=person.message_id,
        **wishes,
    )


def pause(current: Preferences, wish: str, now: datetime) -> dict[str, Any]:
    """`30`, `90` or `end` as fields of the fact; empty when that is how it is already."""
    if wish == "end":
        return {"resumed": True} if current.is_paused(now) else {}
    if wish not in PAUSES:
        return {}
    until = now + PAUSES[wish]
    if current.paused_until and abs(current.paused_until - until) < SAME_PAUSE:
        return {}
    return {"paused_until": until}


def _held(person: Addressee) -> list[str]:
    """The facts that hold before: preferences, language and every telling of a birthday."""
    if person.customer is None:
        return []
    told = person.customer.facets.get("told", {})
    tellings = person.customer.facets.get("attributes", {}).get("birthday", {})
    registers = [*(told.get(name) for name in _TOLD), *(tellings[kind] for kind in sorted(tellings))]
    return [person.customer.preferences.event_id, *(register[1] if register else "" for register in registers)]
