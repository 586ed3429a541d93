"""How lately somebody answered our messages, by what a person opened or followed; and who never does: zombies.

One message unopened says nothing, several in a row mean inactive. What cannot
be seen does not count: a message without the person's own pixel and links
(`followed` False) is neither answered nor unanswered, so who reads unseen is
never a zombie. Refuses to call anybody a zombie who ever ordered, or who came to the
store meanwhile.
"""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from chalicelib import clock
from chalicelib.profile import traits
from chalicelib.profile.insights import Engagement, Reason

if TYPE_CHECKING:
    from chalicelib.profile.customer import Customer, Message

TIERS = {"14d": timedelta(days=14), "30d": timedelta(days=30), "60d": timedelta(days=60), "90d": timedelta(days=90)}
OTHERS = ("quiet", "inactive", "zombie", "unasked")
"""No answer for 90 days; several messages in a row unanswered; no sign of life at all; no message to judge by."""

ANSWERS = ("Email Opened", "Email Link Clicked")
SIGNS = ("Visit Started", "Product Viewed", "Product Added", "Product Added to Wishlist", "Products Searched")
"""Feedback that is no answer to a message; it keeps somebody from being a zombie."""

RECEIVED = 10
WITHIN = timedelta(days=180)
IN_A_ROW = 5
"""So many of the newest messages unanswered are several."""

ANSWER_TIME = timedelta(days=3)
"""A message younger than this is not yet unanswered."""


def engagement_of(customer: "Customer", now: datetime) -> Engagement:
    """The tier and why. `14d` is in `30d` too, as far as rules are concerned: a tier is the narrowest."""
    answered = max((at for name in ANSWERS if (at := customer.last(name)) and at <= now), default=None)
    received = received_of(customer, now)
    ignored = in_a_row(received)
    seen = Reason("answered", {"on": clock.to_text(answered)[:10]}) if answered else Reason("nothing_seen")
    if answered:
        tier = next((name for name, span in TIERS.items() if answered > now - span), "")
        if tier:
            return Engagement(tier, seen)
    if len(received) >= RECEIVED and _is_zombie(customer, now):
        return Engagement("zombie", Reason("no_feedback", {"received": len(received), "days": WITHIN.days}))
    if ignored >= IN_A_ROW:
        return Engagement("inactive", Reason("ignored", {"in_a_row": ignored}))
    if answered:
        return Engagement("quiet", seen)
    if not received:
        return Engagement("unasked", seen)
    return Engagement("quiet", Reason("not_answered_yet", {"received": len(received)}))


def received_of(customer: "Customer", now: datetime) -> "list[Message]":
    """Marketing messages of the last 180 days that came through and whose answer could be seen, oldest first."""
    return [
        message
        for message in customer.messages
        if message.marketing
        and message.followed
        and not message.bounced_at
        and now - WITHIN < message.sent_at <= now - ANSWER_TIME
    ]


def in_a_row(received: "list[Message]") -> int:
    """How many of the newest messages were neither opened nor followed."""
    number = 0
    for message in reversed(received):
        if message.opened_at or message.clicked_at:
            break
        number += 1
    return number


def _is_zombie(customer: "Customer", now: datetime) -> bool:
    """No open, click or other sign in the time the messages came, no order ever. The caller counts the messages."""
    if customer.orders or traits.orders_count(customer, now):
        return False
    last = [customer.last(name) for name in (*ANSWERS, *SIGNS)]
    return not any(at is not None and at > now - WITHIN for at in last)
