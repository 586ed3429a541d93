"""The last look before a message goes out: may this person still be sent this, now?

Pure: the message's item, the customer as just read, the playbook and the
present in; a reason not to send out, or None. It refuses to weigh how often a
person is mailed; that was decided when the message was planned.

What a template shows decides what must be true: one that asks to pay needs an
open order, one that shows a coupon needs one that is still valid.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from chalicelib import clock
from chalicelib.deliver.address import to_sendable
from chalicelib.playbook.bundle import Bundle
from chalicelib.profile.customer import Customer


class SkipReason(StrEnum):
    """Why a planned message was not sent; counted, and shown on the dashboard."""

    NO_CUSTOMER = "no_customer"  # erased since
    NO_ADDRESS = "no_address"
    BAD_ADDRESS = "bad_address"  # SES could not send to it
    NO_CONSENT = "no_consent"
    PAUSED = "paused"  # the customer wished for none for a while, after it was planned
    SUPPRESSED = "suppressed"  # bounced for good, or complained
    CONFIRMATION_NOT_DUE = "confirmation_not_due"  # confirmed already, or never asked
    ORDER_MISSING = "order_missing"
    ORDER_CLOSED = "order_closed"  # paid or cancelled meanwhile
    EXPIRED = "expired"  # its time to give up has passed
    OFFER_MISSING = "offer_missing"
    OFFER_EXPIRED = "offer_expired"
    ALREADY_SENT = "already_sent"  # this campaign reached the same person under a profile merged since
    DEFINITION_GONE = "definition_gone"  # the flow or campaign is no longer in the playbook
    TEMPLATE_MISSING = "template_missing"
    CHANNEL_UNSUPPORTED = "channel_unsupported"
    UNRENDERABLE = "unrenderable"  # the template broke its limits with this person's data
    REFUSED = "refused"  # SES refused this mail for good


def gate(message: Mapping[str, Any], customer: Customer | None, bundle: Bundle, now: datetime) -> SkipReason | None:
    """The first reason found, cheapest and most final first."""
    if message["channel"] != "email":
        return SkipReason.CHANNEL_UNSUPPORTED
    if customer is None:
        return SkipReason.NO_CUSTOMER
    give_up_at = message.get("give_up_at")
    if give_up_at and clock.parse(give_up_at) <= now:
        return SkipReason.EXPIRED
    kind, _, definition = message["definition"].partition(":")
    if definition not in {"flow": bundle.flows, "campaign": bundle.campaigns}.get(kind, {definition: None}):
        return SkipReason.DEFINITION_GONE
    template = bundle.templates.get(message["template"])
    if template is None:
        return SkipReason.TEMPLATE_MISSING
    return (
        _check_person(message, customer, template, now, marketing=is_marketing(message, bundle))
        or _check_order(message, customer, template)
        or _check_offer(message, template, now)
    )


def is_marketing(message: Mapping[str, Any], bundle: Bundle) -> bool:
    """Whether consent and unsubscribe headers are needed: unless the template is transactional, they are."""
    return bool(bundle.templates[message["template"]]["class"] != "transactional")


def _check_person(
    message: Mapping[str, Any], customer: Customer, template: Mapping[str, Any], now: datetime, *, marketing: bool
) -> SkipReason | None:
    if not customer.email:
        return SkipReason.NO_ADDRESS
    if to_sendable(customer.email) is None:
        return SkipReason.BAD_ADDRESS
    if "email" in customer.suppressed:
        return SkipReason.SUPPRESSED
    consent = customer.consent_of("email")
    if marketing and (consent.state != "subscribed" or not consent.event_id):
        return SkipReason.NO_CONSENT
    if marketing and customer.preferences.is_paused(now):
        return SkipReason.PAUSED
    if "confirm_url" in template["uses"] and consent.state != "pending":
        return SkipReason.CONFIRMATION_NOT_DUE
    if message["definition"].startswith("campaign:") and any(
        sent.definition == message["definition"] and sent.message_id != message["message_id"]
        for sent in customer.messages
    ):
        return SkipReason.ALREADY_SENT
    return None


def _check_order(message: Mapping[str, Any], customer: Customer, template: Mapping[str, Any]) -> SkipReason | None:
    if not any(name.startswith("order.") for name in template["uses"]):
        return None
    order = customer.orders.get(message.get("order_id", ""))
    if order is None:
        return SkipReason.ORDER_MISSING
    if "order.pay_url" in template["uses"] and not order.is_open:
        return SkipReason.ORDER_CLOSED
    return None


def _check_offer(message: Mapping[str, Any], template: Mapping[str, Any], now: datetime) -> SkipReason | None:
    offer = message.get("offer") or {}
    if offer.get("expires_at") and clock.parse(offer["expires_at"]) <= now:
        return SkipReason.OFFER_EXPIRED
    if "coupon.code" in template["uses"] and not offer.get("code"):
        return SkipReason.OFFER_MISSING
    if "points.granted" in template["uses"] and not offer.get("points"):
        return SkipReason.OFFER_MISSING
    return None
