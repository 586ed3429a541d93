"""What a message promises: a coupon of the playbook, as the message and the fact carry it. Pure.

Codes are shared ones that exist in the storefront; making single-use codes or
redeeming them is refused.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from chalicelib import clock, ids, money
from chalicelib.errors import BadInput, BadPlaybook
from chalicelib.events import CouponGranted
from chalicelib.money import Money


@dataclass(frozen=True)
class Offer:
    """Either `amount` or `percent` off, for `lasts` from the day it is promised."""

    id: str
    code: str
    lasts: timedelta
    amount: Money | None
    percent: int


def parse(offer_id: str, data: Mapping[str, Any], currency: str) -> Offer:
    """One of the playbook's `offers`; `amount` is in whole units of the store's currency."""
    try:
        amount = money.parse(str(data["amount"]), currency) if "amount" in data else None
        percent = int(data.get("percent", 0))
        offer = Offer(offer_id, str(data["code"]), clock.parse_duration(data["expires"]), amount, percent)
    except (BadInput, KeyError, ValueError) as fault:
        raise BadPlaybook(f"settings.offers.{offer_id}: {fault}") from fault
    if (amount is None) == (percent == 0):
        raise BadPlaybook(f"settings.offers.{offer_id}: either amount or percent")
    return offer


def promise(offer: Offer, now: datetime) -> dict[str, Any]:
    """What the message item keeps: id, code, when it lapses, and `amount` ([minor units, currency]) or `percent`."""
    terms: dict[str, Any] = {"amount": list(offer.amount)} if offer.amount else {"percent": offer.percent}
    return {"id": offer.id, "code": offer.code, "expires_at": clock.to_text(now + offer.lasts)} | terms


def granted(promised: Mapping[str, Any], profile_id: str, message_id: str, now: datetime) -> CouponGranted:
    """The fact that a message's promise makes; the same for the same message, whenever it is written."""
    return CouponGranted(
        id=ids.event_id("dripline", "coupon", message_id),
        occurred_at=now,
        received_at=now,
        source="dripline",
        who={"profile": profile_id},
        code=promised["code"],
        offer=promised["id"],
        expires_at=clock.parse(promised["expires_at"]),
        amount=Money(*promised["amount"]) if "amount" in promised else None,
        percent=promised.get("percent", 0),
        message_id=message_id,
    )
