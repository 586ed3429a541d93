"""Consent per channel, derived from kept facts, so that no order of arrival changes it.

A profile keeps, per channel, the newest fact of each kind:

    signed_up      asked for messages, not yet confirmed
    confirmed      pressed the button in the confirmation mail
    told_yes       the store recorded consent given elsewhere
    imported_yes   an import says so
    withdrawn      unsubscribed, refused, or complained
    resubscribed   took an unsubscribe back

The rules, in order (`consent_from`):

1. The newest of confirmed, told_yes and withdrawn decides; of the same instant, withdrawn does.
2. After withdrawn, a later resubscribed makes subscribed, else a later signed_up makes pending.
   An import changes nothing there, ever.
3. With none of the three, imported_yes makes subscribed, else signed_up makes pending.
   resubscribed alone means nothing: there was no unsubscribe to take back.

So a sign-up never lowers a subscription. Refuses to say whether a message may
go out: that is the gate's decision.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib import clock

SOFT_BOUNCES = 5
"""So many soft bounces in a row, with no delivery between them, and an address is given up."""


@dataclass(frozen=True)
class Consent:
    """`state` is never, pending, subscribed or unsubscribed; `event_id` names the fact that says so."""

    state: str
    since: datetime | None = None
    event_id: str = ""
    wording: str = ""
    source: str = ""
    how: str = ""
    page: str = ""


Fact = list[str]
"""[at, event id, wording, source, how, page]; newest wins by the first two."""


def consent_from(kinds: Mapping[str, Fact]) -> Consent:
    """The state that the newest facts of each kind amount to; the rules are in the module's docstring."""
    withdrawn = kinds.get("withdrawn")
    given = max((kinds[kind] for kind in ("confirmed", "told_yes") if kind in kinds), default=None)
    if given and (withdrawn is None or given[0] > withdrawn[0]):
        return _consent("subscribed", given)
    signed_up = kinds.get("signed_up")
    if withdrawn is None:
        if "imported_yes" in kinds:
            return _consent("subscribed", kinds["imported_yes"])
        return _consent("pending", signed_up) if signed_up else Consent("never")
    resubscribed = kinds.get("resubscribed")
    if resubscribed and resubscribed[0] > withdrawn[0]:
        return _consent("subscribed", resubscribed)
    if signed_up and signed_up[0] > withdrawn[0]:
        return _consent("pending", signed_up)
    return _consent("unsubscribed", withdrawn)


def _consent(state: str, fact: Fact) -> Consent:
    at, event_id, wording, source, how, page = fact
    return Consent(state, clock.parse(at), event_id, wording, source, how, page)


def suppression_from(facets: Mapping[str, Any], address: str) -> str:
    """Why nothing may be mailed: complained, bounced, soft_bounced; '' when something may.

    A bounce speaks of the address of its time: it does not hold against an
    address first told of later. A complaint is the person's and holds for good.
    """
    facts = facets.get("suppressed", {})
    if "complained" in facts:
        return "complained"
    known_since = facets.get("addresses", {}).get(address, "")
    if "bounced" in facts and facts["bounced"][0] >= known_since:
        return "bounced"
    return "soft_bounced" if _soft_bounces_in_a_row(facets.get("messages", {}), known_since) >= SOFT_BOUNCES else ""


def unreachable_since_told(facets: Mapping[str, Any]) -> str:
    """`unreachable` when a carrier said so of the phone number after it was last told; '' when it may be tried."""
    told = facets.get("told", {}).get("phone")
    failed = facets.get("suppressed", {}).get("unreachable")
    return "unreachable" if failed and (not told or failed[0] >= told[0]) else ""


def _soft_bounces_in_a_row(messages: Mapping[str, Mapping[str, Any]], known_since: str) -> int:
    """Newest first, until one was delivered; a soft bounce behind a delivery is an out-of-office note and no bounce."""
    in_a_row = 0
    mails = (record for record in messages.values() if "sent" not in record or record["sent"][2]["channel"] == "email")
    for record in sorted(mails, key=lambda record: record["first"], reverse=True):
        if "delivered" in record:
            break
        if record.get("soft_bounced", "") >= known_since and "soft_bounced" in record:
            in_a_row += 1
    return in_a_row
