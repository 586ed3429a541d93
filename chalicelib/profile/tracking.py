"""How far a person may be followed: their pixel mode, by the store's settings, their country, consent and wish.

`individual` has their own pixel and links in a mail, and a click tells whose
browser it came from; `campaign` has a pixel that all recipients share, which
only counts; `none` has no pixel. Asked when a mail is made, and again when what
follows from it arrives. Refuses to know how any of that is done.
"""

from collections.abc import Mapping
from typing import Any

from chalicelib.profile.customer import Customer

INDIVIDUAL, CAMPAIGN, NONE = "individual", "campaign", "none"
TOPIC = "tracking"
"""The topic under which a person may decline to be followed, wherever the law would let the store."""


def pixel_mode(customer: Customer, settings: Mapping[str, Any]) -> str:
    """How much this person's mail tells of them: INDIVIDUAL, CAMPAIGN or NONE.

    The store's `tracking.pixel`, or what `tracking.countries` says of theirs
    (unknown counts as the store's own). Where the law asks for consent
    (`tracking.ask_in`), a person's own pixel and links need a wording that
    says so (`tracking.wordings`); without it they get `tracking.unasked`. Who
    declined to be followed gets nothing that follows, anywhere.
    """
    tracking = settings["tracking"]
    if customer.preferences.topics.get(TOPIC) is False:
        return NONE
    country = customer.country or settings["store"]["country"]
    mode = str(tracking.get("countries", {}).get(country, tracking["pixel"]))
    if mode != INDIVIDUAL or country not in tracking["ask_in"]:
        return mode
    consent = customer.consent_of("email")
    agreed = consent.state == "subscribed" and consent.wording in tracking["wordings"]
    return INDIVIDUAL if agreed else str(tracking.get("unasked", NONE))
