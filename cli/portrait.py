"""One customer as an operator sees them: beliefs, measures, tags, orders, consent, segments and why, timeline.

Reads the profile and the log and writes nothing. Holds personal data: it is
for the terminal of someone with AWS credentials and for the local demo, never
for the dashboard.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from chalicelib import clock, events
from chalicelib.aws.services import Services
from chalicelib.collect import fields
from chalicelib.events import Event
from chalicelib.playbook.bundle import Bundle
from chalicelib.profile import replay, store
from chalicelib.profile.customer import Customer
from chalicelib.profile.timezone import zone_for
from chalicelib.profile.words import Speech
from chalicelib.segment import membership
from cli import portrait_insights, portrait_parts
from cli.portrait_words import Words

TIMELINE = 200


def find(services: Services, wanted: str) -> Customer | None:
    """By mail address, profile id, the id that the store gives its customer, phone number or browser's id."""
    address = fields.email(wanted)
    if address:
        return store.find(services, "email", address)
    found = store.load(services, wanted) or store.find(services, "customer", wanted)
    phone = fields.phone(wanted)
    if found is None and phone:
        found = store.find(services, "phone", phone)
    return found or store.find(services, "anonymous", wanted)


def facts_of(services: Services, customer: Customer, now: datetime) -> list[Event]:
    """All of a customer's facts on record, newest first; those that name only an order of theirs among them."""
    profile = store.read(services, customer.profile_id)
    found = replay.facts_of(services, profile, now) if profile else []
    once = {(fact.partition, fact.id): fact for fact in found}
    return sorted(once.values(), key=lambda fact: fact.order_key, reverse=True)


def paint(
    services: Services, customer: Customer, bundle: Bundle, now: datetime, language: str = "en"
) -> dict[str, Any]:
    """Everything, as JSON-ready values, segments explained in `language`; times are ISO texts, money is text."""
    belief, zone = customer.zone, zone_for(customer, bundle.settings["store"]["timezone"])
    return {
        "profile_id": customer.profile_id,
        "email": customer.email,
        "phone": customer.phone,
        "first_name": customer.first_name,
        "last_name": customer.last_name,
        "language": customer.language,
        "language_source": customer.language_belief.source if customer.language_belief else "",
        "country": customer.country,
        "customer_since": clock.to_text(customer.created_at),
        "points": customer.points,
        "zone": {
            "name": zone,
            "source": belief.source if belief else "store",
            "confidence": belief.confidence if belief else "default",
            "evidence": customer.facets.get("zones", {}),
        },
        "consent": {
            channel: {
                "state": consent.state,
                "since": clock.to_text(consent.since) if consent.since else None,
                "proof": consent.event_id,
                "wording": consent.wording,
                "source": consent.source,
                "how": consent.how,
            }
            for channel, consent in customer.consent.items()
        },
        "suppressed": customer.suppressed,
        "unsubscribe_reasons": customer.unsubscribe_reasons,
        "known": portrait_parts.known(services, customer, now),
        "measures": portrait_parts.measured(customer, now),
        "tags": portrait_parts.tagged(services, customer, bundle, now),
        "insights": portrait_insights.computed(
            customer, bundle, clock.local_day(now, zone), portrait_parts.titles_of(services, customer)
        ),
        "recent": portrait_parts.acts(customer),
        "wishes": portrait_parts.wished(customer),
        "cart": portrait_parts.cart(customer),
        "preferences": portrait_parts.preferred(customer),
        "segments": list(_segments(bundle, customer, now, Words(bundle, language).speech)),
        "coupons": [
            {"code": coupon.code, "offer": coupon.offer, "expires_at": clock.to_text(coupon.expires_at)}
            for coupon in customer.coupons
        ],
        "orders": [
            {
                "order_id": order.order_id,
                "number": order.number,
                "placed_at": clock.to_text(order.placed_at),
                "status": order.status,
                "total": str(order.total),
                "lines": len(order.lines),
            }
            for order in reversed(customer.orders.values())
        ],
        "timeline": [_told(fact) for fact in facts_of(services, customer, now)[:TIMELINE]],
    }


def _segments(bundle: Bundle, customer: Customer, now: datetime, speech: Speech) -> Iterator[dict[str, Any]]:
    for segment, since in sorted(customer.segments.items()):
        if segment in bundle.segments:
            why = membership.explain(bundle.segments, customer, segment, now, speech)
            name = bundle.segments[segment]["name"]
            yield {"segment": segment, "name": name, "since": clock.to_text(since), "why": why}


def _told(fact: Event) -> dict[str, Any]:
    told = events.serialise(fact)
    left_out = ("name", "id", "occurred_at", "received_at", "source", "who")
    return {
        "at": told["occurred_at"],
        "event": fact.name,
        "source": fact.source,
        "id": fact.id,
        "detail": {name: value for name, value in told.items() if name not in left_out},
    }
