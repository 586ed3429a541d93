"""A click that arrives in the shop: the token which the redirect adds, and whose browser it then is.

The redirect puts `dl_click` into the shop's address; the snippet takes it out
again and hands it in with the visit it begins. It is worth one sentence, "this
browser is theirs", for an hour or two. Refuses to say so of a machine, of
nobody's token, and of a person who may not be followed (any more); to whoever
asks, the answer is the same.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from chalicelib import ids
from chalicelib.aws import telemetry
from chalicelib.aws.services import Services
from chalicelib.collect.agents import PERSON, classify
from chalicelib.collect.delivery import DropReason
from chalicelib.collect.networks import network_of
from chalicelib.errors import BadToken

PARAMETER = "dl_click"
MOST_IDENTITIES = 1_000
"""Who has so many gets no further browser by a browser's word: twenty times as many would fill their profile, and
nothing of theirs could be written any more, not even that they unsubscribed."""
_IN_ADDRESS = re.compile(rb"&?dl_click(?:=|%3[Dd]|\\u003[Dd])[\w-]+")


def address_with(destination: str, token: str) -> str:
    """`destination` with the token behind its query and before its fragment, in place of one it may have."""
    page, mark, fragment = without_tokens(destination.encode()).decode().partition("#")
    return f"{page}{'&' if '?' in page else '?'}{PARAMETER}={token}{mark}{fragment}"


def without_tokens(body: bytes) -> bytes:
    """The JSON in `body` with the parameter taken out of every address in it, also of one within another."""
    return _IN_ADDRESS.sub(b"", body)


def whose(
    services: Services, token: str, user_agent: str, address: str, settings: Mapping[str, Any], now: datetime
) -> str:
    """The profile that a click's token names, if a person hands it in and may be followed; else ''. Raises Unavailable.

    A machine is told by its name and network, as with a click: gateways open pages too, and run what is in them.
    """
    from chalicelib.profile import store
    from chalicelib.profile.tracking import INDIVIDUAL, pixel_mode

    if classify(user_agent, network=network_of(address)) != PERSON:
        return ""
    try:
        profile_id = ids.read_arrival(token, now, services.secrets.link_keys)
    except BadToken:
        telemetry.count("dropped", reason=DropReason.BAD_TOKEN)
        return ""
    customer = store.load(services, profile_id)
    if customer is None or len(customer.identities) >= MOST_IDENTITIES:
        return ""
    return profile_id if pixel_mode(customer, settings) == INDIVIDUAL else ""
