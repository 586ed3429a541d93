"""What a key may say, and of whom: docs/decisions/0006 as functions. Pure.

A server key may say anything of anybody. A browser key speaks for one browser
and no further; everything it may not say has its reason here.
"""

from chalicelib.collect import fields, guard
from chalicelib.collect.api.message import Message
from chalicelib.collect.api.names import ALLOWED_TO_BROWSERS, Fact
from chalicelib.collect.delivery import DropReason

TRAITS_OF_BROWSERS = ("first_name", "last_name", "language", "country", "region", "city", "gender", "birthday")


def refusal(message: Message, fact: Fact | None = None) -> DropReason | None:
    """Why the key may not say this; None when it may. `fact` is what a `track` means."""
    if not message.key.public:
        return None
    if message.kind in ("alias", "group") or (fact is not None and fact not in ALLOWED_TO_BROWSERS):
        return DropReason.NOT_ALLOWED
    return None


def who_of(message: Message) -> dict[str, str]:
    """Whom a fact of this message is about, as identifiers; empty for nobody the key may speak of."""
    if message.key.public:
        return {"anonymous": message.anonymous_id} if _is_a_browsers(message.anonymous_id) else {}
    found = {
        "email": message.email,
        "customer": message.customer,
        "phone": fields.phone(message.traits.get("phone")) if message.kind == "identify" else "",
        "anonymous": message.anonymous_id,
    }
    return {kind: value for kind, value in found.items() if value}


def who_is_identified(message: Message) -> dict[str, str]:
    """Whom an `identify` speaks of: from a browser, the address this browser says it belongs to, and that browser."""
    if not message.key.public:
        return who_of(message)
    if not (message.email and _is_a_browsers(message.anonymous_id)):
        return {}
    return {"email": message.email, "anonymous": message.anonymous_id}


def who_arrived(message: Message, profile_id: str) -> dict[str, str]:
    """Whose this browser is by the click that led here, and that browser: no more may be said of them by it."""
    if not (profile_id and _is_a_browsers(message.anonymous_id)):
        return {}
    return {"profile": profile_id, "anonymous": message.anonymous_id}


def _is_a_browsers(anonymous_id: str) -> bool:
    """Whether a browser may go by that id: any but those of our own forms."""
    return bool(anonymous_id) and not anonymous_id.startswith(guard.OWN)
