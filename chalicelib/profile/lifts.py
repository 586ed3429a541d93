"""What each kind of fact says about a person: one small function an event, from a fact to a profile fragment.

`lift` gives the fragment that `facets.merge` adds to a profile. Every event of
`events.EVENTS` has a function in `LIFTS`, if only the one that counts it. A
time lies never behind the moment of receipt, so a sender's wrong clock cannot
win every comparison for ever; texts are cut, so that no sender can fill a
profile. Refuses to look at the profile: that is what keeps order out of it.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from chalicelib import clock, events
from chalicelib.events import Event
from chalicelib.profile.facets import Facets
from chalicelib.profile.timezone import is_evidence

TEXT = 200
TITLE = 60
LINES = 30
CODES = 10
URL = 500

BY_MACHINE = " by Machine"
"""Behind the name under which opens and clicks of proxies and scanners are counted."""

Lift = Callable[[Any, str], Facets]
"""(event, its time as text) → what is particular to the event; `lift` adds what all have in common."""

LIFTS: dict[type[Event], Lift] = {}

E = TypeVar("E", bound=Event)


def _lifts(*classes: type[E]) -> Callable[[Callable[[E, str], Facets]], Callable[[E, str], Facets]]:
    def register(function: Callable[[E, str], Facets]) -> Callable[[E, str], Facets]:
        for cls in classes:
            LIFTS[cls] = function
        return function

    return register


def lift(event: Event) -> Facets:
    """The fragment of a profile that this fact alone amounts to."""
    instant = min(event.occurred_at, event.received_at)
    at = clock.to_text(instant)
    day = int(instant.timestamp()) // 86_400
    name = event.name
    if getattr(event, "agent", "person") != "person":
        name += BY_MACHINE
    fragment = LIFTS[type(event)](event, at)
    fragment["created"] = at
    fragment["last_day"] = day
    fragment["seen"] = {name: [at, at]}
    fragment["days"] = {name: {str(day): 1}}
    who = event.who
    for kind in ("email", "phone"):
        value = who.get(kind)
        if value:
            fragment.setdefault("told", {})[kind] = [at, event.id, value[:TEXT]]
    told = fragment.get("told")
    if told and "email" in told:
        fragment["addresses"] = {told["email"][2]: at}
    return fragment


def _count(event: Event, at: str) -> Facets:
    """Nothing but its name and day: the fact is read elsewhere, or only its frequency matters."""
    return {}


for _counted in (
    events.VisitStarted,
    events.PageViewed,
    events.PageLeft,
    events.ProductsSearched,
    events.ProductListViewed,
    events.ProductViewed,
    events.ProductAdded,
    events.ProductRemoved,
    events.ProductAddedToWishlist,
    events.ProductRemovedFromWishlist,
    events.CartViewed,
    events.CartUpdated,
    events.CheckoutStarted,
    events.CouponApplied,
    events.CustomEventTracked,
    events.AccountDeleted,
    events.GroupJoined,
    events.SurveyAnswered,
    events.PreferencesChanged,
    events.InquiryOpened,
    events.ComplaintOpened,
    events.ProductReturned,
    events.ProductReviewed,
    events.CallCompleted,
    events.PriceDropped,
    events.BackInStock,
    events.LowStock,
    events.EmailRead,
    events.HitsRelabelled,
    events.SmsDelivered,
    events.SmsFailed,
    events.MessageSkipped,
    events.EmailAccepted,
    events.EmailDelayed,
    events.EmailRejected,
    events.FlowEntered,
    events.FlowLeft,
):
    LIFTS[_counted] = _count


@_lifts(events.OrderCreated)
def _order_created(event: events.OrderCreated, at: str) -> Facets:
    return _order(event.order_id, at, content=_content(event), placed=at)


@_lifts(events.OrderCompleted)
def _order_completed(event: events.OrderCompleted, at: str) -> Facets:
    if event.placed_at is None:
        return _order(event.order_id, at, content=_content(event), paid=at)
    placed = min(clock.to_text(event.placed_at), at)
    return _order(event.order_id, placed, content=_content(event), placed=placed, paid=at)


@_lifts(events.OrderUpdated)
def _order_updated(event: events.OrderUpdated, at: str) -> Facets:
    return _order(event.order_id, at, content=_content(event))


@_lifts(events.OrderFulfilled)
def _order_fulfilled(event: events.OrderFulfilled, at: str) -> Facets:
    return _order(event.order_id, at, fulfilled=at)


@_lifts(events.OrderCancelled)
def _order_cancelled(event: events.OrderCancelled, at: str) -> Facets:
    return _order(event.order_id, at, cancelled=at)


@_lifts(events.OrderRefunded)
def _order_refunded(event: events.OrderRefunded, at: str) -> Facets:
    return _order(event.order_id, at, refunds={event.refund_id: [at, event.id, event.amount.amount]})


def _order(order_id: str, first: str, **facts: Any) -> Facets:
    return {"orders": {order_id: {"first": first, **facts}}}


def _content(event: events.OrderCreated) -> list[Any]:
    content: dict[str, Any] = {"total": list(event.total)}
    if event.number:
        content["number"] = event.number[:TITLE]
    if event.discount:
        content["discount"] = list(event.discount)
    if event.lines:
        content["lines"] = [
            [line.product_id[:TITLE], line.title[:TITLE], line.quantity, list(line.price), line.category[:TITLE]]
            for line in event.lines[:LINES]
        ]
    if event.pay_url and len(event.pay_url) <= URL:  # a cut link leads nowhere
        content["pay_url"] = event.pay_url
    if event.codes:
        content["codes"] = [code[:TITLE] for code in event.codes[:CODES]]
    return [clock.to_text(event.updated_at), event.id, content]


@_lifts(events.CustomerUpdated)
def _customer_updated(event: events.CustomerUpdated, at: str) -> Facets:
    person = _person(event, at, zone_source="explicit", language_kind="language_of_store")
    for kind in ("email", "phone"):
        if getattr(event, kind):
            person["told"][kind] = [at, event.id, getattr(event, kind)[:TEXT]]
    return person


@_lifts(events.SignedUp)
def _signed_up(event: events.SignedUp, at: str) -> Facets:
    person = _person(event, at, zone_source="browser", language_kind="language_chosen")
    person["told"]["email"] = [at, event.id, event.email[:TEXT]]
    return person | _consent(event, at, event.channel, "signed_up", event.wording, page=event.page)


def _person(event: Any, at: str, *, zone_source: str, language_kind: str) -> Facets:
    told: Facets = {}
    for kind in ("first_name", "last_name"):
        value = getattr(event, kind, "").strip()
        if value:
            told[kind] = [at, event.id, value[:TEXT]]
    if event.language:
        told[language_kind] = [at, event.id, event.language[:35]]  # RFC 5646 asks that 35 characters be held
    country = event.country.upper()
    if len(country) == 2 and country.isascii() and country.isalpha():
        told["country"] = [at, event.id, country]
    fragment: Facets = {"told": told}
    if is_evidence(event.time_zone, zone_source):
        fragment["zones"] = {zone_source: [at, event.id, event.time_zone]}
    return fragment


@_lifts(events.SubscriptionConfirmed)
def _confirmed(event: events.SubscriptionConfirmed, at: str) -> Facets:
    return _consent(event, at, event.channel, "confirmed", event.wording)


@_lifts(events.ConsentRecorded)
def _recorded(event: events.ConsentRecorded, at: str) -> Facets:
    if not event.subscribed:
        return _consent(event, at, event.channel, "withdrawn", event.wording, how="recorded")
    kind = "imported_yes" if event.source.startswith("import") else "told_yes"
    return _consent(event, at, event.channel, kind, event.wording)


@_lifts(events.Unsubscribed)
def _unsubscribed(event: events.Unsubscribed, at: str) -> Facets:
    return _consent(event, at, event.channel, "withdrawn", "", how=event.how)


@_lifts(events.Resubscribed)
def _resubscribed(event: events.Resubscribed, at: str) -> Facets:
    return _consent(event, at, event.channel, "resubscribed", event.wording)


@_lifts(events.UnsubscribeReasonGiven)
def _reason_given(event: events.UnsubscribeReasonGiven, at: str) -> Facets:
    return (
        {"reasons": {event.channel: [at, event.id, event.reason[:TITLE]]}} if event.channel in events.CHANNELS else {}
    )


def _consent(event: Event, at: str, channel: str, kind: str, wording: str, *, how: str = "", page: str = "") -> Facets:
    if channel not in events.CHANNELS:
        return {}
    return {"consent": {channel: {kind: [at, event.id, wording[:TITLE], event.source, how or kind, page[:TEXT]]}}}


@_lifts(events.MessageSent)
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
    return _message(event.message_id, at, sent=[at, event.id, said])


@_lifts(events.EmailDelivered)
def _delivered(event: events.EmailDelivered, at: str) -> Facets:
    return _message(event.message_id, at, delivered=at)


@_lifts(events.EmailBounced)
def _bounced(event: events.EmailBounced, at: str) -> Facets:
    if not event.permanent:
        return _message(event.message_id, at, soft_bounced=at)
    return _message(event.message_id, at, bounced=at) | {"suppressed": {"bounced": [at, event.id, event.kind[:TITLE]]}}


@_lifts(events.EmailMarkedAsSpam)
def _marked_as_spam(event: events.EmailMarkedAsSpam, at: str) -> Facets:
    withdrawn = _consent(event, at, "email", "withdrawn", "", how="complaint")
    return withdrawn | {"suppressed": {"complained": [at, event.id, event.kind[:TITLE]]}}


@_lifts(events.EmailOpened)
def _opened(event: events.EmailOpened, at: str) -> Facets:
    return _message(event.message_id, at, opened=at) if event.agent == "person" else {}


@_lifts(events.EmailLinkClicked)
def _clicked(event: events.EmailLinkClicked, at: str) -> Facets:
    return _message(event.message_id, at, clicked=at) if event.agent == "person" else {}


def _message(message_id: str, first: str, **facts: Any) -> Facets:
    return {"messages": {message_id: {"first": first, **facts}}}


@_lifts(events.SegmentEntered)
def _segment_entered(event: events.SegmentEntered, at: str) -> Facets:
    return {"segments": {event.segment: [at, event.id, True]}}


@_lifts(events.SegmentLeft)
def _segment_left(event: events.SegmentLeft, at: str) -> Facets:
    return {"segments": {event.segment: [at, event.id, False]}}


@_lifts(events.CouponGranted)
def _coupon_granted(event: events.CouponGranted, at: str) -> Facets:
    terms: dict[str, Any] = {"offer": event.offer, "expires_at": clock.to_text(event.expires_at)}
    if event.amount:
        terms["amount"] = list(event.amount)
    if event.percent:
        terms["percent"] = event.percent
    return {"coupons": {event.code: [at, event.id, terms]}}


@_lifts(events.PointsChanged)
def _points_changed(event: events.PointsChanged, at: str) -> Facets:
    return {"points": event.delta}
