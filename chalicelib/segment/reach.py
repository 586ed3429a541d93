"""Whom marketing may reach, and where: what sizes, previews and the due list say of a customer.

Pure. Refuses to let anything be sent: that is asked again at delivery, with
pauses, topics and frequency.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chalicelib.profile.customer import Customer

CHANNELS = ("email", "sms")


def is_reachable(customer: "Customer", channel: str) -> bool:
    """Whether marketing may go there: an address, consent, and nothing that came back."""
    if customer.consent_of(channel).state != "subscribed" or channel in customer.suppressed:
        return False
    return bool(customer.email if channel == "email" else customer.phone)
