"""Coupons that a page promised: granted once a person and occasion, and shown where they were earned.

The fact's id is made of the person, the occasion and the offer, so a second
post, a second tab or a crash in between grants nothing twice; a person who was
merged since is looked up under all of their identities. Refuses to make codes:
they are the store's own, in the playbook's `offers`.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelib import clock, ids, money
from chalicelib.aws.services import Services
from chalicelib.aws.table import event_key
from chalicelib.events import CouponGranted
from chalicelib.money import Money
from chalicelib.playbook.bundle import Bundle
from chalicelib.profile import jobs, log
from chalicelib.profile.customer import Coupon, Customer


@dataclass(frozen=True)
class Reward:
    """One of the playbook's offers: either `amount` or `percent`."""

    offer: str
    code: str
    lasts: timedelta
    amount: Money | None
    percent: int

    @property
    def value(self) -> str:
        return str(self.amount) if self.amount else f"{self.percent}%"


def find(playbook: Bundle | None, offer: str) -> Reward | None:
    """The offer of that name; None for none."""
    terms = ((playbook.settings.get("offers") if playbook else None) or {}).get(offer)
    if not terms or playbook is None:
        return None
    currency = playbook.settings["store"]["currency"]
    amount = money.parse(str(terms["amount"]), currency) if "amount" in terms else None
    return Reward(
        offer, str(terms["code"]), clock.parse_duration(terms["expires"]), amount, int(terms.get("percent", 0))
    )


def grant(services: Services, customer: Customer, reward: Reward, occasion: str, now: datetime) -> bool:
    """Log and fold the grant unless it was made before; whether it is new."""
    for identity in {customer.profile_id, *customer.identities} - {customer.profile_id}:
        if services.events.get(
            event_key(identity, _id(identity, reward, occasion)), consistent=True, attributes=("pk",)
        ):
            return False
    fact = CouponGranted(
        id=_id(customer.profile_id, reward, occasion),
        occurred_at=now,
        received_at=now,
        source="pages",
        who={"profile": customer.profile_id},
        code=reward.code,
        offer=reward.offer,
        expires_at=now + reward.lasts,
        amount=reward.amount,
        percent=reward.percent,
    )
    if not log.append(services, fact):
        return False  # the stream folds it, if that was not done at once
    jobs.fold_now(services, [fact], now)
    return True


def held(customer: Customer | None, reward: Reward, now: datetime) -> Coupon | None:
    """The coupon as the customer has it, while it is valid."""
    coupons = customer.coupons if customer else ()
    return next((each for each in coupons if each.code == reward.code and each.expires_at > now), None)


def _id(identity: str, reward: Reward, occasion: str) -> str:
    return ids.event_id("pages", "reward", occasion, reward.offer, identity)
